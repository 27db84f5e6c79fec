"""Tests of notices.rendering: each kind in each language."""

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from notices.rendering import FOLDER, render
from tests.notices.samples import KINDS, MESSAGE, ORDER, READERS_KINDS, message

LANGUAGES = ("en", "ru")


class _Text(HTMLParser):
    """The text of a page, without styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(re.sub(r"<style>.*?</style>|<title>.*?</title>", "", html, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in {"href", "src"} and value]

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text))


def test_every_kind_has_a_template_and_no_other() -> None:
    """The kinds of the contract, and those for the staff."""
    assert {path.stem for path in (FOLDER / "templates" / "kinds").iterdir()} == set(KINDS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_text_and_html_say_the_same(kind: str, language: str) -> None:
    """Each word of the plain text is in the HTML; the subject is one line, and nothing comes from elsewhere."""
    rendered = render(message(kind, language))
    html = _Text(rendered.html)
    link = "https://books.example/page?token=s3cret"
    plain = rendered.text.replace(link, "").replace("×", "")
    assert words(plain) <= words(" ".join(html.parts))
    assert rendered.subject == " ".join(rendered.subject.split()) != ""
    assert html.links == ([link] if kind in READERS_KINDS else [])
    assert not html.tags & {"img", "script", "link", "b"}
    assert f'<html lang="{language}">' in rendered.html
    assert "\n\n\n" not in rendered.text
    assert not re.search(r"\{\{|\{%|%\(", rendered.text + rendered.html + rendered.subject)
    # Nothing is left in English.
    if language == "ru":
        assert re.search("[\u0430-\u044f]", rendered.subject)
        english = words(render(message(kind, "en")).text) - words(
            str(message(kind).data).replace(r"\r\n", " ") + "Failed deliveries, Messages"
        )
        assert not english & words(rendered.text)


@pytest.mark.parametrize("kind", READERS_KINDS)
def test_the_link_is_in_both_forms(kind: str) -> None:
    """And without one there is no button that leads nowhere."""
    with_link = render(message(kind))
    data = {name: value for name, value in MESSAGE.data.items() if name != "link"}
    without = render(replace(message(kind), data=data))
    assert "https://books.example/page?token=s3cret" in with_link.text
    assert "href=" not in without.html
    assert "View your order" not in without.text


def test_titles_are_text() -> None:
    """Markup in a title is shown as it is, and a line break in it does not make a header or a line."""
    rendered = render(message("staff_stock_low"))
    assert rendered.subject == "2 copies left: Tom & Jerry <b>"
    assert "Tom &amp; Jerry &lt;b&gt;" in rendered.html
    assert "Tom & Jerry <b>" in rendered.text
    assert "1 × Tom & Jerry <b> Bcc: x@y: €17.99\n" in render(message()).text
    hostile = replace(message("staff_stock_low"), data={"book_id": 1, "title": "A\r\nBcc: x@y\0\x1b", "stock": 0})
    assert render(hostile).subject == "Sold out: A Bcc: x@y"
    long = replace(message("staff_stock_low"), data={"book_id": 1, "title": "A" * 2000, "stock": 0})
    assert len(render(long).subject) < 150


@pytest.mark.parametrize(
    ("language", "total", "copies"),
    [
        ("en", "€43.97", "3 books"),
        ("en-GB", "€43.97", "3 books"),
        ("ru", "43,97\xa0€", "3 книги"),
        ("ru_RU", "43,97\xa0€", "3 книги"),
        ("ka", "€43.97", "3 books"),
        ("../x", "€43.97", "3 books"),
    ],
)
def test_prices_and_plurals_follow_the_language(language: str, total: str, copies: str) -> None:
    """A language that there is no translation for is English."""
    text = render(message("staff_order_placed", language)).text
    assert total in text
    assert copies in text


def test_a_price_is_of_all_copies_and_yen_have_no_cents() -> None:
    """Two at 12.99 are 25.98."""
    assert "2 × The Left Hand of Darkness: €25.98" in render(message()).text
    order = ORDER.model_dump(mode="json") | {"total": {"minor": 4397, "currency": "JPY"}}
    assert "¥4,397" in render(replace(MESSAGE, data={**MESSAGE.data, "order": order})).text


def test_nothing_to_pay_is_said_so() -> None:
    """A free order was not paid."""
    order = ORDER.model_dump(mode="json") | {"total": {"minor": 0, "currency": "EUR"}}
    text = render(replace(MESSAGE, data={**MESSAGE.data, "order": order})).text
    assert "nothing to pay" in text
    assert "We have received" not in text


def test_a_repetition_is_the_same() -> None:
    """The same message is rendered alike at any time."""
    assert render(MESSAGE) == render(replace(MESSAGE, attempts=9, give_up_at=MESSAGE.give_up_at + timedelta(days=1)))


def test_an_answer_keeps_its_lines() -> None:
    """In both forms, with markup as text; the link is beside it, and the reason for the mail is no account."""
    rendered = render(message("contact_answered"))
    assert "The hardcover is back on Monday.\n\nTom & Jerry <b>\n" in rendered.text
    assert "The hardcover is back on Monday.\n\nTom &amp; Jerry &lt;b&gt;</p>" in rendered.html
    assert "white-space:pre-line" in rendered.html
    assert "because of your account" not in rendered.text + rendered.html
    assert "The hardcover" not in render(message("message_waiting")).text


def test_a_waiting_message_names_its_order() -> None:
    """Or says that it came by the contact form."""
    about_order = message("staff_conversation_waiting")
    assert render(about_order).subject == "Unread message about order K7QM-2XPA-9RTB"
    by_form = replace(about_order, data={"order_id": ""})
    assert render(by_form).subject == "Unread message from the contact form"
