"""An hour of mixed load, during which nothing may grow."""
