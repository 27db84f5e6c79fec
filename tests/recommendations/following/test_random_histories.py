"""After random sequences of writes and failures, the model has every reader's history."""

from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from recommendations.domain.errors import StoreUnavailable
from recommendations.domain.interactions import NOBODY, Event, Interaction, InteractionKind
from recommendations.following.follower import Follower
from tests.recommendations.fakes import FakeModel, FakeModels, fail
from tests.recommendations.stores import hooked_store

READERS = range(1, 5)
readers = st.sampled_from(READERS)
numbers = st.integers(1, 12)


class Shop(RuleBasedStateMachine):
    """Four readers view, undo, are merged and forgotten, while models are trained."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = self.stack.enter_context(TemporaryDirectory())
        self.store = self.stack.enter_context(hooked_store(Path(folder)))
        self.store.chunk = 2
        self.models = FakeModels()
        self.models.on_open = lambda model: model.histories.update(self.learned[model.version])
        self.follower = Follower(self.store, self.models)
        self.learned: dict[str, dict[int, list[Event]]] = {}
        self.train()
        self.follower.step()

    @property
    def model(self) -> FakeModel:
        assert isinstance(self.follower.model, FakeModel)
        return self.follower.model

    def stored(self) -> dict[int, list[Event]]:
        """The stored history of each reader."""
        with self.store.read() as work:
            return {reader: work.interactions.events_of(reader) for reader in READERS}

    @rule(reader=readers, number=numbers)
    def view(self, reader: int, number: int) -> None:
        self._record(Interaction(id=f"view-{number}", reader_id=reader, book_id=1, kind=InteractionKind.VIEW))

    @rule(reader=readers, number=numbers)
    def undo(self, reader: int, number: int) -> None:
        """A reader undoes a view, their own or another's, before or after it is stored."""
        undone = f"view-{number}"
        self._record(
            Interaction(id=f"undo-{number}", reader_id=reader, book_id=0, kind=InteractionKind.UNDO, undoes=undone)
        )

    @rule(reader=readers, into=readers)
    def merge(self, reader: int, into: int) -> None:
        if reader != into:
            with self.store.write() as work:
                work.readers.merge(reader, into)
                work.commit()

    @rule(reader=readers)
    def forget(self, reader: int) -> None:
        with self.store.write() as work:
            work.readers.forget(reader)
            work.commit()

    @rule()
    def train(self) -> None:
        """A model of the stored histories is published."""
        version = f"m{len(self.store.versions)}"
        self.learned[version] = self.stored()
        self.models.sequences[version] = max((event.sequence for event in self.store.events), default=0)
        self.models.readers_revisions[version] = self.store.readers_revision
        self.store.versions.append(version)

    @rule()
    def sync(self) -> None:
        self.follower.after_write()

    @rule(at=st.sampled_from(["between_chunks", "on_observe", "on_replace"]))
    def fail(self, at: str) -> None:
        """A sync fails at some point."""
        place = self.store if at == "between_chunks" else self.model
        setattr(place, at, fail)
        with suppress(StoreUnavailable):
            self.follower.after_write()
        setattr(place, at, lambda: None)

    @rule()
    def check(self) -> None:
        """After a round the newest model is in use and has every history, and ids of merged readers resolve."""
        self.follower.step()
        assert self.model.version == self.store.versions[-1]
        expected = self.stored()
        assert {reader: sorted(self.model.histories.get(reader, [])) for reader in READERS} == expected
        retired = self.store.retired
        assert [self.follower.reader(reader) for reader in READERS] == [
            retired.get(reader, reader) or NOBODY for reader in READERS
        ]

    def teardown(self) -> None:
        with self.stack:
            self.check()

    def _record(self, interaction: Interaction) -> None:
        with self.store.write() as work:
            work.interactions.add([interaction])
            work.commit()


TestTheModelKnowsWhatTheStoreHas = pytest.mark.slow(Shop.TestCase)
TestTheModelKnowsWhatTheStoreHas.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
