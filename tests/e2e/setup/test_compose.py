"""`docker-compose up`: the containers are built, healthy, reachable and confined, and keep their data."""

import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from http.cookiejar import CookieJar

import pytest

from tests.e2e.processes import ROOT, await_serving, await_that
from tests.system_requirements import docker_compose, grpcurl

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.compose, pytest.mark.timeout(1500)]

PROJECT = "book-marketplace-test"
SHOP = "http://localhost:5001/"
RECOMMENDATIONS = "localhost:50051"
CONTAINERS = 6
HEALTHY_WITHIN_SECONDS = 400
"""Containers compile and train at their first start, on a machine that runs other tests."""


def compose(*arguments: str) -> str:
    """Run docker-compose in a project of its own, apart from the user's data."""
    command = [str(docker_compose()), "--project-name", PROJECT, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def await_healthy() -> None:
    """Wait until Docker's own health checks of all containers pass."""

    def states() -> list[str]:
        inspect = ["docker", "inspect", "--format", "{{.State.Health.Status}}", *compose("ps", "--quiet").split()]
        return subprocess.run(inspect, capture_output=True, text=True, check=True).stdout.split()

    await_that(
        lambda: states() == ["healthy"] * CONTAINERS,
        seconds=HEALTHY_WITHIN_SECONDS,
        show=lambda: f"{states()}\n{compose('logs', '--tail=50')}",
    )


@pytest.fixture(scope="module")
def running() -> Iterator[None]:
    """All containers, built and healthy; removed with their volumes afterwards."""
    try:
        compose("up", "--build", "--detach")
        await_healthy()
        yield
    finally:
        compose("down", "--volumes", "--remove-orphans")


def page(path: str = "", cookies: CookieJar | None = None) -> str:
    """A page of the shop."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    with opener.open(SHOP + path, timeout=10) as answer:
        return str(answer.read().decode())


@pytest.mark.usefixtures("running")
def test_page_answers() -> None:
    """The home page has recommended books."""
    home = page()
    assert "Online Books For You" in home
    assert "Popular with our readers" in home
    assert "short break" not in home


@pytest.mark.usefixtures("running")
@pytest.mark.grpcurl
def test_grpcurl_answers() -> None:
    """It lists the services and gets books."""
    listed = subprocess.run([str(grpcurl()), "-plaintext", RECOMMENDATIONS, "list"], capture_output=True, check=True)
    assert b"Recommendations" in listed.stdout
    request = '{"user_id": 1, "category": "SCIENCE_FICTION", "max_results": 3}'
    command = [str(grpcurl()), "-plaintext", "-d", request, RECOMMENDATIONS, "Recommendations/Recommend"]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert len(answer["recommendations"]) == 3


@pytest.mark.usefixtures("running")
def test_containers_are_confined() -> None:
    """No service runs as root or can write to its image."""
    for service in ("recommendations", "marketplace", "payments", "notices", "previews", "live"):
        script = "import os; assert os.getuid() != 0; open('/app/x', 'w')"
        command = [str(docker_compose()), "--project-name", PROJECT, "exec", "-T", service, "python", "-c", script]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert "Read-only file system" in done.stderr


@pytest.mark.usefixtures("running")
def test_containers_are_limited() -> None:
    """None can take all memory, processes or temporary space of the machine."""
    containers = compose("ps", "--quiet").split()
    inspect = ["docker", "inspect", "--format", "{{json .HostConfig}}", *containers]
    limits = [
        json.loads(line) for line in subprocess.run(inspect, capture_output=True, check=True).stdout.splitlines()
    ]
    assert len(limits) == 6
    assert all(0 < limit["Memory"] <= 3 * 2**30 and 0 < limit["PidsLimit"] <= 1024 for limit in limits)
    assert [limit["Tmpfs"] for limit in limits] == [{"/tmp": "size=256m"}] * 6


@pytest.mark.usefixtures("running")
def test_marketplace_image_has_no_numpy() -> None:
    """The shop does not need the model's dependencies."""
    command = [str(docker_compose()), "--project-name", PROJECT, "exec", "-T", "marketplace", "python", "-c"]
    done = subprocess.run(
        [*command, "import numpy"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert "ModuleNotFoundError" in done.stderr


@pytest.mark.usefixtures("running")
def test_shop_and_provider_reach_each_other() -> None:
    """The callback is answered 404: the token is valid, but the order does not exist."""
    script = (
        "from marketplace.app import connect_provider; from marketplace.domain.money import Money; "
        "from marketplace.settings import Settings; "
        "connect_provider(Settings()).request_payment('TEST-TEST-TEST', Money(999, 'EUR'))"
    )
    compose("exec", "-T", "marketplace", "python", "-c", script)
    log = partial(compose, "logs", "--no-color", "payments")
    await_that(lambda: "payment_id=TEST-TEST-TEST status=404" in log(), seconds=HEALTHY_WITHIN_SECONDS, show=log)


@pytest.mark.usefixtures("running")
def test_data_survives_a_restart() -> None:
    """A reader's click still affects their recommendations after `docker-compose restart`."""
    cookies = CookieJar()
    link = re.search(r'href="/(books/\d+\?from=[^"]+)"', page())
    assert link is not None
    page(link[1], cookies)
    compose("restart")
    await_serving(RECOMMENDATIONS)
    await_healthy()
    assert "Because you looked at" in page("", cookies)
