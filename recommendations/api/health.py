"""The services that gRPC's health service reports on."""

from protobufs import recommendations_pb2 as pb
from servicekit.grpc.server import database_of

SERVICE: str = pb.DESCRIPTOR.services_by_name["Recommendations"].full_name
"""SERVING while there is a model; so is the whole server."""

DATABASE = database_of(SERVICE)
"""SERVING while the database was read recently, so that answers are up to date."""
