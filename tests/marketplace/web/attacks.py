"""The attacks: hostile values in every route and form, odd requests and forged cookies."""

import re
from collections.abc import Iterable
from itertools import count, cycle, islice, product
from urllib.parse import urlsplit

from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from tests.drills import is_running
from tests.marketplace.web.attacker import Attacker, encoded
from tests.marketplace.web.crawler import MARKER, Form
from tests.marketplace.web.hostile import BODIES, HEADERS, MARKUP, METHODS, VALUES, multipart

CARL = "carl@example.com"
"""The e-mail of an account with a known password."""

VALID_SEGMENTS = {
    "book_id": b"20",
    "version": b"0",
    "picture_id": b"0" * 64,
    "slug": b"mystery",
    "filename": b"shop.css",
    "reader_id": b"1000000000",
    "order_id": b"7K3M-9QXD-2TB4",
    "conversation_id": b"5f0c1d3e9a7b4c2f8d6e0a1b2c3d4e5f",
    "event_id": b"1",
    "message_id": b"1",
    "number": b"1",
    "entry_id": b"1",
}
OTHERS_AT_ONCE, SECRETS_AT_ONCE = 3, 1
WORST = ("script", "NUL")
# Routes whose response depends on headers.
SENSITIVE_TO_HEADERS = {"home.index", "book.page", "cover.image", "search.results", "static", "health.alive"}
DIGITS = re.compile(r"\d+|\?.*")
MULTIPART = "multipart/form-data; boundary=b"


class Values:
    """The values to send: the worst for each place, some of all others in turn, and some of Bob's `secrets` in turn.

    The drill sends all of them the first time for each place, then the worst and all secrets.
    """

    def __init__(self, secrets: dict[str, bytes]) -> None:
        self._secrets = secrets
        self._next_secrets = cycle(secrets.items())
        self._next_others = cycle(VALUES.items())
        self._tried: set[str] = set()

    def at(self, place: str) -> dict[str, bytes]:
        worst = {name: VALUES[name] for name in WORST}
        if not is_running("attack"):
            others = islice(self._next_others, OTHERS_AT_ONCE)
            return {**worst, **dict(others), **dict(islice(self._next_secrets, SECRETS_AT_ONCE))}
        if place in self._tried:
            return {**worst, **self._secrets}
        self._tried.add(place)
        return {**VALUES, **self._secrets}


def attack_routes(attacker: Attacker, app: Flask, values: Values) -> None:
    """Send values in every part of every path and in every known parameter, alone and all at once."""
    token = ("csrf_token", attacker.token.encode())
    for rule in app.url_map.iter_rules():
        methods = (rule.methods or set()) & {"GET", "POST"}
        parameters = sorted(attacker.findings.arguments.get(rule.endpoint, set()))
        for what, value in values.at(rule.endpoint).items():
            for argument, method in product(rule.arguments, sorted(methods)):
                path = path_of(rule.rule, {argument: value})
                body = encoded([token]).encode() if method == "POST" else b""
                attacker.request(f"{argument}: {what}", method, path, body=body, value=value)
            if "GET" in methods:
                all_at_once = [(name, value) for name in sorted({*parameters, "from", "next", "q", "token"})]
                for pairs in [[(name, value)] for name in parameters] + [all_at_once]:
                    attacker.request(what, "GET", path_of(rule.rule), query=encoded(pairs), value=value)


def attack_with_odd_requests(attacker: Attacker, app: Flask) -> None:
    """Send methods, headers and bodies that no browser sends for these pages."""
    markup = MARKUP["script"].encode()
    for rule in app.url_map.iter_rules():
        path = path_of(rule.rule)
        for method in METHODS:
            attacker.request("a method", method, path)
        for header in HEADERS if rule.endpoint in SENSITIVE_TO_HEADERS else ():
            attacker.request(f"{header[0]}: {header[1]:.20}", "GET", path, headers=[header], value=header[1].encode())
        for query in ("a[]=1&a[b]=2&q[x]=1", "&&&===", "%", "page=1&page=2", "q=a&q=b", MARKER * 9000):
            attacker.request(query[:20], "GET", path, query=query, value=query.encode())
        if "POST" in (rule.methods or set()):
            fields = {"csrf_token": attacker.token.encode(), "email": markup, "stars": markup, "next": markup}
            files = [("files", MULTIPART, multipart(fields, as_files=as_files)) for as_files in (False, True)]
            for what, kind, body in (*BODIES, *files):
                attacker.request(what, "POST", path, body=body, kind=kind, value=body)


def attack_with_forged_cookies(attacker: Attacker, app: Flask, reader_id: int) -> None:
    """Send cookies with the victim's id: unsigned, signed with another key, and with another signature."""
    session = {"reader_id": reader_id, "_permanent": True}
    by_another = URLSafeTimedSerializer(
        "another key", salt="cookie-session", signer_kwargs={"key_derivation": "hmac"}
    )
    forged = str(by_another.dumps(session))
    payload = forged.split(".", maxsplit=1)[0]
    own = attacker.cookie.partition(".")[2]
    for rule, cookie in product(app.url_map.iter_rules(), (payload, f"{payload}..", forged, f"{payload}.{own}")):
        attacker.request("a forged cookie", "GET", path_of(rule.rule), headers=[("Cookie", f"reader={cookie}")])


def attack_forms(attacker: Attacker, values: Values) -> None:
    """Send values in every field of every form, alone, all at once, missing and twice; deletions come last."""
    numbers = count()
    for form in sorted(attacker.forms.values(), key=_how_destructive):
        for name in form.names:
            place = name if name == "csrf_token" else f"{name} of {re.sub(DIGITS, '', form.action)} {form.names}"
            for what, value in values.at(place).items():
                filled = filled_in(form, attacker, next(numbers))
                send(attacker, form, f"{name}: {what}", {**filled, name: value}.items(), value)
            filled = filled_in(form, attacker, next(numbers))
            others = [(other, text) for other, text in filled.items() if other != name]
            value = MARKUP["script"].encode()
            for what, pairs in {
                "missing": [],
                "a list": [(f"{name}[]", value)],
                "twice": [(name, filled[name]), (name, value)],
                "twice, reversed": [(name, value), (name, filled[name])],
            }.items():
                send(attacker, form, f"{name} {what}", [*others, *pairs], value)
        for what, value in values.at("all").items():
            token = {"csrf_token": attacker.token.encode()}
            send(attacker, form, f"all: {what}", {**dict.fromkeys(form.names, value), **token}.items(), value)


def _how_destructive(form: Form) -> tuple[bool, bool, bool]:
    return "/account" in form.action, "/delete" in form.action, "forget" in form.action


def filled_in(form: Form, attacker: Attacker, number: int) -> dict[str, bytes]:
    """The fields with valid values."""
    signing_up = "sign-up" in form.action
    typed = {
        "csrf_token": attacker.token,
        "email": f"new-{attacker.name}-{number}@example.com" if signing_up else CARL,
        "password": "correct horse",
        "old": "wrong horse",
    }
    return {name: (typed.get(name) or text).encode() for name, text in form.fields}


def send(attacker: Attacker, form: Form, what: str, fields: Iterable[tuple[str, bytes]], value: bytes) -> None:
    """Send a form by its method."""
    parts = urlsplit(form.action)
    if form.method == "GET":
        attacker.request(what, "GET", parts.path.encode(), query=encoded(list(fields)), value=value)
    else:
        attacker.post(what, parts.path.encode(), list(fields), value=value)


def path_of(rule: str, segments: dict[str, bytes] | None = None) -> bytes:
    """A path of a route; a new kind of segment needs a valid value in VALID_SEGMENTS."""
    values = {**VALID_SEGMENTS, **(segments or {})}
    pieces = re.split(r"<(?:[^<>:]+:)?(\w+)>", rule)
    return b"".join(values[piece] if i % 2 else piece.encode() for i, piece in enumerate(pieces))
