"""Parses pages as a browser does: their links, their forms, and injected markup."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

MARKER = "zqx7"
"""Part of every hostile text that is sent, and of no text of the shop."""
KEPT_MARKER = "zqx8"
"""Part of every hostile text in the catalogue."""

_URL_ATTRIBUTES = {
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
_NAVIGATING = _URL_ATTRIBUTES - {"src", "srcset", "poster"}
_OF_READERS = "noopener nofollow ugc"
"""How a link is marked that somebody wrote in a message."""
_FIELDS = {"button", "input", "select", "textarea"}
_MARKER = re.compile(f"{MARKER}|{KEPT_MARKER}")
_FORBIDDEN = {"base", "embed", "frame", "iframe", "math", "object", "style", "template"}

Attributes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Form:
    """What one button of a form sends: its method, its URL, and its fields with their values."""

    method: str
    action: str
    fields: tuple[tuple[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The distinct names of its fields."""
        return tuple(sorted({name for name, _ in self.fields}))


@dataclass
class _Draft:
    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, dict[str, str]]] = field(default_factory=list)


class Page(HTMLParser):
    """A page: its links and forms, and `faults`, the markup that hostile text could have injected."""

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
        """One form for each button."""
        forms = []
        for draft in self._drafts.values():
            for action, more in draft.buttons or [("", {})]:
                forms.append(Form(draft.method, action or draft.action, (*draft.fields.items(), *more.items())))
        return forms

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self._check(tag, attributes)
        if tag in {"script", "style"}:
            self._open_raw = tag
        if tag == "form":
            self._open_form = attributes.get("id") or f"form {len(self._drafts)}"
            draft = self._draft(self._open_form)
            draft.method = attributes.get("method", "get").upper()
            draft.action = attributes.get("action") or self._path
        elif tag == "option" and self._open_select:
            self._add_option(attributes)
        elif tag in _FIELDS:
            self._add_field(tag, attributes)
        for name in ("href", "src", "data-poll", "data-suggest"):
            link = attributes.get(name, "#")
            if urlsplit(link).netloc in {"", "localhost"} and not link.startswith("#"):
                self.links.append(urljoin(self._path, link))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # In HTML the slash has no meaning.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open_form = ""
        if tag == "select":
            self._open_select = ""
        if tag == self._open_raw:
            self._open_raw = ""

    def handle_data(self, data: str) -> None:
        if self._open_raw and data.strip():
            self.faults.append(f"inline {self._open_raw}: {data[:60]!r}")

    def handle_comment(self, data: str) -> None:
        if _MARKER.search(data):
            self.faults.append(f"within a comment: {data[:60]!r}")

    def handle_decl(self, decl: str) -> None:
        if decl.lower() != "doctype html":
            self.faults.append(f"a declaration: {decl[:60]!r}")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"a marked section: {data[:60]!r}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"a processing instruction: {data[:60]!r}")

    def _check(self, tag: str, attributes: Attributes) -> None:
        is_own = (tag, attributes.get("id")) == ("template", "unsent")
        if _MARKER.search(tag) or (tag in _FORBIDDEN and not is_own):
            self.faults.append(f"element <{tag[:60]}>")
        if tag == "script" and not attributes.get("src", "").startswith("/static/"):
            self.faults.append(f"foreign <script>: {attributes}")
        # An order's page may reload itself, but no page may redirect elsewhere.
        is_reload = attributes.get("http-equiv") == "refresh" and attributes.get("content", "").isdigit()
        if tag == "meta" and "http-equiv" in attributes and not is_reload:
            self.faults.append(f"<meta http-equiv>: {attributes}")
        for name, value in attributes.items():
            if name.startswith("on") or name in {"style", "srcdoc"} or _MARKER.search(name):
                self.faults.append(f"attribute {name[:60]} of <{tag}>")
            may_lead_out = name not in _NAVIGATING or attributes.get("rel") == _OF_READERS
            if name in _URL_ATTRIBUTES and (fault := _url_fault(value, may_lead_out=may_lead_out)):
                self.faults.append(f"{name} of <{tag}> {fault}: {value[:60]!r}")

    def _add_field(self, tag: str, attributes: Attributes) -> None:
        draft = self._draft(attributes.get("form") or self._open_form)
        name, value = attributes.get("name", ""), attributes.get("value", "")
        if tag == "select":
            self._open_select = name
        if tag == "button" or attributes.get("type") in {"submit", "image"}:
            draft.buttons.append((attributes.get("formaction", ""), {name: value} if name else {}))
        elif name and (attributes.get("type") != "radio" or name not in draft.fields or "checked" in attributes):
            draft.fields[name] = value

    def _add_option(self, attributes: Attributes) -> None:
        fields = self._draft(self._open_form).fields
        if not fields.get(self._open_select) or "selected" in attributes:
            fields[self._open_select] = attributes.get("value", "")

    def _draft(self, name: str) -> _Draft:
        return self._drafts.setdefault(name, _Draft("GET", self._path))


def _url_fault(address: str, *, may_lead_out: bool) -> str:
    """What is wrong with a URL, or "". Browsers ignore white space before the scheme."""
    bare = re.sub(r"[\x00-\x20]", "", address).replace("\\", "/")
    scheme = re.match(r"([^/?#]*?):", bare)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        return "has another scheme"
    host = urlsplit(bare).netloc
    if not may_lead_out and host not in {"", "localhost"}:
        return "leads out of the shop"
    return ""
