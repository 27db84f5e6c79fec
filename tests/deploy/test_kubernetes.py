"""The objects that kustomize makes of deploy/kubernetes; `make lint` compares them with Kubernetes's schemas."""

import functools
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from live.settings import Settings as LiveSettings
from marketplace.settings import Settings as MarketplaceSettings
from notices.settings import Settings as NoticesSettings
from previews.settings import Settings as PreviewsSettings
from recommendations.settings import Settings as RecommendationsSettings
from servicekit.settings import variable

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
DOCUMENT = ROOT / "docs" / "kubernetes.md"
KUBECTL = Path(sys.executable).parent / "kubectl"
PARTS = ("small", "large", "prepare")
SETTINGS = (RecommendationsSettings, MarketplaceSettings, NoticesSettings, PreviewsSettings, LiveSettings)
SERVICES = {"marketplace", "relay", "recommendations", "training", "notices", "previews", "live", "prepare"}
OUTSIDE = ("ingress-nginx", "monitoring")
"""Namespaces of others."""

Object = Mapping[str, Any]

pytestmark = pytest.mark.skipif(not KUBECTL.exists(), reason="there is no kubectl on PyPI for this machine")


@functools.cache
def rendered(part: str) -> tuple[Object, ...]:
    """The objects of an overlay."""
    done = subprocess.run([KUBECTL, "kustomize", KUBERNETES / part], capture_output=True, check=True)
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(kind: str, part: str) -> Mapping[str, Object]:
    """The objects of a kind, by name."""
    return {each["metadata"]["name"]: each for each in rendered(part) if each["kind"] == kind}


def pods(part: str) -> Iterator[tuple[str, Object]]:
    """The templates of all pods, and the name of what makes them."""
    for each in rendered(part):
        spec = each["spec"]["jobTemplate"]["spec"] if each["kind"] == "CronJob" else each.get("spec", {})
        if "template" in spec:
            yield each["metadata"]["name"], spec["template"]


def settings() -> set[str]:
    """The variables of all services."""
    return {variable(kind, name) for kind in SETTINGS for name in kind.model_fields}


@pytest.mark.parametrize("part", PARTS)
def test_every_pod_is_restricted(part: str) -> None:
    """As Pod Security's `restricted` demands; it has bounded memory and no rights in the cluster."""
    names = []
    for name, template in pods(part):
        pod = template["spec"]
        names.append(name)
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert template["metadata"]["labels"]["app"] in SERVICES
    assert len(names) == (4 if part == "prepare" else 7)


@pytest.mark.parametrize("part", PARTS)
def test_images_are_those_of_compose(part: str) -> None:
    """Both name the same ones, which docs/kubernetes.md shows how to replace."""
    built = set(re.findall(r"image: (book-marketplace-\w+)", (ROOT / "docker-compose.yaml").read_text()))
    used = {template["spec"]["containers"][0]["image"] for _, template in pods(part)}
    assert used <= built
    assert part != "large" or used == built
    assert built == set(re.findall(r"name: (book-marketplace-\w+)", DOCUMENT.read_text()))


@pytest.mark.parametrize("part", ["small", "large"])
def test_settings_exist(part: str) -> None:
    """Every variable of the ConfigMap is a setting of a service."""
    (config,) = of_kind("ConfigMap", part).values()
    assert set(config["data"]) <= settings()
    assert len(config["data"]) > 15


def test_secrets_are_settings() -> None:
    """Every file of a Secret, as docs/kubernetes.md makes it, has the name of a setting; pods mount these Secrets."""
    made: dict[str, set[str]] = {}
    for command in re.findall(r"create secret generic (.+?)(?=\n(?:kubectl|```))", DOCUMENT.read_text(), re.DOTALL):
        made[command.split()[0]] = set(re.findall(r"--from-(?:file|literal)=(\w+)", command))
    mounted = {
        volume["secret"]["secretName"]
        for part in PARTS
        for _, template in pods(part)
        for volume in template["spec"]["volumes"]
        if "secret" in volume
    }
    assert set(made) == mounted
    assert all(names for names in made.values())
    assert {name.upper() for names in made.values() for name in names} <= settings()


@pytest.mark.parametrize("part", ["small", "large"])
def test_services_lead_to_pods(part: str) -> None:
    """Each Service and PodDisruptionBudget selects the pods of one Deployment, and each port is one of theirs."""
    deployments = of_kind("Deployment", part)
    for name, service in of_kind("Service", part).items():
        container = deployments[name]["spec"]["template"]["spec"]["containers"][0]
        assert service["spec"]["selector"] == deployments[name]["spec"]["template"]["metadata"]["labels"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert all(ports[port["targetPort"]] == port["port"] for port in service["spec"]["ports"])
    for name, budget in of_kind("PodDisruptionBudget", part).items():
        labels = deployments[name]["spec"]["template"]["metadata"]["labels"]
        assert budget["spec"]["selector"]["matchLabels"] == labels
    for ingress in of_kind("Ingress", part).values():
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                names = {port["name"] for port in of_kind("Service", part)[backend["name"]]["spec"]["ports"]}
                assert backend["port"]["name"] in names


@pytest.mark.parametrize("part", ["small", "large"])
def test_probes_ask_ports_that_are_there(part: str) -> None:
    """Each server has all three probes, and the time to end that its drain takes."""
    for name, template in pods(part):
        pod = template["spec"]
        container = pod["containers"][0]
        if name in {"relay", "training"}:  # they listen to nothing but scrapes
            continue
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            probe = container[kind]
            asked = probe["grpc"]["port"] if "grpc" in probe else ports[probe["httpGet"]["port"]]
            assert asked in ports.values()
        assert pod["terminationGracePeriodSeconds"] >= 30


def _selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """Whether a label selector matches; of its operators, those that are used here."""
    for term in selector.get("matchExpressions", ()):
        is_in = labels.get(term["key"]) in term["values"]
        if is_in is (term["operator"] == "NotIn"):
            return False
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def _is_peer(peer: Object, other: str) -> bool:
    """Whether an entry of `from` or `to` names a service of the shop, or another namespace."""
    if "ipBlock" in peer:
        return other == "internet"
    if "namespaceSelector" in peer:
        return "podSelector" not in peer and _selects(
            peer["namespaceSelector"], {"kubernetes.io/metadata.name": other}
        )
    return other in SERVICES and _selects(peer["podSelector"], {"app": other})


def _ports(service: str, direction: str, other: str, part: str) -> set[int]:
    """The TCP ports at which a service may be reached by `other` (ingress), or may reach it (egress)."""
    found = set()
    for policy in of_kind("NetworkPolicy", part).values():
        spec = policy["spec"]
        if not _selects(spec["podSelector"], {"app": service}):
            continue
        for rule in spec.get(direction, ()):
            peers = rule.get("from" if direction == "ingress" else "to")
            if peers is None or any(_is_peer(peer, other) for peer in peers):
                found |= {port["port"] for port in rule["ports"] if port["protocol"] == "TCP"}
    return found


@pytest.mark.parametrize("part", ["small", "large"])
def test_who_reaches_whom(part: str) -> None:
    """Pods reach each other at these ports, in the policies of both sides, and at no others."""
    servers = {"marketplace", "recommendations", "notices", "previews", "live"}
    everywhere = {5432, 5671, 5672, 465, 587}
    reached = {
        (caller, server): ports
        for caller in sorted(SERVICES)
        for server in sorted(servers)
        if (ports := (_ports(server, "ingress", caller, part) & _ports(caller, "egress", server, part)) - everywhere)
    }
    assert reached == {
        ("marketplace", "recommendations"): {50051},
        ("marketplace", "notices"): {5003},
        ("relay", "recommendations"): {50051},
        ("relay", "notices"): {5003},
        ("relay", "previews"): {50052},
        ("relay", "live"): {5004},
    }
    from_outside = {
        (namespace, server): _ports(server, "ingress", namespace, part) for namespace in OUTSIDE for server in servers
    }
    assert {pair: ports for pair, ports in from_outside.items() if pair[0] == "ingress-nginx"} == {
        ("ingress-nginx", "marketplace"): {5001},
        ("ingress-nginx", "live"): {5004},
        ("ingress-nginx", "recommendations"): {50051},
        ("ingress-nginx", "notices"): set(),
        ("ingress-nginx", "previews"): set(),
    }
    assert all(ports == {9464} for (namespace, _), ports in from_outside.items() if namespace == "monitoring")


def test_who_reaches_the_internet() -> None:
    """Three may, and none of them a private address, or that of a cloud's metadata."""
    assert {name for name in SERVICES if 443 in _ports(name, "egress", "internet", "small")} == {
        *("relay", "notices", "previews")
    }
    (rule,) = of_kind("NetworkPolicy", "small")["internet"]["spec"]["egress"]
    v4, v6 = (peer["ipBlock"] for peer in rule["to"])
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"} <= set(v4["except"])
    # All unicast addresses that are public: neither fc00::/7 nor fe80::/10.
    assert v6 == {"cidr": "2000::/3"}


def test_the_large_one_scales() -> None:
    """Autoscalers have their Deployments' names, and these do not fix a number."""
    deployments = of_kind("Deployment", "large")
    for name, scaler in of_kind("HorizontalPodAutoscaler", "large").items():
        assert scaler["spec"]["scaleTargetRef"]["name"] == name
        assert scaler["spec"]["minReplicas"] == 2
        assert "replicas" not in deployments[name]["spec"]


def test_the_overlay_of_the_document_is_one(tmp_path: Path) -> None:
    """It has one's own names, images and settings, and all that the project's has."""
    shutil.copytree(KUBERNETES, tmp_path / "books/deploy/kubernetes")
    (overlay,) = re.findall(r"```yaml\n# kustomization.yaml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    (tmp_path / "kustomization.yaml").write_text(overlay)
    (tmp_path / "settings.env").write_text("MARKETPLACE_PUBLIC_URL=https://books.mine.com\n")
    done = subprocess.run([KUBECTL, "kustomize", tmp_path], capture_output=True, check=True)
    objects = list(yaml.safe_load_all(done.stdout))
    assert len(objects) == len(rendered("large"))
    hosts = {rule["host"] for each in objects if each["kind"] == "Ingress" for rule in each["spec"]["rules"]}
    assert hosts == {"books.mine.com", "grpc.books.mine.com"}
    (config,) = (each["data"] for each in objects if each["kind"] == "ConfigMap")
    assert config["MARKETPLACE_PUBLIC_URL"] == "https://books.mine.com"
    assert config["LIVE_MAX_CONNECTIONS"] == "10000"
    images = re.findall(r"image: (\S+)", done.stdout.decode())
    assert all(image.startswith("registry.example.com/") and image.endswith(":v1") for image in images)
