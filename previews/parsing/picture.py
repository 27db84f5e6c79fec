"""Pictures, decoded and encoded again, so that nothing of a stranger's file is passed on but its pixels."""

from io import BytesIO
from struct import error as StructError  # noqa: N812  (it is a class)

from PIL import Image, ImageOps

from previews.domain import Picture, PictureRefused

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MAX_PIXELS = 25_000_000
"""Decoded they take 100 MB; a file of a few kilobytes may claim to have more."""

MAX_SIDE = 1_200
MAX_BYTES = 200_000
_QUALITIES = (85, 75, 60, 45)
_SMALLER = 0.7


def encode_again(file: bytes) -> Picture:
    """The picture in a file, as JPEG of at most MAX_BYTES, upright, on white. Raises PictureRefused."""
    try:
        with Image.open(BytesIO(file), formats=FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS or getattr(opened, "is_animated", False):
                raise PictureRefused
            # JPEG files are decoded at a smaller size at once.
            opened.draft("RGB", (MAX_SIDE, MAX_SIDE))
            ImageOps.exif_transpose(opened, in_place=True)
            # Smaller before anything else: each copy of the largest takes 100 MB.
            mode = "RGBA" if opened.has_transparency_data else "RGB"
            picture = opened if opened.mode == mode else opened.convert(mode)
            picture.thumbnail((MAX_SIDE, MAX_SIDE))
        # A new one, because Pillow keeps comments and more of the original beside the pixels.
        pixels = Image.new("RGB", picture.size, "white")
        pixels.paste(picture, mask=picture if picture.mode == "RGBA" else None)
        return _encoded(pixels)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureRefused from None
    # Pillow's decoders raise nearly anything at damaged files.
    except (OSError, ValueError, SyntaxError, TypeError, ArithmeticError, LookupError, EOFError, StructError):
        raise PictureRefused from None


def _encoded(picture: Image.Image) -> Picture:
    while True:
        for quality in _QUALITIES:
            file = BytesIO()
            picture.save(file, "JPEG", quality=quality, optimize=True)
            if file.tell() <= MAX_BYTES:
                return Picture(
                    image=file.getvalue(), media_type="image/jpeg", width=picture.width, height=picture.height
                )
        # Noise: no cover looks like that.
        picture = picture.resize((max(1, round(picture.width * _SMALLER)), max(1, round(picture.height * _SMALLER))))
