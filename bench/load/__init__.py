"""Load generators, timing of queries, and the processes that are measured."""
