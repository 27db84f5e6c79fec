"""The clients of other services, the only code that uses gRPC and HTTP clients."""
