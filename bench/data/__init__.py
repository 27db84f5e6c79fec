"""The catalogues and histories that are measured with."""
