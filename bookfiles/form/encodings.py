"""Finds the encoding of a file."""

import codecs
import io
import re
from typing import IO, cast

from charset_normalizer import from_bytes

from bookfiles.form.packing import READ_ERRORS, beginning

UTF_8 = "utf-8-sig"
NAMES = {
    UTF_8: "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1251": "windows-1251",
    "cp1252": "windows-1252",
    "koi8_r": "KOI8-R",
    "cp866": "IBM 866",
    "shift_jis": "Shift JIS",
    "gb18030": "GB 18030",
    "big5": "Big5",
    "euc_kr": "EUC-KR",
}
_LEGACY = [name for name in NAMES if not name.startswith("utf")]
_CHUNK = 1024 * 1024
_HEAD = 4096
_SAMPLE = 64 * 1024
_FEW_ZEROS = 10
_NON_ASCII = re.compile(rb"[\x80-\xff]")
_NON_ASCII_WORDS = re.compile(rb"[\x80-\xff]{3,}")


def encoding_of(content: io.BufferedIOBase) -> str:
    """The encoding's name in Python, one of NAMES; reads the content to its end.

    A file of which only a few lines are not UTF-8 is UTF-8. What is no known encoding is taken for windows-1252, in
    which all is text.
    """
    head = beginning(content, _HEAD)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if marked := _unmarked_utf_16(head):
        return marked
    sample = _lines_beyond_ascii(head, content)
    if sum(map(_is_utf_8, sample)) * 2 >= len(sample):
        return UTF_8
    return _legacy(b"\n".join(line for line in sample if not _is_utf_8(line)))


def text_of(unpacked: io.BufferedIOBase, encoding: str, *, newline: str | None) -> io.TextIOWrapper:
    """The text, to be detached when it has been read; what cannot be decoded is no text to `is_text`."""
    # Undecodable bytes become surrogates, so that their row is rejected and not the whole file.
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    return io.TextIOWrapper(cast("IO[bytes]", unpacked), encoding=encoding, errors=errors, newline=newline)


def _unmarked_utf_16(head: bytes) -> str | None:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 2 * _FEW_ZEROS < len(head) or min(even, odd) * _FEW_ZEROS > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _lines_beyond_ascii(head: bytes, content: io.BufferedIOBase) -> list[bytes]:
    """Lines with other bytes than ASCII, together a sample."""
    lines: list[bytes] = []
    length, rest = 0, head
    while length < _SAMPLE and rest:
        try:
            chunk = beginning(content, _CHUNK)
        except READ_ERRORS:
            chunk = b""  # the rows before that are read
        *whole, last = (rest + chunk).splitlines() if chunk and len(rest) < _CHUNK else [*rest.splitlines(), b""]
        for line in whole:
            if not line.isascii():
                lines.append(line)
                length += len(line)
        rest = last
    return lines


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _legacy(sample: bytes) -> str:
    # Accents among Latin letters are too little for statistics; other alphabets have whole words.
    if sum(map(len, _NON_ASCII_WORDS.findall(sample))) * 2 < len(_NON_ASCII.findall(sample)):
        return "cp1252"
    best = from_bytes(sample, cp_isolation=_LEGACY).best()
    return best.encoding if best is not None and best.encoding in NAMES else "cp1252"
