"""All services with their metrics."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.processes import DEADLINE, Command, Process, await_that
from tests.e2e.small_shop import SmallShop, train_small_shop

WORKERS = 2
_ADDRESS = re.compile(r"event=metrics_served address=(127\.0\.0\.1:\d+)")


@dataclass(frozen=True)
class Exposed:
    """Where each service has its metrics: one address, or one for each worker; and the shop's port."""

    addresses: Mapping[str, tuple[str, ...]]
    shop_port: int

    def names(self, service: str) -> set[str]:
        """The names of the series that a service has, as rules and dashboards write them."""
        return {name for address in self.addresses[service] for name in samples(address)}


def samples(address: str) -> dict[str, float]:
    """The series at an address by name; of several with a name, one."""
    text = urllib3.request("GET", f"http://{address}/metrics", timeout=DEADLINE, retries=False).data.decode()
    families = list(text_string_to_metric_families(text))
    # A counter or a histogram with labels has no series before it is used, and will have these.
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
    unused = {family.name + suffix: 0.0 for family in families for suffix in suffixes.get(family.type, ())}
    return unused | {sample.name: sample.value for family in families for sample in family.samples}


@pytest.fixture(scope="session")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exposed]:
    """The services, each on free ports; Recommendations with two workers and a small model."""
    folder = tmp_path_factory.mktemp("metrics")
    (folder / "recommendations").mkdir()
    small = SmallShop.in_folder(folder / "recommendations")
    train_small_shop(small)
    addresses: dict[str, tuple[str, ...]] = {}
    secrets = {"SECRETS_DIR": str(folder / "secrets"), "IDS_DIR": str(folder / "ids")}
    with ExitStack() as stack:

        def start(service: str, *, number: int = 1, **environment: str) -> Process:
            prefix = service.upper()
            own = {f"{prefix}_PORT": "0", f"{prefix}_METRICS_PORT": "0", f"{prefix}_DATA_DIR": str(folder / service)}
            process = Process(service, own | secrets | environment)
            stack.callback(process.stop)
            await_that(lambda: len(_ADDRESS.findall(process.output)) == number, show=lambda: process.output)
            addresses[service] = tuple(_ADDRESS.findall(process.output))
            return process

        recommendations = start(
            "recommendations", number=WORKERS, **small.environment, RECOMMENDATIONS_WORKERS=str(WORKERS)
        )
        shop = start("marketplace", RECOMMENDATIONS_HOST="127.0.0.1", RECOMMENDATIONS_PORT=str(recommendations.port))
        relay = Command(
            "marketplace",
            ["relay"],
            {"MARKETPLACE_METRICS_PORT": "0", "MARKETPLACE_DATA_DIR": str(folder / "marketplace"), **secrets},
        )
        stack.callback(relay.stop)
        addresses["relay"] = (relay.await_output(_ADDRESS.pattern)[1],)
        for service in ("notices", "previews", "live"):
            start(service)
        yield Exposed(addresses, shop.port)
