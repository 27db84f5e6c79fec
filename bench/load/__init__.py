"""Load generators, and the processes that they measure."""
