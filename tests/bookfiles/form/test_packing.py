"""Packed files."""

import gzip
import io
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from bookfiles.errors import InvalidFile
from bookfiles.form.files import open_table
from tests.bookfiles.files import table_of
from tests.bookfiles.workbooks import workbook

CONTENT = b"a\n" + b"".join(b"%d\n" % (number * 7919 % 99991) for number in range(50_000))


def zipped(**files: bytes) -> bytes:
    """An archive of these files, their names without dots."""
    stored = io.BytesIO()
    with ZipFile(stored, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_dot_", ".").replace("_slash_", "/"), content)
    return stored.getvalue()


def test_packing_is_recognised_by_the_content() -> None:
    """The name does not matter; what macOS adds to an archive neither."""
    assert table_of(gzip.compress(b"a,b\n1,2\n")).form.endswith("gzipped")
    archive = zipped(x_dot_csv=b"a,b\n1,2\n", __MACOSX_slash__dot__x_dot_csv=b"?", _dot_DS_Store=b"?")
    assert table_of(archive).form.endswith("zipped")
    assert table_of(archive).fields == [["1", "2"]]


def test_several_gzip_files_behind_one_another() -> None:
    """They are one file."""
    assert table_of(gzip.compress(b"a\n1\n") + gzip.compress(b"2\n")).fields == [["1"], ["2"]]


@pytest.mark.parametrize("cut", [20, 2_000, 40_000])
def test_a_gzip_file_that_is_cut_off(cut: int) -> None:
    """The rows before the end are read, and then the last line is named."""
    table = table_of(gzip.compress(CONTENT)[:-cut])
    assert table.damage == f"file.csv: the file is damaged or cut off after line {len(table.rows) + 1}"
    assert [fields[0] for fields in table.fields] == CONTENT.decode().split()[1 : len(table.rows) + 1]
    assert len(table.rows) > 10_000


def test_a_small_gzip_file_that_is_cut_off() -> None:
    """Its rows are read too."""
    table = table_of(gzip.compress(b"a,b\n1,2\n")[:-9])
    assert (table.fields, bool(table.damage)) == ([["1", "2"]], True)


@pytest.mark.parametrize("stored", [gzip.compress(CONTENT), zipped(x=CONTENT)], ids=["gzip", "zip"])
def test_a_damaged_file(stored: bytes) -> None:
    """The rows before the damage are read; damaged bytes may unpack to something else before the checksum fails."""
    damaged = bytearray(stored)
    damaged[-3_000] ^= 255
    table = table_of(bytes(damaged))
    assert "damaged or cut off after line" in table.damage
    assert len(table.rows) > 10_000


def encrypted(archive: bytes) -> bytes:
    """The archive, with its flag of encryption set."""
    changed = bytearray(archive)
    changed[6] |= 1
    changed[changed.find(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def unknown_method(archive: bytes) -> bytes:
    """The archive, with an unknown method of compression."""
    changed = bytearray(archive)
    changed[8] = changed[changed.find(b"PK\x01\x02") + 10] = 99
    return bytes(changed)


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (b"\x1f\x8b\x08", "not a readable gzip"),
        (gzip.compress(b"a\n")[:12], "not a readable gzip"),
        (zipped(x=CONTENT)[:-3_000], "not a readable gzip or zip file"),
        (zipped(), "the archive has to hold one file, and holds none"),
        (zipped(a_dot_csv=b"a\n", b_dot_csv=b"b\n"), "the archive has to hold one file, and holds a.csv, b.csv"),
        (encrypted(zipped(x=b"a\n1\n")), "the zip archive is encrypted or of an unusual kind; unpack it"),
        (unknown_method(zipped(x=b"a\n1\n")), "the zip archive is encrypted or of an unusual kind; unpack it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Excel workbook"),
        (gzip.compress(gzip.compress(b"a\n1\n")), "not a file of text"),
    ],
    # The bytes have the time in them, and each process has to find tests of the same names.
    ids=["header", "short", "cut", "empty", "two", "encrypted", "method", "old workbook", "gzip in gzip"],
)
def test_unreadable_files(stored: bytes, message: str) -> None:
    """The message says in one line what is wrong."""
    with pytest.raises(InvalidFile) as caught:
        table_of(stored)
    assert str(caught.value).startswith(f"file.csv: {message}")


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    """The reason is that of the system."""
    for path, reason in ((tmp_path / "none.csv", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(InvalidFile, match=reason), open_table(path):
            pass


@pytest.mark.parametrize("stored", [CONTENT, gzip.compress(CONTENT), zipped(x=CONTENT)], ids=["plain", "gzip", "zip"])
def test_a_limit_of_the_unpacked_size(stored: bytes) -> None:
    """A file beyond it is refused before it is read."""
    assert len(table_of(stored, max_bytes=len(CONTENT)).rows) == 50_000
    with pytest.raises(InvalidFile, match="more than 0 MB when decompressed"):
        table_of(stored, max_bytes=len(CONTENT) - 1)


def test_a_limit_of_the_unpacked_size_of_a_workbook() -> None:
    """What its parts say of their sizes counts."""
    stored = workbook([["title"], ["x" * 100_000]])
    assert table_of(stored, max_bytes=200_000).header == ["title"]
    with pytest.raises(InvalidFile, match="when decompressed"):
        table_of(stored, max_bytes=100_000)
