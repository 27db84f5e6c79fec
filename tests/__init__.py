"""The tests mirror the source; `contract` and `e2e` test the services from outside."""
