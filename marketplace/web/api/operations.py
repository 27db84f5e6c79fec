"""The operations of the API: what each needs and answers, from which the routes and the document are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from marketplace.domain.api_tokens import ApiToken, Scope
from marketplace.usecases.api_changes import Key, Versions
from marketplace.web.api.models import Model
from marketplace.web.shop import Shop


class Nothing(Model):
    """No query parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that has been read: its token, the parts of its path, its query, and its body.

    `key` is given where the operation needs a key, and `versions` what If-Match names, None for any.
    """

    token: ApiToken
    path: Mapping[str, Any]
    query: Any
    body: Any
    key: Key
    versions: Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer: a model, or JSON that is written already; nothing if there is no content."""

    body: BaseModel | str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path; the docstring of `run` describes it.

    `problems` are the kinds of problems that only some operations have.
    """

    method: str
    path: str
    tag: str
    scope: Scope
    run: Callable[[Shop, Call], Reply]
    query: type[BaseModel] = Nothing
    body: type[BaseModel] | None = None
    reply: type[BaseModel] | None = None
    status: HTTPStatus = HTTPStatus.OK
    problems: tuple[str, ...] = ()
    needs_key: bool = False
    takes_versions: bool = False
    needs_versions: bool = False
    has_etag: bool = False

    @property
    def name(self) -> str:
        """The name in the document: `list_books`."""
        return self.run.__name__

    @property
    def all_problems(self) -> tuple[str, ...]:
        """All kinds of problems that it can answer."""
        always = ("malformed-request", "unauthorized", "forbidden", "invalid-request", "too-many-requests")
        # A part of a path that is empty, or a dot, leads to another address.
        of_path = ("not-found", "method-not-allowed") if "<" in self.path else ()
        of_body = ("too-large", "unsupported-media-type") if self.body else ()
        of_key = ("request-in-progress", "key-reused") if self.needs_key else ()
        of_versions = ("version-conflict",) if self.takes_versions else ()
        needed = ("precondition-required",) if self.needs_versions else ()
        failures = ("internal-error", "unavailable")
        return (*always, *of_path, *of_body, *of_key, *of_versions, *needed, *self.problems, *failures)
