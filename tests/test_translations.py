"""The tools for catalogues."""

from pathlib import Path

import pytest

from tests.translations import extracted, faults, translated_on_import, unmarked, update

TEMPLATE = """
{{ _("Cart") }} {{ _("Hello %(name)s", name=name) }} {% trans title %}Added <cite>{{ title }}</cite>.{% endtrans %}
{% trans count=n %}{{ count }} book{% pluralize %}{{ count }} books{% endtrans %}
"""
GOOD = """
msgid "Cart"
msgstr "Корзина"

msgid "Hello %(name)s"
msgstr "%(name)s, здравствуйте"

msgid "Added <cite>%(title)s</cite>."
msgstr "«<cite>%(title)s</cite>» теперь здесь."

msgid "%(count)s book"
msgid_plural "%(count)s books"
msgstr[0] "%(count)s книга"
msgstr[1] "%(count)s книги"
msgstr[2] "%(count)s книг"

msgid "Mystery"
msgstr ""
"""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """A service with a template, a sentence in Python and a catalogue."""
    (tmp_path / "web" / "templates").mkdir(parents=True)
    (tmp_path / "translations").mkdir()
    (tmp_path / "web" / "templates" / "page.html").write_text(TEMPLATE, encoding="utf-8")
    (tmp_path / "words.py").write_text('NAME = gettext_noop("Mystery")\n', encoding="utf-8")
    write(tmp_path, GOOD)
    return tmp_path


def write(service: Path, text: str) -> None:
    (service / "translations" / "ru.po").write_text(text, encoding="utf-8")


def found(service: Path) -> list[str]:
    """The problems of the catalogue if the template is declared complete."""
    return faults(service, "ru", lambda file: file.endswith("page.html"))


def test_a_good_catalogue_has_no_problem(service: Path) -> None:
    """What is not declared, here the name in Python, may be missing."""
    assert found(service) == []
    assert faults(service, "ru") == ["missing: Mystery"]


@pytest.mark.parametrize(
    ("change", "to", "problem"),
    [
        ('msgid "Cart"\nmsgstr "Корзина"', "", "missing: Cart"),
        ('"Корзина"', '""', "missing: Cart"),
        ('msgid "Cart"', '#, fuzzy\nmsgid "Cart"', "fuzzy: Cart"),
        ("%(name)s, здр", "%(nom)s, здр", "malformed: Hello %(name)s (other placeholders: %(nom)s, здравствуйте)"),
        ("%(name)s, здр", "Здр", "malformed: Hello %(name)s (other placeholders: Здравствуйте)"),
        ("здр", "5% здр", "malformed: Hello %(name)s (malformed placeholder: %(name)s, 5% здравствуйте)"),
        ("Корзина", "100 %", "malformed: Cart (malformed placeholder: 100 %)"),
        (
            "%(title)s</cite>» ",
            "%(title)s</em>» ",
            "malformed: Added <cite>%(title)s</cite>. (other tags: «<cite>%(title)s</em>» теперь здесь.)",
        ),
        ('"%(count)s книги"', '""', "missing: %(count)s book"),
        ("%(count)s книги", "Две книги", "malformed: %(count)s book (other placeholders: Две книги)"),
        ("Mystery", "Old", "obsolete: Old"),
        ('msgid "Mystery"', '#~ msgid "Gone"\n#~ msgstr "Ушло"\n\nmsgid "Mystery"', "obsolete: Gone"),
    ],
)
def test_each_problem_is_found(service: Path, change: str, to: str, problem: str) -> None:
    """And named."""
    assert change in GOOD
    write(service, GOOD.replace(change, to))
    assert problem in found(service)


def test_updating_keeps_translations_and_drops_what_is_gone(service: Path) -> None:
    """The new catalogue is sorted by file, without lines and dates, and updating it again changes nothing."""
    write(service, GOOD + '\nmsgid "Old"\nmsgstr "Старое"\n')
    (service / "words.py").write_text('NAME = gettext_noop("Novel")\n', encoding="utf-8")
    path = service / "translations" / "ru.po"
    update(service)
    text = path.read_text(encoding="utf-8")
    assert found(service) == []
    assert "Корзина" in text
    assert "Старое" not in text
    assert text.endswith('#: words.py\nmsgid "Novel"\nmsgstr ""\n')
    assert "fuzzy" not in text
    assert str(service) not in text
    before = path.read_bytes()
    (service / "web" / "templates" / "page.html").write_text("\n\n" + TEMPLATE, encoding="utf-8")
    update(service)
    assert path.read_bytes() == before


def test_a_message_has_no_line_breaks(service: Path) -> None:
    """Templates keep or drop them by their settings, which the extraction does not know."""
    template = "{% trans %}Two\nlines{% endtrans %}"
    (service / "web" / "templates" / "page.html").write_text(TEMPLATE + template, encoding="utf-8")
    assert found(service) == [
        *("malformed: Two\nlines (write trans trimmed)", "missing: Two\nlines"),
    ]


def test_an_empty_file_begins_a_language(service: Path) -> None:
    """Its plural forms are those of the language."""
    path = service / "translations" / "de.po"
    path.touch()
    update(service)
    assert "nplurals=2" in path.read_text(encoding="utf-8")
    assert {message.id for message in extracted(service) if message.id} == {
        *("Cart", "Hello %(name)s", "Added <cite>%(title)s</cite>.", "Mystery"),
        ("%(count)s book", "%(count)s books"),
    }


@pytest.mark.parametrize(
    ("template", "texts"),
    [
        ('<p title="{{ _("x") }}">{% trans %}fine{% endtrans %}{{ name }} · 5</p>', []),
        ("<p>{% if x %}bad{% endif %}</p>", ["bad"]),
        ('<p aria-label="bad">{{ name }}</p>', ["bad"]),
        ('{% macro m() %} aria-invalid="true" {% endmacro %}<script>x</script>', []),
        ("{% macro m() %}плохо{% endmacro %}", ["плохо"]),
    ],
)
def test_unmarked_texts_are_found(template: str, texts: list[str]) -> None:
    """In every branch, and in spoken attributes."""
    assert unmarked(template) == texts


def test_translations_on_import_are_found() -> None:
    """Not those within macros."""
    source = '{% set a = _("x") %}{% set b = 1 %}{% macro m() %}{% set c = _("x") %}{% endmacro %}'
    assert translated_on_import(source) == ["a"]
