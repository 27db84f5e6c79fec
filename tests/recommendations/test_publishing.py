"""Training, promoting and rolling back models, on both databases."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from recommendations.domain.books import Book
from recommendations.domain.errors import ModelUnusable, NoSuchModel, NothingToTrainOn
from recommendations.domain.interactions import Interaction, InteractionKind
from recommendations.model.artifact import Artifact, load
from recommendations.model.disk import MANIFEST
from recommendations.model.learning import training
from recommendations.model.published_models import PublishedModels
from recommendations.publishing import KEPT, Learn, Publisher
from recommendations.store import Store
from recommendations.store.unit_of_work import UnitOfWork


@pytest.fixture
def models(store: Store, tmp_path: Path) -> Path:
    """The folder of the models; in the store, readers 1 to 4 bought books 1 and 2."""
    with store.write() as work:
        work.books.upsert([Book(id=1, title="Dune"), Book(id=2, title="Ubik")], date(2026, 1, 1))
        work.interactions.add(
            [
                Interaction(id=f"{reader}-{book}", reader_id=reader, book_id=book, kind=InteractionKind.PURCHASE)
                for reader in range(1, 5)
                for book in (1, 2)
            ]
        )
        work.commit()
    return tmp_path / "models"


def quickly(*arguments: Any, **settings: Any) -> Artifact:
    """Training without a search for parameters."""
    return training.train(*arguments, **settings | {"budget": 0}).artifact


def publisher(store: Store, models: Path, learn: Learn = quickly, *, half_life_days: float | None = 7.0) -> Publisher:
    return Publisher(store, models, half_life_days=half_life_days, learn=learn)


def meanwhile(happens: Callable[[], None]) -> Callable[..., Artifact]:
    """Training that calls `happens` after it has read the history."""

    def learn(*arguments: Any, **settings: Any) -> Artifact:
        model = quickly(*arguments, **settings)
        happens()
        return model

    return learn


def latest(store: Store) -> list[str]:
    with store.read() as work:
        return list(work.models.latest(9))


def readers(models: Path, version: str) -> list[int]:
    return [int(reader_id) for reader_id in load(models / version).histories.readers.ids]


def test_training_publishes_and_records(store: Store, models: Path) -> None:
    """The model is on disk, is served and was made with the settings; no other files are left."""
    version = publisher(store, models).train(budget=0).version
    assert latest(store) == [version]
    assert load(models / version).manifest["half_life_days"] == 7.0
    assert readers(models, version) == [1, 2, 3, 4]
    assert {path.name for path in models.iterdir()} <= {version, ".lock"}


def test_without_a_half_life_training_finds_one(store: Store, models: Path) -> None:
    """Training is told that there is none in the settings."""
    told: list[object] = []

    def learn(*arguments: Any, **settings: Any) -> Artifact:
        told.append(settings["half_life_days"])
        return quickly(*arguments, **settings)

    publisher(store, models, learn, half_life_days=None).train(budget=0)
    assert told == [None]


def test_nothing_to_train_on(store: Store, tmp_path: Path) -> None:
    """Without books there is no model."""
    with pytest.raises(NothingToTrainOn):
        publisher(store, tmp_path).train(budget=0)


def test_what_was_undone_is_not_learned(store: Store, models: Path) -> None:
    """The next model does not contain an undone purchase."""
    with store.write() as work:
        work.interactions.add(
            [
                Interaction(id=f"u{book}", reader_id=1, book_id=0, kind=InteractionKind.UNDO, undoes=f"1-{book}")
                for book in (1, 2)
            ]
        )
        work.commit()
    assert readers(models, publisher(store, models).train(budget=0).version) == [2, 3, 4]


def test_readers_retired_during_a_training_are_not_learned(store: Store, models: Path) -> None:
    """A reader forgotten or merged after the history was read is not in the model trained on it."""

    def retire() -> None:
        with store.write() as work:
            work.readers.forget(1)
            work.readers.merge(2, 3)
            work.commit()
        # A server that forgets them now does not find the new model yet.
        PublishedModels(models).forget([1])

    version = publisher(store, models, learn=meanwhile(retire)).train(budget=0).version
    assert readers(models, version) == [3, 4]
    assert load(models / version).manifest["readers_revision"] == 0


def test_readers_retired_before_are_not_learned(store: Store, models: Path) -> None:
    """The model has a merged reader's history under the other reader, and the revision of retired readers."""
    with store.write() as work:
        work.readers.forget(1)
        work.readers.merge(2, 9)
        work.commit()
    version = publisher(store, models).train(budget=0).version
    assert readers(models, version) == [3, 4, 9]
    assert load(models / version).manifest["readers_revision"] == 2


def test_two_trainings_at_once(store: Store, models: Path) -> None:
    """One that ends during another leaves the other's files alone, and both are recorded."""
    inner: list[str] = []
    learn = meanwhile(lambda: inner.append(publisher(store, models).train(budget=0).version))
    outer = publisher(store, models, learn).train(budget=0).version
    assert latest(store) == [outer, *inner]
    assert readers(models, outer) == readers(models, inner[0])


def test_a_database_that_fails_leaves_no_model(store: Store, models: Path) -> None:
    """A model that could not be recorded is deleted."""

    class Failed(Exception):
        pass

    class Failing:
        def __init__(self) -> None:
            self.read = store.read

        def write(self) -> Any:
            raise Failed

    with pytest.raises(Failed):
        publisher(Failing(), models).train(budget=0)  # type: ignore[arg-type]
    assert list(models.iterdir()) == []
    assert latest(store) == []


def test_the_models_that_are_kept(store: Store, models: Path) -> None:
    """The next training deletes withdrawn models and all but the last few others."""
    made = [publisher(store, models).train(budget=0).version for _ in range(KEPT)]
    publisher(store, models).promote(made[0])
    publisher(store, models).rollback()
    last = publisher(store, models).train(budget=0).version
    assert {path.name for path in models.iterdir()} - {".lock"} == {last, made[1], made[2]}


def test_promoting_keeps_the_served_one(store: Store, models: Path) -> None:
    """A promoted old model counts as the latest, so training keeps it on disk rather than newer ones."""
    made = [publisher(store, models).train(budget=0).version for _ in range(KEPT)]
    publisher(store, models).promote(made[0])
    assert latest(store)[0] == made[0]
    last = publisher(store, models).train(budget=0).version
    assert {path.name for path in models.iterdir()} - {".lock"} == {last, made[0], made[2]}


def test_the_list_of_models(store: Store, models: Path) -> None:
    """All models, newest first, with which one is served, which are withdrawn, and why others are unusable."""
    assert publisher(store, models).models() == []
    first, second, third, fourth = (publisher(store, models).train(budget=0).version for _ in range(4))
    (models / fourth / "books.npy").write_bytes(b"")
    with store.write() as work:
        work.models.withdraw(third)
        work.commit()
    published = {model.version: model for model in publisher(store, models).models()}
    assert list(published) == [fourth, third, second, first]
    assert [model.served for model in published.values()] == [False, False, True, False]
    assert published[third].withdrawn
    assert "damaged" in published[fourth].unusable
    assert published[first].unusable == "absent"
    assert published[second].manifest["readers"] == 4


def test_promoting(store: Store, models: Path) -> None:
    """Only a published and usable model can be promoted; a refusal changes nothing."""
    first, second, third = (publisher(store, models).train(budget=0).version for _ in range(3))
    publisher(store, models).promote(second)
    before = latest(store)
    assert before == [second, third, first]
    (models / first / MANIFEST).unlink()
    with pytest.raises(ModelUnusable, match=first):
        publisher(store, models).promote(first)
    shutil.copytree(models / second, models / "stranger")
    with pytest.raises(NoSuchModel, match="stranger"):
        publisher(store, models).promote("stranger")
    assert latest(store) == before


def test_rolling_back(store: Store, models: Path) -> None:
    """Each rollback serves the usable model before it, skipping unusable ones, until there is none."""
    with pytest.raises(NoSuchModel):
        publisher(store, models).rollback()
    first, second, third = (publisher(store, models).train(budget=0).version for _ in range(3))
    shutil.rmtree(models / second)
    assert publisher(store, models).rollback() == (third, first)
    assert latest(store) == [first]
    with pytest.raises(NoSuchModel):
        publisher(store, models).rollback()
    assert latest(store) == [first]
    publisher(store, models).promote(third)
    assert latest(store) == [third, first]


class Guarded(Store):
    """A store during whose write transactions no model can be read; `rewritten` says whether files were replaced."""

    def __init__(self, engine: Engine, models: Path) -> None:
        super().__init__(engine)
        self._models = models
        self.rewritten = False

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        arrays = list(self._models.glob("[!.]*/*.npy"))
        staged = self._staged()
        for array in arrays:
            array.rename(array.with_suffix(".hidden"))
        try:
            with super().write() as work:
                yield work
                self.rewritten |= bool(self._staged() - staged)
        finally:
            for array in arrays:
                if array.parent.exists():
                    array.with_suffix(".hidden").rename(array)

    def _staged(self) -> set[int]:
        return {file.stat().st_ino for file in self._models.glob(".*/*.npy")}


def test_models_are_read_outside_of_write_transactions(store: Store, engine: Engine, models: Path) -> None:
    """Checking a large one takes seconds, in which nobody could record."""
    guarded = Guarded(engine, models)

    def forget() -> None:
        with store.write() as work:
            work.readers.forget(1)
            work.commit()

    first, second = (
        publisher(guarded, models, learn).train(budget=0).version for learn in (quickly, meanwhile(forget))
    )
    assert not guarded.rewritten
    assert publisher(guarded, models).rollback() == (second, first)
    publisher(guarded, models).promote(second)
    assert latest(store) == [second, first]
    assert load(models / second).histories.readers.ids.tolist() == [2, 3, 4]


def test_models_that_change_while_they_are_checked(engine: Engine, store: Store, models: Path) -> None:
    """A rollback decides again, and a model that was removed is not promoted."""
    first, second = (publisher(store, models).train(budget=0).version for _ in range(2))
    events: list[Callable[[], object]] = [
        lambda: shutil.rmtree(models / first),
        lambda: publisher(store, models).train(budget=0),
    ]

    class Changing(Store):
        @contextmanager
        def write(self) -> Iterator[UnitOfWork]:
            if events:
                events.pop()()
            with super().write() as work:
                yield work

    withdrawn, instead = publisher(Changing(engine), models).rollback()
    assert (withdrawn in {first, second}, instead) == (False, second)
    with pytest.raises(ModelUnusable, match=first):
        publisher(Changing(engine), models).promote(first)
    assert latest(store) == [second, first]


def test_whether_any_model_can_be_served(store: Store, models: Path) -> None:
    """Not before the first training, and not if the only model is unusable."""
    assert not publisher(store, models).is_served()
    version = publisher(store, models).train(budget=0).version
    assert publisher(store, models).is_served()
    (models / version / MANIFEST).write_text('{"format": 1}')
    assert not publisher(store, models).is_served()
