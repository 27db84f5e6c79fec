"""The encoding of a page, found as browsers find it: byte order mark, header, meta tag.

Source: https://encoding.spec.whatwg.org/#names-and-labels and the prescan of the HTML standard. Only the encodings of
that standard are known: Python has others, such as utf-7, in which an escaped page would mean something else.
"""

import codecs
import re

from previews.domain import UnsupportedContent

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF16_LE, "utf-16-le"))

_LABELS: dict[str, tuple[str, ...]] = {
    "utf-8": ("unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "utf-8", "utf8", "x-unicode20utf8"),
    # Pages that name UTF-16 in Latin letters are not in it.
    "utf-16-le": ("utf-16", "utf-16le", "ucs-2", "unicode", "iso-10646-ucs-2", "csunicode", "unicodefeff"),
    "utf-16-be": ("utf-16be", "unicodefffe"),
    # Latin-1 and ASCII are read as what pages mean by them.
    "cp1252": (
        *("windows-1252", "cp1252", "x-cp1252", "iso-8859-1", "iso8859-1", "iso88591", "iso_8859-1", "latin1", "l1"),
        *("ascii", "us-ascii", "iso-ir-100", "csisolatin1", "cp819", "ibm819", "ansi_x3.4-1968", "iso_8859-1:1987"),
    ),
    "cp1250": ("windows-1250", "cp1250", "x-cp1250"),
    "cp1251": ("windows-1251", "cp1251", "x-cp1251"),
    "cp1253": ("windows-1253", "cp1253", "x-cp1253"),
    "cp1254": ("windows-1254", "cp1254", "x-cp1254", "iso-8859-9", "iso8859-9", "latin5", "l5"),
    "cp1255": ("windows-1255", "cp1255", "x-cp1255"),
    "cp1256": ("windows-1256", "cp1256", "x-cp1256"),
    "cp1257": ("windows-1257", "cp1257", "x-cp1257"),
    "cp1258": ("windows-1258", "cp1258", "x-cp1258"),
    "cp874": ("windows-874", "iso-8859-11", "iso8859-11", "tis-620", "dos-874"),
    "cp866": ("ibm866", "cp866", "866", "csibm866"),
    "iso8859-2": ("iso-8859-2", "iso8859-2", "iso_8859-2", "latin2", "l2"),
    "iso8859-3": ("iso-8859-3", "iso8859-3", "latin3", "l3"),
    "iso8859-4": ("iso-8859-4", "iso8859-4", "latin4", "l4"),
    "iso8859-5": ("iso-8859-5", "iso8859-5", "cyrillic"),
    "iso8859-6": ("iso-8859-6", "iso8859-6", "arabic"),
    "iso8859-7": ("iso-8859-7", "iso8859-7", "greek"),
    "iso8859-8": ("iso-8859-8", "iso8859-8", "hebrew", "iso-8859-8-i", "logical"),
    "iso8859-10": ("iso-8859-10", "iso8859-10", "latin6", "l6"),
    "iso8859-13": ("iso-8859-13", "iso8859-13"),
    "iso8859-14": ("iso-8859-14", "iso8859-14"),
    "iso8859-15": ("iso-8859-15", "iso8859-15", "latin9", "l9"),
    "iso8859-16": ("iso-8859-16",),
    "koi8-r": ("koi8-r", "koi8", "koi", "koi8_r", "cskoi8r"),
    "koi8-u": ("koi8-u", "koi8-ru"),
    "mac-roman": ("macintosh", "mac", "x-mac-roman"),
    "mac-cyrillic": ("x-mac-cyrillic", "x-mac-ukrainian"),
    "gb18030": ("gb18030", "gbk", "gb2312", "gb_2312-80", "chinese", "x-gbk", "csgb2312"),
    "big5hkscs": ("big5", "big5-hkscs", "cn-big5", "x-x-big5", "csbig5"),
    "euc_jp": ("euc-jp", "x-euc-jp"),
    "iso2022_jp": ("iso-2022-jp", "csiso2022jp"),
    "cp932": ("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms_kanji", "ms932", "csshiftjis"),
    "cp949": ("euc-kr", "korean", "ks_c_5601-1987", "ksc5601", "windows-949", "cseuckr"),
}
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels}

_PRESCAN_BYTES = 8_192
"""The standard asks for 1,024; browsers look further, and pages rely on it."""

_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META = re.compile(rb"<meta[\s/][^>]{0,1000}?charset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.IGNORECASE)


def decode(body: bytes, content_type: str) -> str:
    """The text of a page; what is malformed in it is replaced.

    Raises UnsupportedContent if it names an encoding that browsers do not know, and is not UTF-8.
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")
    header = _HEADER.search(content_type)
    meta = _META.search(_COMMENT.sub(b"", body[:_PRESCAN_BYTES]))
    labels = [header[1]] if header else []
    if meta:
        label = meta[1].decode("ascii", "replace")
        labels.append("utf-8" if _codec(label) in {"utf-16-le", "utf-16-be"} else label)
    for label in labels:
        if codec := _codec(label):
            return body.decode(codec, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        if labels:
            raise UnsupportedContent from None
        return body.decode("cp1252", "replace")


def _codec(label: str) -> str:
    return _CODECS.get(label.strip().lower(), "")
