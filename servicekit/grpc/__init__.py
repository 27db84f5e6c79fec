"""A gRPC server on an event loop: calls with bounds, errors as status codes, health and reflection."""
