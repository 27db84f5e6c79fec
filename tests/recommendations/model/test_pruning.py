"""Deleting readers from a model on disk is atomic."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommendations.domain.errors import ModelUnusable
from recommendations.domain.interactions import Event, InteractionKind
from recommendations.model.artifact import DTYPES, load, publish
from recommendations.model.disk import MANIFEST, read_manifest
from recommendations.model.pruning import prune
from tests.recommendations.trained import trained

DEADLINE = 20
READERS = range(1, 31)
EVENTS = [
    Event(sequence, reader, book, InteractionKind.PURCHASE, 0.0)
    for sequence, (reader, book) in enumerate(
        ((reader, 100 + reader % 4 + step) for reader in READERS for step in (0, 1)), 1
    )
]

Histories = dict[int, tuple[list[int], list[int]]]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The folder of a published model of thirty readers."""
    artifact = trained(range(100, 106), EVENTS)
    publish(replace(artifact, manifest=artifact.manifest | {"version": "m"}), tmp_path)
    return tmp_path / "m"


def histories(model: Path) -> Histories:
    """The preferences of each reader in a model that must load."""
    loaded = load(model).histories
    spans = [slice(*loaded.indptr[row : row + 2]) for row in range(len(loaded.readers))]
    return {
        reader: (loaded.rows[span].tolist(), loaded.preferences[span].tolist())
        for reader, span in zip(loaded.readers.ids.tolist(), spans, strict=True)
    }


def without(histories: Histories, readers: Sequence[int]) -> Histories:
    """The same histories without these readers."""
    return {reader: history for reader, history in histories.items() if reader not in readers}


def files(model: Path) -> set[str]:
    return {path.name for path in model.iterdir()}


def test_pruning_removes_the_named_readers(model: Path) -> None:
    """Only these readers are removed, and no file is left over."""
    before, old = histories(model), load(model)
    assert prune(model, {1, 30, 7, 4711})
    assert histories(model) == without(before, [1, 7, 30])
    new = load(model)
    assert new.version == old.version
    assert new.manifest["readers"] == 27
    np.testing.assert_array_equal(new.neighbours.weights, old.neighbours.weights)
    np.testing.assert_array_equal(new.readers_of_book, old.readers_of_book)
    assert files(model) == {MANIFEST, *read_manifest(model)["files"].values()}


def test_mapped_files_stay_readable(model: Path) -> None:
    """A server can go on using the files that it has mapped."""
    mapped = load(model).histories
    before = mapped.rows.tolist()
    prune(model, {2})
    assert mapped.rows.tolist() == before


def test_without_a_change_nothing_is_written(model: Path) -> None:
    """Unknown readers, readers already removed and an empty list change no file."""
    prune(model, {1})
    before = {path: path.stat() for path in model.iterdir()}
    for readers in ({1}, {4711}, set[int]()):
        assert not prune(model, readers)
    assert {path: path.stat() for path in model.iterdir()}.keys() == before.keys()
    assert all(path.stat().st_mtime_ns == stat.st_mtime_ns for path, stat in before.items())


def test_all_readers_can_be_removed(model: Path) -> None:
    """A model without readers can be loaded."""
    assert prune(model, READERS)
    assert histories(model) == {}


class Stopped(Exception):
    """The process died."""


def steps_of(model: Path, readers: set[int]) -> list[str]:
    """The steps of a complete prune."""
    steps: list[str] = []
    prune(model, readers, reached=steps.append)
    return steps


STEPS = 4 + sum(name.startswith("history_") for name in DTYPES)


def test_how_many_steps_there_are(model: Path) -> None:
    """The test below stops after each of them."""
    assert len(steps_of(model, {1})) == STEPS


@pytest.mark.parametrize("last", range(STEPS))
def test_an_interrupted_prune(model: Path, last: int) -> None:
    """After any step the model is complete, either old or new, and repeating the prune finishes it."""
    before = histories(model)
    reached: list[str] = []

    def stop(step: str) -> None:
        reached.append(step)
        if len(reached) > last:
            raise Stopped

    with pytest.raises(Stopped):
        prune(model, {1, 2}, reached=stop)
    replaced = "manifest replaced" in reached
    assert histories(model) == (without(before, [1, 2]) if replaced else before)
    # Another prune comes first: it loses nothing and ignores the leftovers.
    assert prune(model, {3})
    assert files(model) == {MANIFEST, *read_manifest(model)["files"].values()}
    assert prune(model, {1, 2}) is not replaced
    assert histories(model) == without(before, [1, 2, 3])


def test_a_repeat_removes_leftovers(model: Path) -> None:
    """The files that an interrupted prune left still contain the reader, so the repeat removes them."""

    def stop(step: str) -> None:
        if step == "manifest replaced":
            raise Stopped

    old = files(model)
    with pytest.raises(Stopped):
        prune(model, {1}, reached=stop)
    (model / f"{MANIFEST}.new").write_text("half")
    assert old < files(model)
    assert not prune(model, {1})
    assert files(model) == {MANIFEST, *read_manifest(model)["files"].values()}


def test_concurrent_prunes_lose_nothing(model: Path) -> None:
    """The readers of all of them are removed."""
    before = histories(model)
    with ThreadPoolExecutor(8) as pool:
        for pruning in [pool.submit(prune, model, {reader}) for reader in range(1, 17)]:
            assert pruning.result(DEADLINE)
    assert histories(model) == without(before, range(1, 17))


def test_a_damaged_model_is_not_rewritten(model: Path) -> None:
    """The damage is reported instead of being hidden by a new checksum."""
    manifest = read_manifest(model)
    content = bytearray((model / "history_preferences.npy").read_bytes())
    content[-1] ^= 1
    (model / "history_preferences.npy").write_bytes(content)
    with pytest.raises(ModelUnusable, match="history_preferences"):
        prune(model, {1})
    (model / "history_rows.npy").unlink()
    with pytest.raises(ModelUnusable, match="absent"):
        prune(model, {1})
    assert read_manifest(model) == manifest
    (model / MANIFEST).write_text(json.dumps({"format": manifest["format"], "files": 7}))
    with pytest.raises(ModelUnusable):
        prune(model, {1})
