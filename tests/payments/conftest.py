"""A demo provider with a database file, which can be killed and restarted."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from payments.service import PaymentRequest, Provider
from payments.store import Payment, State, Store
from tests.payments.fakes import Clock, FakeShop, Killed

REQUEST = PaymentRequest(amount_minor=999, currency="EUR", callback_url="http://shop/7", callback_token="token-1")


class Demo:
    """A provider that decides after three seconds, its shop and its clock."""

    def __init__(self, file: Path, declines: float = 0.0) -> None:
        self._file = file
        self._declines = declines
        self.clock = Clock()
        self.shop = FakeShop()
        self._open()

    def request(self, payment_id: str = "a", token: str = "token-1") -> Payment:
        return self.provider.request(payment_id, replace(REQUEST, callback_token=token))

    def state(self, payment_id: str = "a") -> State | None:
        payment = self.provider.get(payment_id)
        return payment.state if payment else None

    def run(self, seconds: float = 0.0) -> None:
        """Let time pass, and do everything that is due then."""
        self.clock.forward(seconds)
        while self.provider.step():
            pass

    def run_until_killed(self) -> None:
        """Run until the process is killed, and restart it."""
        with pytest.raises(Killed):
            self.run()
        self.restart()

    def restart(self) -> None:
        self.shop.before = self.shop.after = lambda: None
        self.close()
        self._open()

    def close(self) -> None:
        self.store.close()

    def _open(self) -> None:
        self.store = Store(f"sqlite:///{self._file}")
        self.provider = Provider(self.store, self.shop, seconds=3, declines=self._declines, clock=self.clock)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A provider that declines nothing."""
    with closing(Demo(tmp_path / "payments.db")) as provider:
        yield provider


@pytest.fixture
def declining(tmp_path: Path) -> Iterator[Demo]:
    """A provider that declines everything."""
    with closing(Demo(tmp_path / "payments.db", declines=1.0)) as provider:
        yield provider
