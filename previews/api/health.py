"""The name under which gRPC's health service reports on this service."""

from protobufs import previews_pb2 as pb

SERVICE: str = pb.DESCRIPTOR.services_by_name["Previews"].full_name
"""SERVING while the database answers, without which no preview is given; so is the whole server."""
