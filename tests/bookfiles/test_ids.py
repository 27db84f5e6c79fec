"""Numbers for ids that are no plain numbers."""

import multiprocessing
import sqlite3
from collections.abc import Callable, Iterator
from multiprocessing.pool import Pool
from pathlib import Path

import pytest

from bookfiles.errors import InvalidFile
from bookfiles.ids import FILE, FIRST, LAST, IdKind, Ids, IdsFile, UnsharedIds, first_number

Opened = Callable[[], Ids]


@pytest.fixture(params=["file", "unshared"])
def ids(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ids]:
    """Each way of giving numbers."""
    if request.param == "unshared":
        yield UnsharedIds()
        return
    with IdsFile(tmp_path) as opened:
        yield opened


def colliding(kind: IdKind, count: int) -> list[str]:
    """Different ids of which some have the same first number as another one: two of many by chance."""
    seen: dict[int, str] = {}
    found: list[str] = []
    number = 0
    while len(found) < 2 * count:
        text = f"id-{number}"
        other = seen.setdefault(first_number(kind, text), text)
        if other != text:
            found += [other, text]
        number += 1
    return found


def test_numbers(ids: Ids) -> None:
    """They are in their range, different, and the same whenever they are asked for; books and readers differ."""
    given = [f"SKU-{number}" for number in range(2_000)]
    numbers = ids.numbers(IdKind.BOOK, given)
    assert list(numbers) == given
    assert len(set(numbers.values())) == len(given)
    assert all(FIRST <= number <= LAST for number in numbers.values())
    assert (FIRST, LAST) == (1_500_000_000, 2_147_483_647)
    assert ids.numbers(IdKind.BOOK, iter(reversed(given[:9]))) == {text: numbers[text] for text in given[:9]}
    assert ids.numbers(IdKind.READER, given) != numbers
    assert ids.numbers(IdKind.BOOK, []) == {}
    assert ids.numbers(IdKind.BOOK, ["a", "a"]) == ids.numbers(IdKind.BOOK, ["a"])


def test_numbers_follow_from_the_text(tmp_path: Path) -> None:
    """Services that share no folder mostly agree, and what is read without storing agrees with both."""
    texts = ["9780441013593", "B000FC1PJI", "Ünï", "x" * 200]
    with IdsFile(tmp_path) as one:
        numbers = one.numbers(IdKind.BOOK, texts)
        readers = one.numbers(IdKind.READER, texts)
    assert UnsharedIds().numbers(IdKind.BOOK, texts) == numbers
    assert UnsharedIds().numbers(IdKind.READER, texts) == readers
    assert numbers["B000FC1PJI"] == first_number(IdKind.BOOK, "B000FC1PJI")


@pytest.mark.slow
def test_ids_with_the_same_number(ids: Ids) -> None:
    """The later one has the next free number, in one call or in several."""
    one, other, *rest = colliding(IdKind.BOOK, 3)
    first = ids.numbers(IdKind.BOOK, [one])[one]
    assert ids.numbers(IdKind.BOOK, [other])[other] == first + 1
    together = ids.numbers(IdKind.BOOK, [*rest, one, other])
    assert len(set(together.values())) == len(together) == 6
    assert (together[one], together[other]) == (first, first + 1)


def test_the_file_is_made_on_first_use_and_kept(tmp_path: Path) -> None:
    """Nothing is written until a number is needed; another opening has the same numbers."""
    with IdsFile(tmp_path) as ids:
        ids.numbers(IdKind.BOOK, [])
        assert not (tmp_path / FILE).exists()
        numbers = ids.numbers(IdKind.BOOK, ["a", "b"])
    with IdsFile(tmp_path) as ids:
        assert ids.numbers(IdKind.BOOK, ["b", "a", "c"]).items() >= numbers.items()


def test_readers_are_kept_as_hashes(tmp_path: Path) -> None:
    """The file names no e-mail address; books are kept as they are."""
    with IdsFile(tmp_path) as ids:
        ids.numbers(IdKind.READER, ["ann@example.com"])
        ids.numbers(IdKind.BOOK, ["SKU-1"])
    database = sqlite3.connect(tmp_path / FILE)
    kept = {row[0] for row in database.execute("SELECT given FROM ids")}
    database.close()
    assert "SKU-1" in kept
    assert not any("ann" in given for given in kept)


def test_more_ids_than_one_statement_has(tmp_path: Path) -> None:
    """They are asked for in parts."""
    given = [f"{number}x" for number in range(12_000)]
    with IdsFile(tmp_path) as ids:
        numbers = ids.numbers(IdKind.BOOK, given)
        assert len(set(numbers.values())) == 12_000
        assert ids.numbers(IdKind.BOOK, given) == numbers


def _numbers(folder: Path, start: int) -> dict[str, int]:
    """What one process gives, of ids that another one gives too, in small parts."""
    found: dict[str, int] = {}
    with IdsFile(folder) as ids:
        for part in range(start, start + 400, 20):
            found |= ids.numbers(IdKind.BOOK, [f"id-{number}" for number in range(part, part + 20)])
    return found


@pytest.mark.slow
def test_two_processes_give_the_same_numbers(tmp_path: Path) -> None:
    """Both make the file, write it at the same time, and agree on every id."""
    pool: Pool
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        one, other = pool.starmap(_numbers, [(tmp_path, 0), (tmp_path, 200)])
    together = one | other
    assert other | one == together
    assert len(set(together.values())) == len(together) == 600


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The message names the setting and not the path, since moderators read it too."""
    (tmp_path / "file").touch()
    with (
        IdsFile(tmp_path / "file") as ids,
        pytest.raises(InvalidFile, match=r"the folder of IDS_DIR is there and can be written") as refused,
    ):
        ids.numbers(IdKind.BOOK, ["B-1"])
    assert str(tmp_path) not in str(refused.value)
