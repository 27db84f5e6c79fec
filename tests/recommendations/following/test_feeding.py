"""Whatever happens in whatever order, the model at work knows what the store has."""

from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from recommendations.domain.errors import StoreUnavailable
from recommendations.domain.interactions import NOBODY, Event, Interaction, InteractionKind
from recommendations.following.follower import Follower
from tests.recommendations.fakes import FakeModel, FakeModels, FakeStore, fail

READERS = range(1, 5)
readers = st.sampled_from(READERS)
numbers = st.integers(1, 12)


class Shop(RuleBasedStateMachine):
    """Four readers who view, take back, become each other and are forgotten, while models are trained."""

    def __init__(self) -> None:
        super().__init__()
        self.store = FakeStore()
        self.store.chunk = 2
        self.models = FakeModels()
        self.models.on_open = lambda model: model.histories.update(self.learned[model.version])
        self.follower = Follower(self.store, self.models)
        self.learned: dict[str, dict[int, list[Event]]] = {}
        self.train()
        self.follower.step()

    @property
    def model(self) -> FakeModel:
        """The model at work."""
        assert isinstance(self.follower.model, FakeModel)
        return self.follower.model

    def truth(self) -> dict[int, list[Event]]:
        """What counts of each reader."""
        with self.store.read() as work:
            return {reader: work.events_of(reader) for reader in READERS}

    @rule(reader=readers, number=numbers)
    def view(self, reader: int, number: int) -> None:
        """A reader views something."""
        self._record(Interaction(id=f"view-{number}", reader_id=reader, book_id=1, kind=InteractionKind.VIEW))

    @rule(reader=readers, number=numbers)
    def undo(self, reader: int, number: int) -> None:
        """A reader takes a view back, their own or another's, before it comes or after."""
        undone = f"view-{number}"
        self._record(
            Interaction(id=f"undo-{number}", reader_id=reader, book_id=0, kind=InteractionKind.UNDO, undoes=undone)
        )

    @rule(reader=readers, into=readers)
    def merge(self, reader: int, into: int) -> None:
        """A reader becomes another."""
        if reader != into:
            with self.store.write() as work:
                work.merge(reader, into)
                work.commit()

    @rule(reader=readers)
    def forget(self, reader: int) -> None:
        """A reader is forgotten."""
        with self.store.write() as work:
            work.forget(reader)
            work.commit()

    @rule()
    def train(self) -> None:
        """A model is published that knows what counts by now."""
        version = f"m{len(self.store.versions)}"
        self.learned[version] = self.truth()
        self.models.sequences[version] = max((event.sequence for event in self.store.events), default=0)
        departures = self.store.departures.values()
        self.models.departures[version] = max((revision for revision, _ in departures), default=0)
        self.store.versions.append(version)

    @rule()
    def catch_up(self) -> None:
        """The follower feeds the model at work."""
        self.follower.catch_up()

    @rule(at=st.sampled_from(["between_chunks", "on_observe", "on_replace"]))
    def fail(self, at: str) -> None:
        """The follower tries to, and something fails on the way."""
        place = self.store if at == "between_chunks" else self.model
        setattr(place, at, fail)
        with suppress(StoreUnavailable):
            self.follower.catch_up()
        setattr(place, at, lambda: None)

    @rule()
    def check(self) -> None:
        """After a round the newest model is at work and knows of everybody what counts, and who became whom."""
        self.follower.step()
        assert self.model.version == self.store.versions[-1]
        expected = self.truth()
        assert {reader: sorted(self.model.histories.get(reader, [])) for reader in READERS} == expected
        became = {reader: into for reader, (_, into) in self.store.departures.items()}
        assert [self.follower.reader(reader) for reader in READERS] == [
            became.get(reader, reader) or NOBODY for reader in READERS
        ]

    def teardown(self) -> None:
        """However it ends."""
        self.check()

    def _record(self, one: Interaction) -> None:
        with self.store.write() as work:
            if None not in work.departed([one.reader_id]).values():
                work.add([one])
                work.commit()


TestTheModelKnowsWhatTheStoreHas = Shop.TestCase
TestTheModelKnowsWhatTheStoreHas.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
