"""deploy/envoy in front of a real server: its gRPC methods as JSON."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3
from urllib3.exceptions import HTTPError

from tests.e2e.processes import DEADLINE, ROOT, Command, Process, await_serving, await_that
from tests.system_requirements import envoy

pytestmark = [pytest.mark.slow, pytest.mark.envoy]

FOLDER = ROOT / "deploy" / "envoy"
JSON = {"Content-Type": "application/json"}


def configuration(folder: Path, port: int) -> Path:
    """The file as it is in deploy/, but for addresses, the path of the contract, and an address for this test."""
    text = (FOLDER / "envoy.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("/etc/envoy/recommendations.pb", str(FOLDER / "recommendations.pb")),
        ("address: 0.0.0.0, port_value: 8080", "address: 127.0.0.1, port_value: 0"),
        ("address: recommendations, port_value: 50051", f"address: 127.0.0.1, port_value: {port}"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = folder / "envoy.yaml"
    file.write_text(text + "\nadmin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}\n")
    return file


class Envoy:
    """Envoy as a process; a context manager that yields its address."""

    def __init__(self, folder: Path, port: int) -> None:
        self._admin = folder / "admin"
        command = [
            str(envoy()),
            "-c",
            str(configuration(folder, port)),
            "--disable-hot-restart",
            "--concurrency",
            "1",
        ]
        options = ["--admin-address-path", str(self._admin), "--log-level", "warning"]
        self._log = (folder / "log").open("w+")
        self._process = subprocess.Popen([*command, *options], stdout=self._log, stderr=subprocess.STDOUT)

    def __enter__(self) -> str:
        try:
            return self._await_address()
        except BaseException:
            self.__exit__()
            raise

    def _await_address(self) -> str:
        await_that(lambda: self._admin.exists() and self._admin.read_text())
        listeners = urllib3.request("GET", f"http://{self._admin.read_text()}/listeners?format=json").json()
        address = listeners["listener_statuses"][0]["local_address"]["socket_address"]
        url = f"http://{address['address']}:{address['port_value']}"
        await_that(lambda: _is_healthy(url), show=lambda: Path(self._log.name).read_text())
        return url

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._log.close()


def _is_healthy(url: str) -> bool:
    try:
        return urllib3.request("GET", f"{url}/healthz", retries=False).status == 200
    except HTTPError:
        # It does not listen yet.
        return False


@dataclass(frozen=True)
class Json:
    """Recommendations behind Envoy, and a token for each scope."""

    address: str
    tokens: dict[str, str]
    server: Process

    def post(self, method: str, body: Any, *, scope: str = "recommend") -> tuple[int, Any]:
        """Call a method with this scope's token; the status and the JSON of the answer."""
        return self.send("POST", f"/Recommendations/{method}", json.dumps(body), f"Bearer {self.tokens[scope]}")

    def send(self, verb: str, path: str, body: str = "", authorization: str = "") -> tuple[int, Any]:
        """Send a request; likewise."""
        headers = JSON | ({"Authorization": authorization} if authorization else {})
        response = urllib3.request(
            verb, self.address + path, body=body, headers=headers, timeout=DEADLINE, retries=False
        )
        is_json = response.headers.get("Content-Type") == "application/json"
        return response.status, json.loads(response.data) if is_json else response.data.decode()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Json]:
    folder = tmp_path_factory.mktemp("envoy")
    settings = {
        "RECOMMENDATIONS_DATA_DIR": str(folder / "data"),
        "RECOMMENDATIONS_PORT": "0",
        "RECOMMENDATIONS_REQUIRE_TOKENS": "true",
    }
    server = Process("recommendations", settings)
    try:
        await_serving(f"127.0.0.1:{server.port}")
        tokens = {
            scope: Command("recommendations", ["token", "add", scope, "--scope", scope], settings)
            .require_success()
            .strip()
            for scope in ("recommend", "record")
        }
        with Envoy(folder, server.port) as address:
            yield Json(address, tokens, server)
    finally:
        server.stop()


def test_the_configuration_is_valid(tmp_path: Path) -> None:
    """Envoy accepts the file, and nothing in it is deprecated."""
    command = [str(envoy()), "--mode", "validate", "-c", str(configuration(tmp_path, 50051))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "eprecated" not in done.stderr


def test_a_list_is_asked_for_and_changed_by_json(api: Json) -> None:
    """Recommend, record a click, and get another list because of it."""
    request = {"user_id": 4711, "any_category": True, "max_results": 3}
    status, before = api.post("Recommend", request)
    assert (status, len(before["recommendations"])) == (200, 3)
    assert before["recommendations"][0]["reason"]["kind"] == "KIND_POPULAR"
    click = {"id": "json-1", "user_id": 4711, "book_id": 6, "kind": "KIND_CLICK"}
    status, recorded = api.post("RecordInteractions", {"interactions": [click]}, scope="record")
    assert (status, recorded["results"][0]["outcome"]) == (200, "OUTCOME_STORED")
    status, after = api.post("Recommend", request)
    assert status == 200
    assert after["recommendations"] != before["recommendations"]


def test_errors_are_json_too(api: Json) -> None:
    """With the status of HTTP that the code has, the server's words, and the field that was wrong."""
    status, problem = api.post("Recommend", {"user_id": -1, "any_category": True})
    assert (status, problem["code"]) == (400, 3)
    assert problem["details"][0]["field_violations"][0]["field"] == "user_id"
    assert api.post("Recommend", {"category": 99})[0] == 404
    assert api.send("POST", "/Recommendations/Recommend", "{", f"Bearer {api.tokens['recommend']}")[0] == 400
    assert api.post("NoSuchMethod", {})[0] == 404
    assert api.send("GET", "/")[0] == 404
    assert api.send("GET", "/Recommendations/Recommend")[0] in {404, 405}


def test_tokens_are_passed_on(api: Json) -> None:
    """A call without one is answered 401, one without the scope 403."""
    path, body = "/Recommendations/Recommend", '{"any_category": true}'
    assert api.send("POST", path, body)[0] == 401
    assert api.send("POST", path, body, "Bearer wrong")[0] == 401
    assert api.post("Recommend", {"any_category": True}, scope="record")[0] == 403


def test_a_large_request_is_refused(api: Json) -> None:
    """By Envoy, before a server sees it."""
    assert api.post("Recommend", {"subject": "x" * 5_000_000})[0] == 413


def test_health_is_that_of_the_server(api: Json) -> None:
    """While no server is healthy, `/healthz` and calls are answered 503, at once."""
    assert api.send("GET", "/healthz")[0] == 200
    api.server.freeze()
    try:
        await_that(lambda: api.send("GET", "/healthz")[0] == 503)
        assert api.post("Recommend", {"any_category": True})[0] == 503
    finally:
        api.server.thaw()
    await_that(lambda: api.send("GET", "/healthz")[0] == 200)
