"""Pictures that are encoded again."""

import random
from io import BytesIO
from typing import Any
from zlib import crc32

import pytest
from PIL import Image

from previews.domain import PictureRefused
from previews.parsing.picture import MAX_BYTES, MAX_PIXELS, MAX_SIDE, encode_again


def file(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    written = BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def decoded(encoded: bytes) -> Image.Image:
    picture = Image.open(BytesIO(encoded))
    picture.load()
    return picture


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_formats(kind: str) -> None:
    """Each becomes a JPEG of the same size."""
    encoded = encode_again(file(Image.new("RGB", (40, 60), "red"), kind))
    picture = decoded(encoded.image)
    assert (encoded.media_type, encoded.width, encoded.height) == ("image/jpeg", 40, 60)
    assert (picture.format, picture.size) == ("JPEG", (40, 60))
    red, green, blue = picture.getpixel((20, 30))  # type: ignore[misc]
    assert red > 240
    assert green + blue < 30


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_modes(mode: str) -> None:
    """Pictures in grey, with a palette, with transparency, for print and with deep colours."""
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert decoded(encode_again(file(Image.new(mode, (5, 5)), kind)).image).mode == "RGB"


def test_transparency_becomes_white() -> None:
    """A cover cut out of its background is not black."""
    picture = decoded(encode_again(file(Image.new("RGBA", (9, 9), (0, 0, 0, 0)))).image)
    assert min(picture.getpixel((4, 4))) > 250  # type: ignore[arg-type]


def test_large_pictures_become_smaller() -> None:
    """In pixels, in their proportions."""
    encoded = encode_again(file(Image.new("RGB", (3000, 1500))))
    assert (encoded.width, encoded.height) == (MAX_SIDE, MAX_SIDE // 2)


def test_noise_fits_into_the_limit() -> None:
    """Whatever is in a picture, its file is small."""
    noise = Image.frombytes("RGB", (1200, 1200), random.Random(7).randbytes(1200 * 1200 * 3))
    encoded = encode_again(file(noise))
    assert len(encoded.image) <= MAX_BYTES
    assert decoded(encoded.image).size == (encoded.width, encoded.height)


def test_nothing_but_pixels_is_kept() -> None:
    """No metadata, no comment, no thumbnail, nothing after the end; a turned picture is upright."""
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "secret place", 6
    original = file(Image.new("RGB", (40, 20)), "JPEG", exif=exif, comment=b"secret comment") + b"<script>secret"
    encoded = encode_again(original)
    assert b"secret" in original
    assert b"secret" not in encoded.image
    assert b"Exif" not in encoded.image
    assert (encoded.width, encoded.height) == (20, 40)


def frames(kind: str) -> bytes:
    colours = [Image.new("RGB", (5, 5), colour) for colour in ("red", "blue")]
    return file(colours[0], kind, save_all=True, append_images=colours[1:])


def claiming(width: int, height: int) -> bytes:
    """A PNG file of a few bytes that claims to have that size."""
    original = bytearray(file(Image.new("1", (1, 1))))
    original[16:24] = width.to_bytes(4) + height.to_bytes(4)
    original[29:33] = crc32(original[12:29]).to_bytes(4)
    return bytes(original)


@pytest.mark.parametrize(
    "refused",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        file(Image.new("RGB", (5, 5)), "BMP"),
        file(Image.new("RGB", (5, 5)), "TIFF"),
        file(Image.new("RGB", (5, 5)), "ICO"),
        file(Image.new("RGB", (500, 500)), "JPEG")[:-700],
        file(Image.new("RGB", (5, 5)))[:40],
        frames("GIF"),
        frames("PNG"),
        frames("WEBP"),
        file(Image.new("1", (5001, 5000))),
        claiming(12_000, 10_000),
        claiming(65_535, 65_535),
        claiming(0, 5),
    ],
    ids=[
        *("empty", "text", "SVG", "PostScript", "BMP", "TIFF", "ICO", "cut JPEG", "cut PNG"),
        *(
            "GIF animation",
            "PNG animation",
            "WebP animation",
            "25 million pixels",
            "120 million",
            "4 billion",
            "none",
        ),
    ],
)
def test_refused_files(refused: bytes) -> None:
    """Formats that are not accepted, damaged files, animations, and files that claim to have too many pixels."""
    with pytest.raises(PictureRefused):
        encode_again(refused)


def test_the_largest_picture() -> None:
    """As many pixels as are accepted."""
    assert encode_again(file(Image.new("1", (5000, 5000)))).width == MAX_SIDE
    assert MAX_PIXELS == 5000 * 5000


def test_damaged_files_of_all_kinds() -> None:
    """Files with random damage are refused or read, without any other error."""
    chance = random.Random(7)
    for kind in ("JPEG", "PNG", "WEBP", "GIF"):
        original = file(Image.new("RGB", (30, 30), "green"), kind)
        for _ in range(150):
            damaged = bytearray(original)
            for _ in range(chance.randint(1, 5)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            try:
                encode_again(bytes(damaged))
            except PictureRefused:
                continue
