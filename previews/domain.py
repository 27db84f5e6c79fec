"""The terms of previews: what a page says about itself, and why a URL has no preview."""

from dataclasses import dataclass

from servicekit.errors import Overloaded, ServiceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a page says about itself, as plain text; `authors` and `isbn` (13 digits) are of a book."""

    url: str
    title: str = ""
    description: str = ""
    image: str = ""
    site: str = ""
    authors: tuple[str, ...] = ()
    isbn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as this service has encoded it; its size is in pixels."""

    image: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a site has sent: `url` is where it was after redirects, `content_type` the header, in lower case."""

    url: str
    content_type: str
    body: bytes


class FetchError(ServiceError):
    """The URL has no preview, for a reason that lies with the site; asked again soon, the answer would be the same.

    Messages never have an address: what a name means inside this network is nobody's business.
    """


class HostNotPublic(FetchError):
    """The host's name has no address, or one that is not public: callers do not learn which."""

    text = "The host has no public address"


class RedirectRefused(FetchError):
    """The page redirects too often, or to a URL that would be refused."""

    text = "The page redirects too often, or to an address that is not accepted"


class PageNotFound(FetchError):
    """The site answers 404 or 410."""

    text = "The site has nothing at this URL"


class AnswerRefused(FetchError):
    """The site answers with a status that is neither success nor a failure of its own."""

    text = "The site does not let this page be fetched"


class SiteUnavailable(FetchError):
    """The site cannot be reached, breaks HTTP or TLS, or answers that it is failing or busy."""

    text = "The site cannot be reached, or fails"


class SiteTooSlow(FetchError):
    """The site has not sent everything in time."""

    text = "The site is too slow"


class TooLarge(FetchError):
    """What the site sends is larger than accepted."""

    text = "What the site sends is too large"


class UnsupportedContent(FetchError):
    """What the site sends is of another kind than asked for, or in an unknown encoding."""

    text = "What the site sends is of a kind or an encoding that is not accepted"


class PictureRefused(FetchError):
    """The picture is damaged, too large, animated, or of a format that is not accepted."""

    text = "The picture is damaged, too large, animated, or of a format that is not accepted"


class HostBusy(Overloaded):
    """Other calls wait for the same host; nothing was fetched."""

    text = "Too many calls for this host; try again later"


class TimeTooShort(ServiceError):
    """The caller's own deadline ended before the site's time was over; nothing is known about the site."""

    text = "The call's deadline is too short for this site"


class StoreUnavailable(ServiceError):
    """The database does not answer, or cannot write."""

    text = "The database failed; try again"


FAILURES: dict[str, type[FetchError]] = {
    kind.__name__: kind
    for kind in (
        HostNotPublic,
        RedirectRefused,
        PageNotFound,
        AnswerRefused,
        SiteUnavailable,
        SiteTooSlow,
        TooLarge,
        UnsupportedContent,
    )
}
"""The failures that are kept for a page, by the names under which they are stored."""
