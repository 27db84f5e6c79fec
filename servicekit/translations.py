"""Translations from gettext catalogues: `FOLDER/ru.po`. English is in the code and needs none."""

from collections.abc import Mapping, Sequence
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ENGLISH = "en"


def languages(folder: Path) -> tuple[str, ...]:
    """English, and the languages that have a catalogue."""
    return (ENGLISH, *sorted(path.stem for path in folder.glob("*.po")))


@cache
def translations(folder: Path) -> Mapping[str, NullTranslations]:
    """The translations by language; the catalogues are compiled in memory, so that none can be out of date."""
    return {
        language: NullTranslations() if language == ENGLISH else _compiled(folder / f"{language}.po")
        for language in languages(folder)
    }


def gettext_noop(message: str) -> str:
    """Marks a message in Python that a template translates when it is shown."""
    return message


def read_catalogue(path: Path) -> Catalog:
    """The messages of a catalogue."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def negotiated(preferred: Sequence[str], available: Sequence[str], *, default: str = ENGLISH) -> str:
    """The first preferred language that is available, `ru` also for `ru-RU`; the default if none is."""
    wanted = [language.replace("-", "_").lower() for language in preferred]
    # Babel compares the whole spelling first, and then without the territory.
    return negotiate_locale(wanted, available, sep="_") or default


def _compiled(path: Path) -> GNUTranslations:
    compiled = BytesIO()
    # Fuzzy messages are guesses: they are left out.
    write_mo(compiled, read_catalogue(path), use_fuzzy=False)
    compiled.seek(0)
    return GNUTranslations(compiled)
