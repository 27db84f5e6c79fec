"""The gRPC face: the only package that sees protobuf messages."""
