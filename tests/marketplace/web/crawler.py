"""Reads pages as a browser does: where they lead, what they send, and what in them a browser would obey."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

MARKER = "zqx7"
"""Stands in every hostile text that is sent, and in no word of the shop's own."""
KEPT_MARKER = "zqx8"
"""Stands in every hostile text of the catalogue."""

_ADDRESSES = {
    "action",
    "data",
    "data-poll",
    "data-suggest",
    "formaction",
    "href",
    "poster",
    "src",
    "srcset",
    "xlink:href",
}
_LEADS = _ADDRESSES - {"src", "srcset", "poster"}
_FIELDS = {"button", "input", "select", "textarea"}
_MARKER = re.compile(f"{MARKER}|{KEPT_MARKER}")
_NEVER = {"base", "embed", "frame", "iframe", "math", "object", "style", "template"}

Attributes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Form:
    """What one button of a form sends: method, address, and the fields as they are filled in."""

    method: str
    action: str
    fields: tuple[tuple[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Its fields, each once."""
        return tuple(sorted({name for name, _ in self.fields}))


@dataclass
class _Draft:
    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, dict[str, str]]] = field(default_factory=list)


class Page(HTMLParser):
    """One page: its own links and forms, and `faults`, what it lets a stranger's text do."""

    def __init__(self, html: str, path: str) -> None:
        super().__init__()
        self._path = path
        self._drafts: dict[str, _Draft] = {}
        self._open_form = ""
        self._open_select = ""
        self._open_raw = ""
        self.links: list[str] = []
        self.faults: list[str] = []
        self.feed(html)
        self.close()

    @property
    def forms(self) -> list[Form]:
        """One form for each of its buttons."""
        forms = []
        for draft in self._drafts.values():
            for action, more in draft.buttons or [("", {})]:
                forms.append(Form(draft.method, action or draft.action, (*draft.fields.items(), *more.items())))
        return forms

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        found = {name: value or "" for name, value in attrs}
        self._look_at(tag, found)
        if tag in {"script", "style"}:
            self._open_raw = tag
        if tag == "form":
            self._open_form = found.get("id") or f"form {len(self._drafts)}"
            draft = self._draft(self._open_form)
            draft.method = found.get("method", "get").upper()
            draft.action = found.get("action") or self._path
        elif tag == "option" and self._open_select:
            self._choose(found)
        elif tag in _FIELDS:
            self._note_field(tag, found)
        for name in ("href", "src", "data-poll", "data-suggest"):
            if name in found and urlsplit(found[name]).netloc in {"", "localhost"} and "#" not in found[name][:1]:
                self.links.append(found[name])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element: in HTML the slash means nothing."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        if tag == "form":
            self._open_form = ""
        if tag == "select":
            self._open_select = ""
        if tag == self._open_raw:
            self._open_raw = ""

    def handle_data(self, data: str) -> None:
        """Look at a text: none may be a program or a style."""
        if self._open_raw and data.strip():
            self.faults.append(f"inline {self._open_raw}: {data[:60]!r}")

    def handle_comment(self, data: str) -> None:
        """Look at a comment."""
        if _MARKER.search(data):
            self.faults.append(f"within a comment: {data[:60]!r}")

    def handle_decl(self, decl: str) -> None:
        """Look at a declaration: there is the doctype, and no other."""
        if decl.lower() != "doctype html":
            self.faults.append(f"a declaration: {decl[:60]!r}")

    def unknown_decl(self, data: str) -> None:
        """Look at a marked section: there is none."""
        self.faults.append(f"a marked section: {data[:60]!r}")

    def handle_pi(self, data: str) -> None:
        """Look at a processing instruction: there is none."""
        self.faults.append(f"a processing instruction: {data[:60]!r}")

    def _look_at(self, tag: str, attributes: Attributes) -> None:
        if _MARKER.search(tag) or tag in _NEVER:
            self.faults.append(f"element <{tag[:60]}>")
        if tag == "script" and not attributes.get("src", "").startswith("/static/"):
            self.faults.append(f"<script> that is not the shop's: {attributes}")
        # An order's page may come anew by itself (what is within its noscript is looked at like all the rest); no
        # page may lead elsewhere by it.
        is_anew = attributes.get("http-equiv") == "refresh" and attributes.get("content", "").isdigit()
        if tag == "meta" and "http-equiv" in attributes and not is_anew:
            self.faults.append(f"<meta http-equiv>: {attributes}")
        for name, value in attributes.items():
            if name.startswith("on") or name in {"style", "srcdoc"} or _MARKER.search(name):
                self.faults.append(f"attribute {name[:60]} of <{tag}>")
            if name in _ADDRESSES and (fault := _fault_of(name, value)):
                self.faults.append(f"{name} of <{tag}> {fault}: {value[:60]!r}")

    def _note_field(self, tag: str, attributes: Attributes) -> None:
        draft = self._draft(attributes.get("form") or self._open_form)
        name, value = attributes.get("name", ""), attributes.get("value", "")
        if tag == "select":
            self._open_select = name
        if tag == "button" or attributes.get("type") in {"submit", "image"}:
            draft.buttons.append((attributes.get("formaction", ""), {name: value} if name else {}))
        elif name and (attributes.get("type") != "radio" or name not in draft.fields or "checked" in attributes):
            draft.fields[name] = value

    def _choose(self, attributes: Attributes) -> None:
        fields = self._draft(self._open_form).fields
        if not fields.get(self._open_select) or "selected" in attributes:
            fields[self._open_select] = attributes.get("value", "")

    def _draft(self, name: str) -> _Draft:
        return self._drafts.setdefault(name, _Draft("GET", self._path))


def _fault_of(name: str, address: str) -> str:
    """Why a browser must not be given this address, "" where it may: browsers drop white space before the scheme."""
    bare = re.sub(r"[\x00-\x20]", "", address).replace("\\", "/")
    scheme = re.match(r"([^/?#]*?):", bare)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        return "is of another scheme"
    host = urlsplit(bare).netloc
    if name in _LEADS and host not in {"", "localhost"}:
        return "leads out of the shop"
    return ""
