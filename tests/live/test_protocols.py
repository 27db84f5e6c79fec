"""The deadlines of connections without a request."""

import asyncio
import threading

from live.protocols import Deadlines


class Transport(asyncio.Transport):
    """Records that it was aborted."""

    def __init__(self) -> None:
        super().__init__()
        self.aborted = 0

    def abort(self) -> None:
        self.aborted += 1


def test_the_oldest_makes_way() -> None:
    """Of those that wait; who has a request is not among them, and has no deadline any more."""
    transports = [Transport() for _ in range(4)]

    async def use() -> None:
        deadlines = Deadlines(head_seconds=0, max_waiting=2)
        deadlines.begin(transports[0])
        deadlines.end(transports[0])
        deadlines.end(transports[0])
        for transport in transports[1:]:
            deadlines.begin(transport)
            deadlines.begin(transport)
        assert [transport.aborted for transport in transports] == [0, 1, 0, 0]
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: asyncio.run(use()))
    thread.start()
    thread.join()
    assert [transport.aborted for transport in transports] == [0, 1, 1, 1]
