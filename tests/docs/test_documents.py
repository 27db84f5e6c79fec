"""The documents match the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from live.settings import Settings as LiveSettings
from marketplace.settings import Settings as MarketplaceSettings
from notices.settings import Settings as NoticesSettings
from payments.settings import Settings as PaymentsSettings
from previews.settings import Settings as PreviewsSettings
from recommendations.settings import Settings as RecommendationsSettings
from servicekit.settings import ServiceSettings, variable

ROOT = Path(__file__).parents[2]
SERVICES = (
    "recommendations",
    "marketplace",
    "payments",
    "notices",
    "previews",
    "live",
    "bookfiles",
    "events",
    "servicekit",
)
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "report"}
SETTINGS = (
    RecommendationsSettings,
    MarketplaceSettings,
    PaymentsSettings,
    NoticesSettings,
    PreviewsSettings,
    LiveSettings,
)
ARCHITECTURE = ROOT / "docs" / "architecture.md"


def table(document: Path, heading: str) -> list[list[str]]:
    """The rows of the first table after a heading, without its header."""
    text = document.read_text(encoding="utf-8").split(f"\n## {heading}\n", 1)[1]
    lines = [line for line in text.split("\n## ", 1)[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines[2:]]


def logged_events() -> Iterator[str]:
    """The names of all log events of the services."""
    for service in SERVICES:
        for path in sorted((ROOT / service).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(func=ast.Attribute(attr="log"), args=[_, event, *_]):
                        yield from (str(part.value) for part in ast.walk(event) if isinstance(part, ast.Constant))
                    # `report` is a method of the log that was chosen before.
                    case ast.Call(
                        func=ast.Attribute(attr=level) | ast.Name(id="report" as level),
                        args=[ast.Constant(value=str(event)), *_],
                    ) if level in LEVELS:
                        yield event


def default_of(settings: type[ServiceSettings], name: str) -> str:
    """A setting's default as the README writes it, empty if there is none."""
    default = settings.model_fields[name].default
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default is None else str(default)


def test_every_folder_is_in_the_architecture() -> None:
    """Every package of the services has a row, and every row is a folder that exists."""
    rows = {row[0].strip("`/") for row in table(ARCHITECTURE, "Folders")}
    packages = {
        str(path.parent.relative_to(ROOT)) for service in SERVICES for path in (ROOT / service).rglob("__init__.py")
    }
    assert packages - rows == set()
    assert {row for row in rows if not (ROOT / row).is_dir()} == set()


def test_modules_named_in_the_architecture_exist() -> None:
    """A module named in a folder's row is in that folder."""
    for folder, text in table(ARCHITECTURE, "Folders"):
        for module in re.findall(r"`(\w+\.py)`", text):
            assert (ROOT / folder.strip("`") / module).is_file(), f"{folder} {module}"


def test_the_architecture_is_short() -> None:
    """At most 1,300 words."""
    assert len(ARCHITECTURE.read_text(encoding="utf-8").split()) <= 1300


def test_log_events_are_documented() -> None:
    """Operations lists every log event once, in snake_case, and no other."""
    events = [row[0].strip("`") for row in table(ROOT / "docs" / "operations.md", "Logs")]
    assert sorted(events) == sorted(set(logged_events()))
    assert [event for event in events if not re.fullmatch(r"[a-z]+(_[a-z]+)*", event)] == []


def test_settings_are_documented() -> None:
    """The README lists every setting of the services with its default, and no other."""
    documented = {row[0].strip("`"): row[1].strip("`") for row in table(ROOT / "README.md", "Settings")}
    # A setting that two services read, such as a port, has one row.
    expected = {
        variable(settings, name): default_of(settings, name)
        for settings in reversed(SETTINGS)
        for name in settings.model_fields
    }
    assert documented == expected


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda path: path.stem
)
def test_links_lead_somewhere(path: Path) -> None:
    """Relative links name files that exist."""
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.stem)
def test_decisions_have_one_form(path: Path) -> None:
    """Title, status with date, context, decision, consequences."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(f"# {int(path.stem[:4])}. ")
    assert re.fullmatch(r"Status: \w+, \d{4}-\d{2}-\d{2}", lines[2])
    assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]
