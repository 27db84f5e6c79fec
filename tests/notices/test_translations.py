"""The Russian translation is complete, and the check of that finds what is not."""

import shutil
from pathlib import Path

import pytest

from notices.rendering import FOLDER
from tests.translations import faults, update

PO = Path("translations") / "ru.po"


def test_russian_is_complete() -> None:
    """Every message is translated in all its plural forms; none is fuzzy, obsolete or has other placeholders."""
    assert faults(FOLDER, "ru") == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The templates and translations, to be changed."""
    shutil.copytree(FOLDER / "templates", tmp_path / "templates")
    shutil.copytree(FOLDER / "translations", tmp_path / "translations")
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('msgstr "Итого"', 'msgstr ""', "missing: Total"),
        ("Читатель заказал %(shown)s книги.", "", "missing: A reader has ordered %(shown)s book."),
        ('msgid "Total"', 'msgid "Sum"', "obsolete: Sum"),
        ('msgid "Total"', '#, fuzzy\nmsgid "Total"', "fuzzy: Total"),
        ("Заказ %(number)s отменён", "Заказ %(numb)s отменён", "malformed: Order %(number)s was cancelled"),
    ],
)
def test_a_fault_is_found(copy: Path, old: str, new: str, fault: str) -> None:
    """Whatever is missing, obsolete, fuzzy or malformed."""
    path = copy / PO
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert [line for line in faults(copy, "ru") if line.startswith(fault)]


def test_updating_keeps_translations_and_adds_what_is_new(copy: Path) -> None:
    """What is not used any more is left out; a catalogue that is up to date stays as it is."""
    before = (copy / PO).read_bytes()
    update(copy)
    assert (copy / PO).read_bytes() == before
    template = copy / "templates" / "parts.txt"
    template.write_text("{% trans %}Something new{% endtrans %}", encoding="utf-8")
    (copy / "templates" / "parts.html").write_text("", encoding="utf-8")
    update(copy)
    assert faults(copy, "ru") == ["missing: Something new"]
    assert "Итого" not in (copy / PO).read_text(encoding="utf-8")
