"""The methods of the contract, each documented in previews.proto."""

from typing import Any, TypeAlias

import grpc

from previews.service import PreviewService
from protobufs import previews_pb2 as pb
from protobufs import previews_pb2_grpc as pb_grpc

# Subscripted for the type checker only: the class is not generic.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class PreviewsServicer(pb_grpc.PreviewsServicer):
    """Each method translates, calls one use case and translates back.

    They run in threads, since they wait for sites.
    """

    def __init__(self, service: PreviewService) -> None:
        self._service = service

    def Preview(self, request: pb.PreviewRequest, context: Context) -> pb.PreviewResponse:
        preview = self._service.preview(request.url)
        return pb.PreviewResponse(
            url=preview.url,
            title=preview.title,
            description=preview.description,
            image=preview.image,
            site=preview.site,
            authors=preview.authors,
            isbn=preview.isbn,
        )

    def Picture(self, request: pb.PictureRequest, context: Context) -> pb.PictureResponse:
        picture = self._service.picture(request.url)
        return pb.PictureResponse(
            image=picture.image, media_type=picture.media_type, width=picture.width, height=picture.height
        )
