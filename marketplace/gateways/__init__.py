"""The clients of other services: the only places of gRPC and HTTP clients."""
