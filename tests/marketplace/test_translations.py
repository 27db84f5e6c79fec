"""The shop's catalogues, and what is declared complete."""

import re
from pathlib import Path

import pytest

from marketplace.settings import TRANSLATIONS
from marketplace.web.languages import COMPLETE
from tests.translations import faults, translated_on_import, unmarked, updated

SHOP = TRANSLATIONS.parent
TEMPLATES = SHOP / "web" / "templates"
PREFIX = f"{TEMPLATES.relative_to(SHOP)}/"
LANGUAGES = sorted(path.stem for path in TRANSLATIONS.glob("*.po"))


def all_templates() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_what_it_declares(language: str) -> None:
    """No sentence of a declared template is missing or fuzzy; none is obsolete or has other placeholders or tags."""
    declared = COMPLETE.get(language, ())
    assert faults(SHOP, language, lambda file: file.removeprefix(PREFIX).startswith(declared)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_up_to_date(language: str) -> None:
    """`make translations` would change nothing."""
    path = TRANSLATIONS / f"{language}.po"
    assert path.read_bytes() == updated(SHOP, path)


def test_what_is_declared_exists() -> None:
    """Each entry is a template or a folder of them, of a language that has a catalogue."""
    assert COMPLETE.keys() <= set(LANGUAGES)
    assert [name for names in COMPLETE.values() for name in names if not (TEMPLATES / name).exists()] == []


@pytest.mark.parametrize("path", all_templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_every_text_of_a_template_is_marked(path: Path) -> None:
    """Also in branches that no test renders."""
    assert unmarked(path.read_text(encoding="utf-8")) == []


def test_imported_templates_translate_nothing_on_import() -> None:
    """Jinja keeps the variables of a template that is imported without context: they would stay in one language."""
    imported = {
        TEMPLATES / name
        for path in all_templates()
        for name in re.findall(
            r'(?:from|import) "([^"]+)" (?:import [\w, ]+|as \w+) %}', path.read_text(encoding="utf-8")
        )
    } | {
        TEMPLATES / name
        for path in all_templates()
        for name in re.findall(r'fragment\("([^"]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(imported) > 3
    assert {
        path.name: names for path in imported if (names := translated_on_import(path.read_text(encoding="utf-8")))
    } == {"fields.html": ["country"]}  # only of the checkout, which imports it with context


def test_russian_has_its_own_quotes_and_politeness() -> None:
    """«Ёлочки», and «вы» in lower case within a sentence."""
    texts = re.findall(
        r'^msgstr(?:\[\d\])? "(.*)"$', (TRANSLATIONS / "ru.po").read_text(encoding="utf-8"), re.MULTILINE
    )
    shown = [re.sub(r"<[^>]+>|\\n", "", text) for text in texts]
    assert [text for text in shown if re.search(r'["“”„]', text)] == []
    polite = re.compile(r"(?<=[а-яё,] )В(?:ы|ас|ам|аш)")  # noqa: RUF001  (Russian)
    assert [text for text in shown if polite.search(text)] == []
