"""Tests of notices.channels.mail: no text of others becomes a header."""

from dataclasses import replace

import pytest

from notices.channels.mail import mail_of
from notices.domain import PermanentFailure
from notices.rendering import Rendered, render
from tests.notices.samples import MESSAGE

RENDERED = Rendered("Subject", "Text\n", "<p>Text</p>")
SENDER = "shop@books.example"
HEADERS = {"Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"}


@pytest.mark.parametrize(
    "name", ["Shop\r\nBcc: a@b.c", "Shop\nBcc: a@b.c", "Shop\x00", '"Shop" <x@y>, z', "Книги\u2028Bcc: a", "A" * 2000]
)
def test_a_shop_s_name_is_only_a_name(name: str) -> None:
    """Whatever it has: there is one sender and no further header."""
    message = replace(MESSAGE, data={**MESSAGE.data, "shop_name": name})
    mail = mail_of(message, render(message), SENDER)
    head = mail.as_bytes().partition(b"\r\n\r\n")[0]
    assert {line.partition(b":")[0].decode() for line in head.split(b"\r\n") if not line.startswith(b" ")} == HEADERS
    assert [address.addr_spec for address in mail["From"].addresses] == [SENDER]
    assert [address.addr_spec for address in mail["To"].addresses] == [MESSAGE.recipient]


@pytest.mark.parametrize(
    ("recipient", "written"),
    [
        ("ann+books@example.com", "ann+books@example.com"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("o'neil@example.com", "o'neil@example.com"),
    ],
)
def test_addresses_are_written_as_mail_systems_do(recipient: str, written: str) -> None:
    """International domains in ASCII."""
    assert mail_of(replace(MESSAGE, recipient=recipient), RENDERED, SENDER)["To"] == written


@pytest.mark.parametrize(
    "recipient",
    [
        "a,b@example.com",
        "a@b,c",
        "<a@example.com>",
        "a@exa\r\nmple.com",
        "a b@example.com",
        "a@",
        "@b",
        "a",
        "ä@example.com",
        "a@..b",
    ],
)
def test_a_malformed_address_is_a_permanent_failure(recipient: str) -> None:
    """No mail goes to anybody."""
    with pytest.raises(PermanentFailure):
        mail_of(replace(MESSAGE, recipient=recipient), RENDERED, SENDER)


@pytest.mark.parametrize("event_id", ["a@b", "<x>", "a\r\nBcc: x", "я", "a" * 200])
def test_any_event_id_makes_a_message_id(event_id: str) -> None:
    """Another one for each event, and the same one for the same event."""
    ids = [
        mail_of(replace(MESSAGE, event_id=name), RENDERED, SENDER)["Message-ID"] for name in (event_id, event_id, "b")
    ]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].endswith("@books.example>")
    assert ids[0].count("@") == 1
