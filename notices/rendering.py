"""Messages from templates: `templates/kinds/KIND.jinja` within `frame.html` or `frame.txt`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

from babel.numbers import format_currency, format_decimal, get_currency_precision
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from notices.domain import Message
from servicekit.translations import negotiated, translations

FOLDER = Path(__file__).parent
TRANSLATIONS = FOLDER / "translations"
_BLANK_LINES = re.compile(r"\n\s*\n\s*")
_MAX_SUBJECT_LENGTH = 150
_PARTS = ("paragraph", "letter", "books", "button", "note")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in a language: one line of subject, and the same text plain and in HTML."""

    subject: str
    text: str
    html: str


def render(message: Message) -> Rendered:
    """The message in its language, or in English if there is no translation."""
    language = negotiated([message.language], list(translations(TRANSLATIONS)))
    text, html = (_environment(language, form) for form in ("txt", "html"))
    name = f"kinds/{message.kind}.jinja"
    shown = {"shop_name": "", "link": "", "order": None, "text": "", **message.data}
    return Rendered(
        subject=_subject(text, name, shown),
        text=_BLANK_LINES.sub("\n\n", text.get_template(name).render(shown)).strip() + "\n",
        html=html.get_template(name).render(shown, subject=_subject(text, name, shown)),
    )


def one_line(text: str) -> str:
    """The text without line breaks and other control characters, which a header must not have."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _subject(environment: Environment, name: str, shown: Mapping[str, Any]) -> str:
    template = environment.get_template(name)
    subject = one_line("".join(template.blocks["subject"](template.new_context(dict(shown)))))
    return subject if len(subject) <= _MAX_SUBJECT_LENGTH else f"{subject[: _MAX_SUBJECT_LENGTH - 1]}…"


@cache
def _environment(language: str, form: str) -> Environment:
    """The templates in a language, as plain text or as HTML."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        extensions=["jinja2.ext.i18n"],
        autoescape=form == "html",  # noqa: S701  (plain text has no markup)
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.install_gettext_translations(translations(TRANSLATIONS)[language], newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(
        price=partial(_price, language),
        number=partial(_number, language),
        one_line=one_line,
        unbroken=_unbroken if form == "html" else str,
    )
    environment.globals.update(language=language, frame=f"frame.{form}")
    # The parts of a message that look different in text and HTML.
    parts = environment.get_template(f"parts.{form}").module
    environment.globals.update({name: getattr(parts, name) for name in _PARTS})
    return environment


def _unbroken(text: str) -> Markup:
    """Without line breaks within."""
    return Markup('<span style="white-space:nowrap">{}</span>').format(text)


def _price(language: str, amount: Mapping[str, Any]) -> str:
    digits = get_currency_precision(amount["currency"])
    return format_currency(Decimal(amount["minor"]).scaleb(-digits), amount["currency"], locale=language)


def _number(language: str, number: int) -> str:
    return format_decimal(number, locale=language)
