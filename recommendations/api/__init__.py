"""The gRPC server: the only package that handles protobuf messages."""
