"""HTTP within bounds, as server and as client, and the end of a process in time."""
