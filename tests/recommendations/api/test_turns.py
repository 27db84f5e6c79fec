"""Turns of calls on the event loop."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from recommendations.api.turns import MAX_WAITING, ROUNDS, Turns
from servicekit.errors import Overloaded
from servicekit.grpc.event_loop import EventLoopThread


class Line:
    """Calls that each take turns and note when they have one."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.order: list[str] = []

    async def call(self, connection: str, name: str, turns: int = 1) -> None:
        for _ in range(turns):
            await self.turns.take(connection)
            self.order.append(name)

    async def batch(self, lists: int) -> None:
        for number in range(lists):
            await self.turns.take("a", again=number > 0)
            self.order.append("batch")


def run(calls: Coroutine[Any, Any, None]) -> None:
    loop = EventLoopThread("test")
    try:
        loop.run(asyncio.wait_for(calls, 5))
    finally:
        loop.stop()


def test_a_connection_does_not_wait_for_all_calls_of_another() -> None:
    """Connections come by turns, and the calls of each in order."""
    line = Line()

    async def calls() -> None:
        many = [line.call("a", f"a{number}") for number in range(4)]
        await asyncio.gather(*many, line.call("b", "b0"), line.call("b", "b1"))

    run(calls())
    assert line.order == ["a0", "a1", "b0", "a2", "b1", "a3"]


def test_a_long_batch_does_not_block_other_calls() -> None:
    """It takes a turn for each list, and in between come other calls, even of the same connection."""
    line = Line()

    async def calls() -> None:
        await asyncio.gather(line.call("a", "batch", turns=4), line.call("a", "one"))

    run(calls())
    assert line.order == ["batch", "batch", "one", "batch", "batch"]


def test_too_many_waiting_calls_are_refused_but_none_that_has_begun() -> None:
    """A batch has its further turns, however many calls wait."""
    line = Line()

    async def calls() -> None:
        batch = asyncio.create_task(line.batch(3))
        await asyncio.sleep(0)
        others = [asyncio.create_task(line.call("b", "one")) for _ in range(MAX_WAITING + 1)]
        outcomes = await asyncio.gather(batch, *others, return_exceptions=True)
        refused = [outcome for outcome in outcomes if outcome is not None]
        assert [type(error) for error in refused] == [Overloaded, Overloaded]
        assert outcomes[0] is None

    run(calls())
    assert line.order.count("batch") == 3


def test_a_caller_who_leaves_gets_no_turn() -> None:
    """Its turn goes to the next call, and nothing of it stays."""
    line = Line()

    async def calls() -> None:
        first, leaving, last = (asyncio.create_task(line.call("a", name)) for name in ("first", "leaving", "last"))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait({first, leaving, last})
        await line.call("a", "later")

    run(calls())
    assert line.order == ["first", "last", "later"]


def test_the_event_loop_does_other_work_between_two_turns() -> None:
    """Accepting calls takes several rounds of it; no two turns come without them."""
    line = Line()
    rounds = []

    async def count() -> None:
        while len(line.order) < 3:
            rounds.append(len(line.order))
            await asyncio.sleep(0)

    async def calls() -> None:
        await asyncio.gather(*[line.call("a", "call") for _ in range(3)], count())

    run(calls())
    assert rounds.count(1) >= ROUNDS
    assert rounds.count(2) >= ROUNDS
