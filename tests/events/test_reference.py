"""The reference of events in docs/events.md."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from events import signature
from events.envelope import decode, encode
from events.reference import EXAMPLES, example, markdown, schema
from events.types import TYPES
from tests.events.samples import event

DOCUMENT = Path(__file__).parents[2] / "docs" / "events.md"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = encode(event())


def code(language: str) -> str:
    """The first block of code in a language."""
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def headers(moment: datetime) -> dict[str, str]:
    return signature.signed_headers(SECRET, "e-1", moment, BODY)


def test_the_document_ends_with_the_reference() -> None:
    """Otherwise write the output of `python -m events` below the heading "Types"."""
    _, _, reference = DOCUMENT.read_text(encoding="utf-8").partition("A test compares it.\n\n")
    assert reference == markdown()


@pytest.mark.parametrize("name", TYPES)
def test_examples_fit_their_schemas(name: str) -> None:
    """Every type has one, it is an event of the contract, and its description is its own."""
    kind = TYPES[name]
    assert set(EXAMPLES) == set(TYPES)
    sent = example(kind)
    jsonschema.Draft202012Validator(schema(kind)).validate(sent["data"])
    assert decode(json.dumps(sent).encode()).data == EXAMPLES[name]
    assert vars(kind).get("__doc__")


def test_a_wrong_event_does_not_fit() -> None:
    """The schemas restrict."""
    for name, wrong in (("marketplace.book.removed", {}), ("marketplace.book.removed", {"book_id": 0})):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema(TYPES[name]))


def test_the_python_example_verifies_signatures() -> None:
    """It accepts the shop's, and refuses another body, another secret and an old one."""
    names: dict[str, object] = {}
    exec(code("python"), names)
    is_signed = names["is_signed"]
    assert callable(is_signed)
    fresh = headers(datetime.now(UTC))
    assert is_signed(SECRET, fresh, BODY)
    assert not is_signed(SECRET, fresh, BODY + b" ")
    assert not is_signed(signature.new_secret(), fresh, BODY)
    assert not is_signed(SECRET, headers(datetime(2026, 1, 1, tzinfo=UTC)), BODY)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_the_javascript_example_verifies_signatures() -> None:
    """Likewise."""
    fresh, old = headers(datetime.now(UTC)), headers(datetime(2026, 1, 1, tzinfo=UTC))
    calls = [(SECRET, fresh, ""), (SECRET, fresh, " "), (signature.new_secret(), fresh, ""), (SECRET, old, "")]
    script = code("js")
    for secret, sent, more in calls:
        body = json.dumps(BODY.decode() + more)
        script += f"console.log(isSigned({json.dumps(secret)}, {json.dumps(sent)}, Buffer.from({body})));\n"
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["true", "false", "false", "false"]
