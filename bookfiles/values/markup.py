"""Removes the tags of HTML from text."""

import re

_TAGS = (
    "a b i u p br hr div span em strong small sub sup font center ul ol li dl dt dd h[1-6] table thead tbody tr td "
    "th blockquote pre code section article figure img meta link style script iframe video"
)
_KNOWN_TAG = re.compile(rf"</?(?:{'|'.join(_TAGS.split())})\b[^<>]*>|<!--", re.IGNORECASE)
_PARTS = re.compile(r"(</?[A-Za-z][^<>]*>|<!--|-->)")
_INLINE = re.compile(r"</?(?:a|b|i|u|em|strong|small|sub|sup|font|span|code)\b", re.IGNORECASE)
_HIDDEN = {"<script": "</script", "<style": "</style", "<!--": "-->"}


def has_markup(text: str) -> bool:
    """Whether there is a usual tag; `a < b` and `<3` are none."""
    return "<" in text and _KNOWN_TAG.search(text) is not None


def without_markup(text: str) -> str:
    """The text without tags, comments, scripts and styles, in one line."""
    parts: list[str] = []
    end = ""
    for part in _PARTS.split(text):
        if end:
            end = "" if part.lower().startswith(end) else end
        elif hidden := next((tag for tag in _HIDDEN if part.lower().startswith(tag)), ""):
            end = _HIDDEN[hidden]
        elif not _PARTS.fullmatch(part):
            parts.append(part)
        elif not _INLINE.match(part):
            parts.append(" ")  # such as between paragraphs
    return " ".join("".join(parts).split())
