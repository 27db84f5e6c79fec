"""The messages of a service's templates and code, and what its translations lack.

`python -m tests.translations FOLDER…` (`make translations`) brings the catalogues `FOLDER/translations/*.po` up to date:
new messages are added untranslated, and those that are no longer used are left out.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from servicekit.translations import read_catalogue

ROOT = Path(__file__).parents[1]

_JINJA = "jinja2.ext:babel_extract"
_METHODS = [
    ("**.py", "python"),
    ("**/templates/**.html", _JINJA),
    ("**/templates/**.txt", _JINJA),
    ("**/templates/**.jinja", _JINJA),
]
_OPTIONS = {pattern: {"silent": "false"} for pattern, method in _METHODS if method == _JINJA}


def extracted(folder: Path) -> Catalog:
    """The messages that are marked for translation in a folder."""
    catalogue = Catalog()
    found = extract_from_dir(folder, _METHODS, {pattern: {**options} for pattern, options in _OPTIONS.items()})
    for file, line, message, comments, context in found:
        catalogue.add(message, None, [(file, line)], auto_comments=comments, context=context)
    return catalogue


def faults(folder: Path, language: str) -> list[str]:
    """What is missing, fuzzy, obsolete or malformed in a language's catalogue of a folder; a line for each."""
    catalogue, marked = read_catalogue(folder / "translations" / f"{language}.po"), extracted(folder)
    missing = [f"missing: {_key(message)}" for message in _messages(marked) if not _is_translated(catalogue, message)]
    return missing + [fault for message in _messages(catalogue) if (fault := _fault(catalogue, marked, message))]


def update(folder: Path) -> None:
    """Bring the catalogues of a folder up to date."""
    marked = extracted(folder)
    for path in sorted((folder / "translations").glob("*.po")):
        catalogue = read_catalogue(path)
        catalogue.update(marked, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = ""
        with path.open("wb") as file:
            write_po(file, catalogue, width=118, sort_by_file=True, ignore_obsolete=True, include_lineno=False)


def _messages(catalogue: Catalog) -> Iterable[Message]:
    return (message for message in catalogue if message.id)


def _is_translated(catalogue: Catalog, message: Message) -> bool:
    translated = catalogue.get(_key(message), message.context)
    if translated is None:
        return False
    if not message.pluralizable:
        return bool(translated.string)
    return len(translated.string) == catalogue.num_plurals and all(translated.string)


def _fault(catalogue: Catalog, marked: Catalog, message: Message) -> str | None:
    if message.fuzzy:
        return f"fuzzy: {_key(message)}"
    if marked.get(_key(message), message.context) is None:
        return f"obsolete: {_key(message)}"
    # Placeholders that differ from those of the original.
    errors = [str(error) for error in message.check(catalogue)]
    return f"malformed: {_key(message)} ({'; '.join(errors)})" if errors else None


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        update(ROOT / name)
