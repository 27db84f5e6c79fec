"""The gRPC server that learns what each reader would enjoy next."""
