"""Who can sign in."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A reader who can sign in; a signed-in cookie carries `session_key`, so another one ends every session."""

    reader_id: int
    email: str
    password_hash: str = field(repr=False)
    session_key: str = field(repr=False)
    is_moderator: bool = False
    has_cart: bool = False
