"""A message as an e-mail."""

import hashlib
import re
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from notices.domain import Message, PermanentFailure
from notices.rendering import Rendered, one_line

_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
# Not every server takes bytes above 127.
_POLICY = SMTP.clone(cte_type="7bit")


def mail_of(message: Message, rendered: Rendered, sender: str) -> EmailMessage:
    """The e-mail from the address `sender`, the same each time that the message is sent.

    Raises PermanentFailure for an address that no mail can go to.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["Message-ID"] = f"<{_local_part(message.event_id)}@{sender.rpartition('@')[2]}>"
    mail["Date"] = message.created_at
    mail["From"] = Address(one_line(str(message.data.get("shop_name", ""))), addr_spec=sender)
    mail["To"] = recipient_of(message)
    mail["Subject"] = rendered.subject
    # RFC 3834: nobody's holiday greeting is to answer it.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(rendered.text)
    mail.add_alternative(rendered.html, subtype="html")
    return mail


def recipient_of(message: Message) -> Address:
    """The recipient's address, with the domain as the mail system writes it. Raises PermanentFailure."""
    name, _, host = message.recipient.rpartition("@")
    try:
        address = Address(addr_spec=f"{name}@{host.encode('idna').decode()}")
    except (ValueError, IndexError, MessageError):
        raise PermanentFailure("the address is malformed") from None
    if not name.isascii():
        raise PermanentFailure("the address has a name that is not ASCII")
    return address


def _local_part(event_id: str) -> str:
    if _PLAIN_ID.fullmatch(event_id):
        return event_id
    return hashlib.sha256(event_id.encode(errors="surrogatepass")).hexdigest()
