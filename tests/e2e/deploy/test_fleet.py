"""`make deploy-up`: healthy, reachable over TLS, confined; kills and new versions cost at most what was in flight."""

import json
import socket
import ssl
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import Row, select

from marketplace.settings import Settings
from marketplace.store import open_store
from marketplace.store.schema import orders
from servicekit.database.engine import reading
from tests.drills import is_running
from tests.e2e.deploy.fleet import STARTED, Fleet, fleet
from tests.e2e.deploy.load import CALLERS, HEAD, READERS, Load, Window
from tests.e2e.processes import DEADLINE, await_that
from tests.e2e.selling.buyers import Session, sign_up
from tests.system_requirements import grpcurl

pytestmark = [
    pytest.mark.long,
    pytest.mark.slow,
    pytest.mark.compose,
    pytest.mark.timeout(1800),
    # Beside others it disturbs them: when networks appear on the machine, Chromium ends all connections.
    pytest.mark.skipif(not is_running("fleet"), reason="needs the machine for itself: make drill fleet"),
]

BUYERS = 2
RECOMMEND = '{"user_id": 1, "any_category": true, "max_results": 3}'


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A shop that `deploy/up` has started."""
    with fleet(tmp_path_factory.mktemp("deploy")) as shop:
        shop.up()
        yield shop


@pytest.fixture(scope="module")
def buyers(shop: Fleet, tmp_path_factory: pytest.TempPathFactory) -> list[Session]:
    """Signed-in readers."""
    folder = tmp_path_factory.mktemp("buyers")
    settings = Settings(data_dir=folder, secret_key=SecretStr(shop.secret("marketplace_secret_key")))
    with closing(open_store(shop.database_url("marketplace", "database"))) as store:
        return sign_up(settings, store, BUYERS)


def call(shop: Fleet, *options: str, method: str = "Recommendations/Recommend") -> subprocess.CompletedProcess[str]:
    """What grpcurl says of a call through nginx."""
    trusted = ["-cacert", str(shop.certificate), "-authority", "grpc.localhost"]
    command = [str(grpcurl()), *trusted, *options, f"localhost:{shop.port}", method]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE)


def test_all_are_healthy(shop: Fleet) -> None:
    """`deploy/up` has waited for that; and the home page has recommended books, over TLS, and HTTP/2 for browsers."""
    assert shop.not_well() == []
    trusted = ssl.create_default_context(cafile=shop.certificate)
    with urllib.request.urlopen(f"{shop.shop}/", timeout=DEADLINE, context=trusted) as answer:
        assert "Popular with our readers" in answer.read().decode()
    trusted.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("localhost", shop.port), timeout=DEADLINE) as connection,
        trusted.wrap_socket(connection, server_hostname="localhost") as encrypted,
    ):
        assert encrypted.selected_alpn_protocol() == "h2"


@pytest.mark.grpcurl
def test_callers_need_a_token(shop: Fleet) -> None:
    """With the shop's, grpcurl gets books through nginx; without, or with a wrong one, none."""
    token = f"authorization: Bearer {shop.secret('recommendations_token')}"
    answer = call(shop, "-H", token, "-d", RECOMMEND)
    assert len(json.loads(answer.stdout)["recommendations"]) == 3
    for header in ([], ["-H", "authorization: Bearer wrong"]):
        assert "Unauthenticated" in call(shop, *header, "-d", RECOMMEND).stderr
    assert "SERVING" in call(shop, method="grpc.health.v1.Health/Check").stdout


def test_nothing_secret_is_in_environment_or_images(shop: Fleet) -> None:
    """All secrets are files."""
    secrets = [shop.secret(file.name) for file in (shop.folder / "deploy/secrets").iterdir()]
    described = json.dumps(list(shop.containers().values()))
    assert len(secrets) > 10
    for secret in filter(None, secrets):
        assert secret not in described


def test_containers_are_confined(shop: Fleet) -> None:
    """Each has bounded memory and no capabilities by default; only those with databases may write to their images."""
    for name, container in shop.containers().items():
        host = container["HostConfig"]
        assert 0 < host["Memory"] <= 3 * 2**30, name
        assert 0 < host["PidsLimit"] <= 1024, name
        assert host["CapDrop"] == ["ALL"], name
        assert host["ReadonlyRootfs"] or name in {"postgres", "rabbitmq"}, name


def test_roles_can_do_what_their_service_needs(shop: Fleet) -> None:
    """A service's role reads and writes rows, but changes no table and cannot enter another service's database."""
    for name in ("marketplace", "recommendations", "notices", "previews"):
        url = shop.database_url(name, "database")
        with psycopg.connect(url) as connection:
            connection.execute("SELECT * FROM alembic_version")
            for statement in ("CREATE TABLE mine (id int)", "DROP TABLE alembic_version", "CREATE SCHEMA mine"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(statement)
        for other in {"marketplace", "recommendations", "notices", "previews"} - {name}:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(url.removesuffix(name) + other)


def test_prometheus_scrapes_all_services(shop: Fleet) -> None:
    """Each target of deploy/prometheus is up."""
    ports = shop.containers()["prometheus"]["NetworkSettings"]["Ports"]
    address = f"http://127.0.0.1:{ports['9090/tcp'][0]['HostPort']}/api/v1/query?query=up"

    def states() -> dict[str, str]:
        with urllib.request.urlopen(address, timeout=DEADLINE) as answer:
            found = json.load(answer)["data"]["result"]
        return {each["metric"]["instance"]: each["value"][1] for each in found}

    await_that(lambda: Counter(states().values()) == {"1": 8}, show=states)


def test_kills_and_new_versions_cost_little(shop: Fleet, buyers: list[Session]) -> None:
    """Under load: a kill costs at most what was in flight, a new version nothing; no order is lost or doubled."""
    windows: list[Window] = []
    rolled: list[Window] = []
    with Load(shop, buyers) as load:
        for service in sorted(STARTED):
            with load.during(f"{service} killed", windows):
                shop.kill(service)
        with load.during("PostgreSQL restarted", windows):
            shop.compose("restart", "postgres")
        with load.during("all rolled to a new image", rolled):
            shop.change_version()
            shop.up()
        with load.during("and back, without migration", rolled):
            shop.change_version()
            shop.script("up", "--without-migration")
    print(HEAD, *(window.row() for window in windows + rolled), sep="\n")  # noqa: T201
    for window in windows:
        assert window.count("page") <= READERS, window.name
        assert window.count("order") <= BUYERS, window.name
        assert window.count("call") <= CALLERS, window.name
    for window in rolled:
        assert not [each for each in window.outcomes if each.error], window.name
    require_each_order_once(shop, load)


def stored_orders(shop: Fleet) -> Sequence[Row[str, int, str]]:
    """The id, reader and checkout key of each."""
    url = shop.database_url("marketplace", "database")
    with closing(open_store(url)) as store, reading(store.engine) as connection:
        return connection.execute(select(orders.c.order_id, orders.c.reader_id, orders.c.checkout_key)).all()


def require_each_order_once(shop: Fleet, load: Load) -> None:
    """Every acknowledged order is stored, and there is no other one."""
    assert load.orders
    ours = [row for row in stored_orders(shop) if row.reader_id in set(load.orders.values())]
    assert len({row.checkout_key for row in ours}) == len(ours)
    # One per buyer may have been stored when the load stopped before its answer.
    assert load.orders.items() <= {row.order_id: row.reader_id for row in ours}.items()
    assert len(ours) <= len(load.orders) + BUYERS


def test_down_keeps_the_data(shop: Fleet, buyers: list[Session]) -> None:
    """After `deploy/down` and a new start the accounts are there."""
    shop.script("down")
    assert shop.containers() == {}
    shop.up()
    with closing(open_store(shop.database_url("marketplace", "database"))) as store, store.read() as work:
        account = work.accounts.by_email("buyer-0@example.com")
    assert account
    assert account.reader_id == buyers[0].reader_id


def test_a_backup_under_load_is_restored(shop: Fleet, buyers: list[Session], tmp_path: Path) -> None:
    """Into empty volumes: every order from before it, none that there never was, and the model."""
    with Load(shop, buyers) as load:
        await_that(lambda: len(load.orders) >= 10)
        before = set(load.orders)
        backup = shop.script("backup", tmp_path).split()[-1]
        await_that(lambda: len(load.orders) >= len(before) + 10)
    stored = set(stored_orders(shop))
    shop.script("down", "--volumes")
    shop.script("restore", backup)
    shop.up()
    restored = set(stored_orders(shop))
    assert before <= {row.order_id for row in restored}
    assert restored < stored
    token = f"authorization: Bearer {shop.secret('recommendations_token')}"
    assert len(json.loads(call(shop, "-H", token, "-d", RECOMMEND).stdout)["recommendations"]) == 3
