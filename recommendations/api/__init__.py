"""The gRPC face: the only package that sees protobuf messages."""

from recommendations.api.server import Server, create_server

__all__ = ["Server", "create_server"]
