"""Prometheus, its rules and its dashboard, with services that run."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.docs.test_documents import table
from tests.e2e.metrics.conftest import WORKERS, Exposed, samples
from tests.e2e.processes import DEADLINE, ROOT, await_that

pytestmark = [pytest.mark.prometheus, pytest.mark.slow]

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES, TESTS, CONFIG = (PROMETHEUS / name for name in ("rules.yml", "rules_test.yml", "prometheus.yml"))
DASHBOARD = ROOT / "deploy" / "grafana" / "books.json"
SHOP = {"marketplace": "shop", "relay": "shop"}
OWN = {"up", "ALERTS"}
"""The series that Prometheus itself makes."""


def promtool(*arguments: str | Path) -> str:
    """What promtool prints; it must succeed."""
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False, timeout=DEADLINE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return found


def dashboard_expressions() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel.get("targets", ())]


def rules() -> dict[str, str]:
    """The text of each alert's rule, by its name."""
    _, *parts = re.split(r"- alert: (\w+)\n", RULES.read_text(encoding="utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def expression(rule: str) -> str:
    """The expression of a rule."""
    match = re.search(r"expr: (.*?)\n +(?:for|labels):", rule, re.DOTALL)
    assert match
    return match[1]


def series_in(text: str) -> set[str]:
    """The names of series in an expression: not its functions, labels, texts and keywords."""
    text = re.sub(r'"[^"]*"', "", text)
    text = re.sub(r"\{[^}]*\}", "", text)
    text = re.sub(r"\b(?:by|on|group_left|without) \([^)]*\)", "", text)
    return {name for name in re.findall(r"[a-z]\w+(?![\w(])(?! \()", text) if "_" in name or name in OWN} - OWN


def test_the_configuration_is_valid() -> None:
    """By Prometheus's own tool; it names the rules, and each service's port."""
    assert "1 rule files found" in promtool("check", "config", CONFIG)
    targets = re.findall(r'"([\w-]+):(\d+)"', CONFIG.read_text(encoding="utf-8"))
    names = {"recommendations-1", "recommendations-2", "marketplace-1", "marketplace-2"}
    assert {name for name, _ in targets} == names | {"relay", "notices", "previews", "live"}
    assert {port for _, port in targets} == {"9464"}


def test_the_rules_fire_when_they_should() -> None:
    """Each alert has a test in which it fires, one just before that in which it does not, and a healthy shop."""
    promtool("check", "rules", RULES)
    promtool("test", "rules", TESTS)
    text = TESTS.read_text(encoding="utf-8")
    healthy, *fired = text.split("\n  - name: ")[1:]
    for alert in rules():
        assert healthy.count(f"alertname: {alert}, exp_alerts: []") == 2, alert
        (own,) = (test for test in fired if test.startswith(f"{alert}\n"))
        assert f"alertname: {alert}, exp_alerts: []" in own
        assert f"alertname: {alert}\n        exp_alerts:\n          - exp_labels" in own


def test_rules_and_dashboard_use_series_that_services_have(exposed: Exposed) -> None:
    """A renamed metric would silence its alert."""
    known = {name for service in exposed.addresses for name in exposed.names(service)}
    unknown = {alert: missing for alert, rule in rules().items() if (missing := series_in(expression(rule)) - known)}
    assert unknown == {}
    assert {name for text in dashboard_expressions() for name in series_in(text)} - known == set()


def test_metrics_are_documented(exposed: Exposed) -> None:
    """Operations has a row for each, with the services that have it, and no other."""
    documented = {
        name.strip("`"): set(services.split(", "))
        for name, services, _ in table(ROOT / "docs" / "operations.md", "Metrics")
    }
    found: dict[str, set[str]] = {}
    for service in exposed.addresses:
        for name in exposed.names(service):
            family = re.sub(r"_(?:bucket|count|sum)$", "", name)
            found.setdefault(family, set()).add(SHOP.get(service, service))
    process = {name for name in found if name.startswith("process_")}
    assert {name: found[name] for name in found.keys() - process} == {
        name: services for name, services in documented.items() if name != "process_…"
    }


def test_each_worker_has_its_own_metrics(exposed: Exposed) -> None:
    """So that one with an old model, or that grows, is seen."""
    workers = exposed.addresses["recommendations"]
    assert len(set(workers)) == WORKERS
    for address in workers:
        await_that(lambda address=address: "recommendations_model_age_seconds" in samples(address))  # type: ignore[misc]
    starts = {samples(address)["process_start_time_seconds"] for address in workers}
    assert all(start > 0 for start in starts)


def test_each_alert_has_a_paragraph_in_the_runbook() -> None:
    """Under its name, to which its annotation leads: what is noticed, where to look, what to do."""
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    paragraphs = dict(re.findall(r"^### (\w+)\n\n(.+?)\n$", runbook, re.MULTILINE | re.DOTALL))
    headings = re.findall(r"^### (\w+)$", runbook, re.MULTILINE)
    assert sorted(headings) == sorted(rules())
    for alert, rule in rules().items():
        assert f"runbook: docs/runbook.md#{alert.lower()}\n" in rule
        assert paragraphs[alert].strip()


def test_the_dashboards_expressions_are_valid(tmp_path: Path) -> None:
    """promtool reads them as rules; Grafana imports the file by its title and schema, with any Prometheus."""
    expressions = dashboard_expressions()
    file = tmp_path / "expressions.yml"
    written = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(expressions)]
    # YAML has JSON in it.
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": written}]}), encoding="utf-8")
    assert f"{len(expressions)} rules found" in promtool("check", "rules", file)
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    assert (dashboard["title"], dashboard["schemaVersion"]) == ("Books", 39)
    assert len({panel["id"] for panel in panels()}) == len(panels())
    sources = {target["datasource"]["uid"] for panel in panels() for target in panel.get("targets", ())}
    assert sources == {"${datasource}"}


@contextmanager
def prometheus(folder: Path, exposed: Exposed) -> Iterator[str]:
    """A running Prometheus that scrapes the services every second, with the rules; yields its URL."""
    jobs = [
        {"job_name": service, "static_configs": [{"targets": addresses}]}
        for service, addresses in exposed.addresses.items()
    ]
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": jobs,
    }
    (folder / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
    log = folder / "log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                "--web.listen-address=127.0.0.1:0",
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        listening = re.compile(r'"Listening on" address=(127\.0\.0\.1:\d+)')
        await_that(lambda: listening.search(log.read_text(encoding="utf-8")), show=log.read_text)
        match = listening.search(log.read_text(encoding="utf-8"))
        assert match
        url = f"http://{match[1]}"
        await_that(
            lambda: urllib3.request("GET", f"{url}/-/ready", timeout=DEADLINE).status == 200, show=log.read_text
        )
        yield url
    finally:
        process.terminate()
        process.wait(DEADLINE)


def test_a_real_prometheus_scrapes_the_services(exposed: Exposed, tmp_path: Path) -> None:
    """It finds all of them up, counts a page by its route, evaluates every rule, and nothing fires."""
    with prometheus(tmp_path, exposed) as url:

        def query(text: str) -> list[dict[str, Any]]:
            reply = urllib3.request("GET", f"{url}/api/v1/query", fields={"query": text}, timeout=DEADLINE).json()
            found: list[dict[str, Any]] = reply["data"]["result"]
            return found

        def get(path: str) -> Any:
            return urllib3.request("GET", f"{url}{path}", timeout=DEADLINE).json()["data"]

        await_that(lambda: len(query("up == 1")) == len(exposed.addresses) + WORKERS - 1, show=lambda: query("up"))
        shop = f"http://127.0.0.1:{exposed.shop_port}"
        assert urllib3.request("GET", shop, timeout=DEADLINE).status == 200
        await_that(lambda: query('http_requests_total{job="marketplace",page="/",status="2xx"}'))
        await_that(
            lambda: all(
                rule["health"] == "ok" for group in get("/api/v1/rules")["groups"] for rule in group["rules"]
            ),
            show=lambda: get("/api/v1/rules"),
        )
        assert len([rule for group in get("/api/v1/rules")["groups"] for rule in group["rules"]]) == len(rules())
        assert [alert for alert in get("/api/v1/alerts")["alerts"] if alert["state"] == "firing"] == []
