"""Translations."""

from pathlib import Path

import pytest

from servicekit.translations import negotiated, translations

RUSSIAN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && n%100/10!=1 ? 1 : 2);\\n"

msgid "Cart"
msgstr "Корзина"

#, fuzzy
msgid "Order"
msgstr "Порядок"

msgid "%(num)s book"
msgid_plural "%(num)s books"
msgstr[0] "%(num)s книга"
msgstr[1] "%(num)s книги"
msgstr[2] "%(num)s книг"
"""


def test_catalogues_are_read_and_english_needs_none(tmp_path: Path) -> None:
    """Plurals have the forms of the language; a guess by a tool is not used."""
    (tmp_path / "ru.po").write_text(RUSSIAN, encoding="utf-8")
    found = translations(tmp_path)
    assert list(found) == ["en", "ru"]
    assert found["en"].gettext("Cart") == "Cart"
    assert found["ru"].gettext("Cart") == "Корзина"
    assert found["ru"].gettext("Order") == "Order"
    plurals = [found["ru"].ngettext("%(num)s book", "%(num)s books", n) for n in (1, 3, 5, 21)]
    assert plurals == ["%(num)s книга", "%(num)s книги", "%(num)s книг", "%(num)s книга"]


@pytest.mark.parametrize(
    ("preferred", "language"),
    [
        (["ru"], "ru"),
        (["ru-RU", "en"], "ru"),
        (["RU"], "ru"),
        (["en-GB", "ru"], "en"),
        (["de", "ru"], "ru"),
        (["de"], "en"),
        ([], "en"),
        (["", "*", "x" * 1000], "en"),
    ],
)
def test_the_first_language_that_is_available_is_chosen(preferred: list[str], language: str) -> None:
    """Territories are left out of the comparison if need be; English is the last resort."""
    assert negotiated(preferred, ["en", "ru"]) == language


def test_the_last_resort_may_be_another_language() -> None:
    """For a shop whose readers mostly speak it."""
    assert negotiated(["de"], ["en", "ru"], default="ru") == "ru"
    assert negotiated(["en-GB"], ["en", "ru"], default="ru") == "en"
