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


@cache
def translations(folder: Path) -> Mapping[str, NullTranslations]:
    """The translations by language; the catalogues are compiled in memory, so that none can be out of date."""
    languages = {path.stem: _compiled(path) for path in sorted(folder.glob("*.po"))}
    return {ENGLISH: NullTranslations(), **languages}


def read_catalogue(path: Path) -> Catalog:
    """The messages of a catalogue."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def negotiated(preferred: Sequence[str], available: Sequence[str]) -> str:
    """The first preferred language that is available, `ru` also for `ru-RU`; English if none is."""
    wanted = [language.replace("-", "_").lower() for language in preferred]
    # Babel compares the whole spelling first, and then without the territory.
    return negotiate_locale(wanted, available, sep="_") or ENGLISH


def _compiled(path: Path) -> GNUTranslations:
    compiled = BytesIO()
    # Fuzzy messages are guesses: they are left out.
    write_mo(compiled, read_catalogue(path), use_fuzzy=False)
    compiled.seek(0)
    return GNUTranslations(compiled)
