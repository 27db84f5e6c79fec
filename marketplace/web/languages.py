"""The language of a page.

A link `?lang=ru` chooses it: the choice is kept in a cookie and, for the mails too, in the account. Without a choice
in this browser the account's language counts, then the languages that the browser asks for, then the shop's setting.
"""

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from gettext import NullTranslations
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from babel import Locale
from flask import Flask, Response, current_app, redirect, request
from werkzeug.wrappers import Response as Answer

from marketplace.domain.accounts import SESSION_LIFETIME
from marketplace.web.api.problems import is_api
from marketplace.web.formats import FORMATS
from marketplace.web.forms import own_path
from marketplace.web.reader import account_if_known, current_account
from marketplace.web.security import is_same_site
from servicekit.translations import ENGLISH, negotiated

COMPLETE: Mapping[str, tuple[str, ...]] = {
    "ru": (
        *("base.html", "flash.html", "frame.html", "paging.html", "account/", "contact/", "errors/"),
        "orders/conversation.html",
    )
}
"""The templates, or folders of them, that a language has every sentence of; "" stands for all. English has all.

The pages of other folders are in English, since half of a translation is no help. Tests check what is declared here.
"""

PARAMETER = "lang"
COOKIE = "language"
MAX_ACCEPT_LANGUAGE = 1_000
"""Browsers send about 30 characters; parsing takes time."""

_EXTENSION = "languages"
_READING = frozenset({"GET", "HEAD"})


class _Page(NamedTuple):
    language: str
    languages: tuple[str, ...]
    """All that it could be in."""


# Not in `g`, which takes ten times as long; every sentence asks.
_page: ContextVar[_Page | None] = ContextVar("page", default=None)


class Choice(NamedTuple):
    """A link to this page in another language; no `url` if the page is in this one."""

    language: str
    name: str
    url: str


@dataclass(frozen=True)
class Languages:
    """The languages of the shop, English first; `default` is for readers of whom nothing is known."""

    translations: Mapping[str, NullTranslations]
    default: str = ENGLISH
    complete: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: COMPLETE)

    def of(self, folder: str) -> tuple[str, ...]:
        """The languages of the pages whose templates are in this folder."""
        return self._by_folder.get(folder) or self._by_folder.setdefault(folder, self._of(folder))

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The languages' own names: `Русский`."""
        return {code: str(Locale(code).get_language_name(code)).capitalize() for code in self.translations}

    @cached_property
    def _by_folder(self) -> dict[str, tuple[str, ...]]:
        return {}

    def _of(self, folder: str) -> tuple[str, ...]:
        return tuple(
            language
            for language in self.translations
            if language == ENGLISH or f"{folder}/".startswith(self.complete.get(language, ()))
        )


def use_languages(app: Flask, languages: Languages, choose: Callable[[int, str], None]) -> None:
    """Render the templates of `app` in the language of each request; `choose` stores the choice of an account."""
    app.extensions[_EXTENSION] = languages
    _translate_templates(app, languages.translations)

    @app.before_request
    def change_language() -> Answer | None:
        # Parsing the arguments of every request would take longer.
        if b"lang=" not in request.query_string or request.method not in _READING:
            return None
        if is_api():
            return None
        language = request.args.get(PARAMETER, "")
        return _changed_language(language, choose) if language in languages.translations else None

    @app.after_request
    def name_language(response: Response) -> Response:
        if page := _page.get():
            response.headers.add("Content-Language", page.language)
            if len(page.languages) > 1:
                response.vary.update(("Accept-Language", "Cookie"))
        return response


def begin_page() -> None:
    """Forget the language of the page that this thread has sent before; called at the start of each request."""
    _page.set(None)


def current_language() -> str:
    """The language of this request's page."""
    page = _page.get()
    return _new_page().language if page is None else page.language


def _translate_templates(app: Flask, translations: Mapping[str, NullTranslations]) -> None:
    def translate(method: str) -> Callable[..., str]:
        def translated(*arguments: Any) -> str:
            text: str = getattr(translations[current_language()], method)(*arguments)
            return text

        return translated

    environment: Any = app.jinja_env
    # Templates hold the English sentences, marked for translation; a template is shared by all requests.
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(
        translate("gettext"),
        translate("ngettext"),
        newstyle=True,
        pgettext=translate("pgettext"),
        npgettext=translate("npgettext"),
    )
    environment.filters.update({name: _localized(form) for name, form in FORMATS.items()})
    environment.globals.update(current_language=current_language, languages=_choices)


def _changed_language(language: str, choose: Callable[[int, str], None]) -> Answer:
    # A link on another site may open the shop in a language, and changes no account.
    account = current_account() if is_same_site() else None
    if account is not None and account.language != language:
        choose(account.reader_id, language)
    response = redirect(own_path(_url_without_choice(), "/"), 303)
    response.set_cookie(
        COOKIE,
        language,
        max_age=SESSION_LIFETIME,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response


def _new_page() -> _Page:
    # The templates of a blueprint are in a folder of its name; an unknown address has only an error page.
    languages = _languages().of(request.blueprint or "errors")
    page = _Page(languages[0] if len(languages) == 1 else _preferred(languages), languages)
    _page.set(page)
    return page


def _preferred(languages: Sequence[str]) -> str:
    chosen = request.cookies.get(COOKIE, "")
    if chosen in languages:
        return chosen
    account = account_if_known()
    if account and account.language and account.language in languages:
        return account.language
    default = _languages().default
    return negotiated(_asked_for(), languages, default=default if default in languages else ENGLISH)


def _asked_for() -> list[str]:
    if len(request.headers.get("Accept-Language", "")) > MAX_ACCEPT_LANGUAGE:
        return []
    return [language for language, quality in request.accept_languages if quality > 0]


def _languages() -> Languages:
    languages: Languages = current_app.extensions[_EXTENSION]
    return languages


def _choices() -> list[Choice]:
    """The languages that this page is in, none if there is only one."""
    current, languages = _page.get() or _new_page()
    if len(languages) == 1:
        return []
    here = _url_without_choice()
    urls = {code: f"{here}{'&' if '?' in here else '?'}{PARAMETER}={code}" for code in languages}
    urls[current] = ""
    return [Choice(code, _languages().names[code], url) for code, url in urls.items()]


def _url_without_choice() -> str:
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER]
    return quote(request.path) + (f"?{urlencode(kept)}" if kept else "")


def _localized(form: Callable[[Any, str], str]) -> Callable[[Any], str]:
    return lambda value: form(value, current_language())
