"""What a service marks for translation, and the faults of its catalogues `FOLDER/translations/ru.po`.

`python -m tests.translations FOLDER …` brings the catalogues of these folders up to date. An empty file begins a new
language.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import write_po
from jinja2 import Environment, nodes

from servicekit.translations import read_catalogue

METHODS = [("**/templates/**", "jinja2"), ("**.py", "python")]
FUNCTIONS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_noop": None}
HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural_forms}\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""
TEXT_ATTRIBUTES = {"alt", "title", "aria-label", "placeholder", "data-label"}
TEXT_META = {"description", "og:description", "og:site_name"}
IGNORED = {"script", "style", "time"}
"""Babel formats times."""

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_TAG = re.compile(r"</?[a-z][^>]*>")
_ATTRIBUTE = re.compile(r'[a-z-]+="[^"]*"')


class Texts(HTMLParser):
    """Collects the visible texts and those for screen readers."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._ignored = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attributes}
        self._ignored += tag in IGNORED
        self.words += [value for name, value in named.items() if name in TEXT_ATTRIBUTES]
        if tag == "meta" and (named.get("name") or named.get("property")) in TEXT_META:
            self.words.append(named.get("content", ""))

    def handle_endtag(self, tag: str) -> None:
        self._ignored -= tag in IGNORED

    def handle_data(self, data: str) -> None:
        if not self._ignored:
            self.words.append(data)


def extracted(folder: Path) -> Catalog:
    """All messages of a service, with the files that they are in."""
    options = {"**/templates/**": {"newstyle_gettext": "true", "silent": "false"}}
    catalogue = Catalog()
    for file, line, message, _comments, context in extract_from_dir(
        folder, METHODS, options_map=options, keywords=KEYWORDS
    ):
        catalogue.add(message, locations=[(Path(file).as_posix(), line)], context=context)
    return catalogue


def updated(folder: Path, path: Path) -> bytes:
    """The catalogue at `path` with the messages that the service has now, in the order of its files.

    It has no line numbers, dates and guesses, so that a change of a sentence changes only its own lines.
    """
    catalogue = read_catalogue(path)
    catalogue.update(extracted(folder), no_fuzzy_matching=True)
    buffer = BytesIO()
    write_po(
        buffer,
        catalogue,
        width=0,
        omit_header=True,
        sort_by_file=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    header = HEADER.format(language=path.stem, plural_forms=catalogue.plural_forms)
    return header.encode() + buffer.getvalue().strip() + b"\n"


def update(folder: Path) -> None:
    """Bring the catalogues of a service up to date."""
    for path in sorted(folder.glob("translations/*.po")):
        path.write_bytes(updated(folder, path))


def faults(folder: Path, language: str, declared: Callable[[str], bool] = lambda _: True) -> list[str]:
    """What is missing, fuzzy, obsolete or malformed in a catalogue; a line for each.

    Only messages of files that are `declared` complete must be there.
    """
    catalogue, source = read_catalogue(folder / "translations" / f"{language}.po"), extracted(folder)
    found: list[str] = []
    for message in _messages(source):
        is_declared = any(declared(file) for file, _ in message.locations)
        found += _faults(message, catalogue.get(message.id, message.context), catalogue.num_plurals, is_declared)
    current = {(message.id, message.context) for message in source}
    written = [*_messages(catalogue), *catalogue.obsolete.values()]
    return found + [
        f"obsolete: {_text(message)}" for message in written if (message.id, message.context) not in current
    ]


def _faults(message: Message, translated: Message | None, plurals: int, is_declared: bool) -> Iterator[str]:
    texts = _texts(translated.string) if translated else []
    if "\n" in _text(message):
        yield f"malformed: {_text(message)} (write trans trimmed)"
    if translated is None or not any(texts):
        if is_declared:
            yield f"missing: {_text(message)}"
        return
    if translated.fuzzy and is_declared:
        yield f"fuzzy: {_text(message)}"
    if not all(texts) or len(texts) != (plurals if message.pluralizable else 1):
        yield f"missing: {_text(message)}"
        return
    for text in texts:
        if reason := _differs(_text(message), text):
            yield f"malformed: {_text(message)} ({reason}: {text})"


def unmarked(source: str) -> list[str]:
    """The texts of a template that are not marked for translation."""
    syntax = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    texts = Texts()
    texts.feed("".join(data.data for data in syntax.find_all(nodes.TemplateData)))
    texts.close()
    # A macro may return attributes of a tag.
    words = (_ATTRIBUTE.sub("", word).strip() for word in texts.words)
    return [word for word in words if re.search(r"[^\W\d_]", word)]


def translated_on_import(source: str) -> list[str]:
    """The variables of a template that translate outside macros and blocks, where an import keeps the result."""
    syntax = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    return [
        assignment.target.name
        for assignment in syntax.body
        if isinstance(assignment, nodes.Assign) and isinstance(assignment.target, nodes.Name)
        if any(
            isinstance(call.node, nodes.Name) and call.node.name in FUNCTIONS
            for call in assignment.find_all(nodes.Call)
        )
    ]


def _differs(text: str, translated: str) -> str:
    """How a translation differs that must not, or ""."""
    names = set(_PLACEHOLDER.findall(text))
    if set(_PLACEHOLDER.findall(translated)) != names:
        return "other placeholders"
    if not _is_formattable(translated, names):
        return "malformed placeholder"
    return "" if Counter(_TAG.findall(translated)) == Counter(_TAG.findall(text)) else "other tags"


def _is_formattable(text: str, names: set[str]) -> bool:
    try:
        text % dict.fromkeys(names, "")
    except (KeyError, TypeError, ValueError):
        return False
    return True


def _messages(catalogue: Catalog) -> Iterator[Message]:
    # The header has an empty id.
    return (message for message in catalogue if message.id)


def _texts(text: str | Iterable[str] | None) -> list[str]:
    return [text or ""] if text is None or isinstance(text, str) else list(text)


def _text(message: Message) -> str:
    return _texts(message.id)[0]


if __name__ == "__main__":
    for service in sys.argv[1:]:
        update(Path(service))
