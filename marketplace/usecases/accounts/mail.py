"""The mails about accounts: each is requested in the transaction of its cause, and sent by the relay."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from events.types import NoticeRequested
from marketplace.domain.accounts import Account, LinkPurpose, language_of, new_token, token_hash
from marketplace.domain.events import SHOP_NAME
from marketplace.store import UnitOfWork

Kind = Literal["email_confirmation", "email_changed", "password_reset", "password_changed"]

ACCOUNT_PATH = "/account"
LINK_PATHS = {LinkPurpose.RESET: "/account/reset", LinkPurpose.EMAIL: "/account/confirm"}
_KINDS: dict[LinkPurpose, Kind] = {LinkPurpose.RESET: "password_reset", LinkPurpose.EMAIL: "email_confirmation"}


def send_link(
    work: UnitOfWork, account: Account, purpose: LinkPurpose, moment: datetime, *, to: str, is_decoy: bool = False
) -> Sequence[int]:
    """Store a new link for an account, which replaces the former one, and send it to an address.

    Returns the ids in the outbox. A decoy is stored without reader and address.
    """
    token = new_token()
    work.links.put(
        token_hash(token), None if is_decoy else account.reader_id, purpose, "" if is_decoy else to, moment
    )
    return notify(work, account, _KINDS[purpose], moment, to=to, path=f"{LINK_PATHS[purpose]}?token={token}")


def notify(
    work: UnitOfWork, account: Account, kind: Kind, moment: datetime, *, to: str = "", path: str = ACCOUNT_PATH
) -> Sequence[int]:
    """Send a mail to an account, or to another address of its reader; returns the ids in the outbox."""
    notice = NoticeRequested(
        kind=kind,
        reader_id=account.reader_id,
        to=to or account.email,
        language=language_of(account),
        shop_name=SHOP_NAME,
        path=path,
    )
    return work.outbox.publish(notice, at=moment)
