"""The catalogue and the simulated readers that a new shop starts with."""
