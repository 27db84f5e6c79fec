"""The tests, in the shape of the source; `contract` and `e2e` look at the services from outside."""
