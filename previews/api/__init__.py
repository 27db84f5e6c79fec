"""The gRPC methods: the only package that handles protobuf messages."""
