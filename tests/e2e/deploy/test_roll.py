"""Recommendations on a real Kubernetes, two pods, replaced under load: no call fails.

`TEST_KUBECONFIG` names the configuration of a cluster whose only node is this machine, with this machine's Docker
engine and, at `TEST_CLUSTER_DNS`, DNS for Services. Its version may be too old for deploy/kubernetes:
tests/deploy/cluster says what is left out.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import grpc
import pytest

from marketplace.gateways.recommender import CHANNEL_OPTIONS
from protobufs import recommendations_pb2 as pb
from protobufs import recommendations_pb2_grpc as pb_grpc
from tests.drills import is_running
from tests.e2e.processes import ROOT, await_that

pytestmark = [pytest.mark.slow, pytest.mark.compose, pytest.mark.kubernetes, pytest.mark.timeout(900)]

NAMESPACE = "books-roll-test"
IMAGE = "book-marketplace-recommendations"
URL = "postgresql://postgres:password@postgres/recommendations"
CALLERS = 4
ROLLS = 5 if is_running("roll") else 1
PAUSE_SECONDS = 0.01
CALL_SECONDS = 5.0


def kubectl(*arguments: str, text: str | None = None) -> str:
    """Run kubectl in the test's namespace; it must succeed."""
    done = subprocess.run(
        ["kubectl", "--kubeconfig", os.environ["TEST_KUBECONFIG"], "--namespace", NAMESPACE, *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def token(tmp_path: Path) -> Iterator[str]:
    """A token of Recommendations, which runs in two pods of version `roll-1`."""
    subprocess.run(
        ["docker", "build", "--quiet", "--file", "recommendations/Dockerfile", "--tag", f"{IMAGE}:roll-1", "."],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    subprocess.run(["docker", "tag", f"{IMAGE}:roll-1", f"{IMAGE}:roll-2"], check=True)
    folder = tmp_path / "shared"
    for name in ("recommendations", "ids"):
        (folder / name).mkdir(parents=True)
        os.chown(folder / name, 10001, 10001)
    for parent in (folder, *list(folder.parents)[:3]):
        parent.chmod(0o755)
    rendered = subprocess.run(
        [Path(sys.executable).parent / "kubectl", "kustomize", ROOT / "tests/deploy/cluster"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    objects = rendered.replace("FOLDER", str(folder)).replace(f"image: {IMAGE}\n", f"image: {IMAGE}:roll-1\n")
    try:
        kubectl("create", "namespace", NAMESPACE)
        for secret in ("owners", "recommendations"):
            kubectl("create", "secret", "generic", secret, f"--from-literal=recommendations_database_url={URL}")
        kubectl("apply", "--filename", "-", text=objects)
        kubectl("wait", "--for=condition=complete", "--timeout=300s", "job/prepare-recommendations")
        kubectl("rollout", "status", "--timeout=300s", "deployment/recommendations")
        command = "python -m recommendations token add test --scope recommend"
        yield kubectl("exec", "deployment/recommendations", "--", *command.split()).strip()
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--grace-period=1")
        subprocess.run(
            ["docker", "image", "rm", f"{IMAGE}:roll-1", f"{IMAGE}:roll-2"], capture_output=True, check=False
        )


def images() -> list[str]:
    """The images of all pods that have not ended."""
    columns = "--output=jsonpath={.items[*].spec.containers[0].image}"
    return kubectl("get", "pods", "--selector=app=recommendations", columns).split()


def is_all(image: str) -> bool:
    """Whether no pod has another image."""
    return set(images()) == {image}


class Callers:
    """Threads that call over one channel each, as the shop does."""

    def __init__(self, token: str) -> None:
        self._metadata = (("authorization", f"Bearer {token}"),)
        self._stopping = threading.Event()
        self.seconds: list[float] = []
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=self._call, args=(number,)) for number in range(1, CALLERS + 1)]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Call during the block."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in self._threads:
                thread.join()

    def _call(self, reader: int) -> None:
        address = f"recommendations.{NAMESPACE}.svc.cluster.local:50051"
        options = [*CHANNEL_OPTIONS, ("grpc.dns_min_time_between_resolutions_ms", 500)]
        request = pb.RecommendationRequest(user_id=reader, any_category=True, max_results=5)
        with grpc.insecure_channel(f"dns://{os.environ['TEST_CLUSTER_DNS']}/{address}", options) as channel:
            recommend = pb_grpc.RecommendationsStub(channel).Recommend
            while not self._stopping.wait(PAUSE_SECONDS):
                began = time.monotonic()
                try:
                    recommend(request, timeout=CALL_SECONDS, metadata=self._metadata)
                except grpc.RpcError as error:
                    self.failures.append(f"{error.code().name}: {error.details()}")
                else:
                    self.seconds.append(time.monotonic() - began)


def test_recommendations_is_replaced_under_load(token: str) -> None:
    """Two pods of one version become two of another one, one after the other."""
    callers = Callers(token)
    with callers.running():
        for number in range(ROLLS):
            image = f"{IMAGE}:roll-{2 - number % 2}"
            kubectl("set", "image", "deployment/recommendations", f"recommendations={image}")
            kubectl("rollout", "status", "--timeout=300s", "deployment/recommendations")
            await_that(partial(is_all, image))
    print(f"{len(callers.seconds):,} calls, {len(callers.failures)} failed, worst {max(callers.seconds):.3f} s")  # noqa: T201
    assert callers.failures == []
    assert len(callers.seconds) > 100
