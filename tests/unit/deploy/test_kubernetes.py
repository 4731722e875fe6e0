"""The objects of `deploy/kubernetes` fit Kubernetes' own schemas and each other."""

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from syncd.config.loading import load
from tests.kit.installation.callbacks import AES_KEY

TOP = Path(__file__).parents[3]
FOLDER = TOP / "deploy" / "kubernetes"
ROOTS = (FOLDER, FOLDER / "cronjob")
PROBE = ["python", "-I", "/opt/syncd/probe.py"]
VERSIONS = ("1.27", kubernetes_validate.latest_version())
"""The oldest of which all that is used is stable, and the newest that is known."""
Json = dict[str, Any]


def documents(file: Path) -> list[Json]:
    """Give the objects of a file."""
    return list(yaml.safe_load_all(file.read_text(encoding="utf-8")))


@cache
def rendered(folder: Path) -> str:
    """Give what `kubectl apply -k` of a folder applies."""
    command = [str(Path(sys.executable).with_name("kubectl")), "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603 - of the test's own environment
    assert done.returncode == 0, done.stderr
    return done.stdout


def objects(folder: Path) -> list[Json]:
    """Give the objects that `kubectl apply -k` of a folder makes."""
    return list(yaml.safe_load_all(rendered(folder)))


def pods(folder: Path) -> list[Json]:
    """Give the templates of all pods."""
    found = []
    for one in objects(folder):
        spec = one.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        found += [spec["template"]] if "template" in spec else []
    return found


def named(folder: Path, kind: str) -> list[Json]:
    """Give the objects of a kind."""
    return [one for one in objects(folder) if one["kind"] == kind]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_what_kubernetes_takes(version: str) -> None:
    """Every object fits the schema of its Kubernetes version, without any unknown key."""
    every = [one for root in ROOTS for one in objects(root)]
    for one in [*every, *documents(FOLDER / "secret.example.yaml")]:
        kubernetes_validate.validate(one, version, strict=True)


def test_an_unknown_key_would_be_found() -> None:
    """An unknown key in an object is found by the validation that the objects are held to."""
    (one,) = documents(FOLDER / "deployment.yaml")
    one["spec"]["template"]["spec"]["containers"][0]["readOnly"] = True
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(one, VERSIONS[-1], strict=True)


def test_no_object_is_left_out() -> None:
    """Each object is in the daemon's or the CronJob's kustomization, except the template of the Secret."""
    made = {(one["kind"], one["metadata"]["name"]) for root in ROOTS for one in objects(root)}
    for file in FOLDER.rglob("*.yaml"):
        if file.name not in {"kustomization.yaml", "secret.example.yaml"} and file.parent.name != "metrics":
            assert {(one["kind"], one["metadata"]["name"]) for one in documents(file)} <= made


@pytest.mark.parametrize("root", [*ROOTS, FOLDER / "common"], ids=lambda one: one.name)
def test_every_pod_runs_the_image_that_is_named_once_with_the_configuration_of_this_content(root: Path) -> None:
    """Every pod has the one image, and mounts a configuration whose name holds the hash of its content."""
    (configuration,) = named(root, "ConfigMap")
    assert re.fullmatch(r"syncd-[a-z0-9]{10}", configuration["metadata"]["name"])
    for pod in pods(root):
        assert {one["image"] for one in pod["spec"]["containers"]} == {"registry.example.org/syncd:0.1.0"}
        (volume,) = [one for one in pod["spec"]["volumes"] if one["name"] == "configuration"]
        assert volume["configMap"]["name"] == configuration["metadata"]["name"]


@pytest.mark.parametrize("root", ROOTS, ids=lambda one: one.name)
def test_every_pod_meets_the_restricted_standard(root: Path) -> None:
    """Every pod runs without root, capabilities, a writable root or a cluster token, with seccomp."""
    assert pods(root)
    for pod in pods(root):
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["runAsUser"] == 10001
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        for container in spec["containers"]:
            wanted = {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["securityContext"] == wanted
            assert set(container["resources"]["limits"]) == {"cpu", "memory", "ephemeral-storage"}


def test_what_selects_the_daemon_selects_it_and_not_the_migration() -> None:
    """Services and budget select the replicas and not the migration; the network policy selects every pod."""
    (deployment,) = named(FOLDER, "Deployment")
    (policy,) = [one for one in named(FOLDER, "NetworkPolicy") if one["metadata"]["name"] == "syncd"]
    (job,) = named(FOLDER, "Job")
    labels, others = (one["spec"]["template"]["metadata"]["labels"].items() for one in (deployment, job))
    services = [one["spec"]["selector"] for one in named(FOLDER, "Service")]
    budgets = [one["spec"]["selector"]["matchLabels"] for one in named(FOLDER, "PodDisruptionBudget")]
    for selector in [*services, *budgets, deployment["spec"]["selector"]["matchLabels"]]:
        assert selector.items() <= labels
        assert not selector.items() <= others
    selected = policy["spec"]["podSelector"]["matchLabels"].items()
    assert selected <= labels
    assert selected <= others


def test_probes_are_run_in_the_container_and_the_admin_port_is_no_port_of_the_pod() -> None:
    """Probes ask the admin port from within the container, and no service, policy or port leads there."""
    (deployment,) = named(FOLDER, "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert {one["name"]: one["containerPort"] for one in container["ports"]} == {"callback": 8090}
    assert {name: container[f"{name}Probe"]["exec"]["command"] for name in ("startup", "liveness", "readiness")} == {
        "startup": [*PROBE, "/healthz"],
        "liveness": [*PROBE, "/healthz"],
        "readiness": [*PROBE, "/readyz"],
    }
    assert "8091" not in rendered(FOLDER)
    assert f'"{PROBE[-1]}", "/healthz"' in (TOP / "deploy" / "docker" / "Dockerfile").read_text(encoding="utf-8")


def policies(folder: Path, labels: dict[str, str]) -> list[Json]:
    """Return the policies that hold for a pod."""
    found = []
    for one in named(folder, "NetworkPolicy"):
        selector = one["spec"]["podSelector"]
        wanted = selector.get("matchExpressions", [])
        if selector["matchLabels"].items() <= labels.items() and all(
            labels.get(each["key"]) in each["values"] for each in wanted
        ):
            found.append(one)
    return found


def destinations(folder: Path, labels: dict[str, str]) -> set[tuple[str, int]]:
    """Return where a pod may connect to: addresses, or the labels of pods, each with its port."""
    found = set()
    for policy in policies(folder, labels):
        for rule in policy["spec"].get("egress", []):
            assert rule["to"], policy
            for to in rule["to"]:
                where = to["ipBlock"]["cidr"] if "ipBlock" in to else to["podSelector"]["matchLabels"]["k8s-app"]
                found |= {(where, port["port"]) for port in rule["ports"]}
    return found


DATABASE = {("kube-dns", 53), ("192.0.2.30/32", 5432)}
EVERYTHING = DATABASE | {("192.0.2.10/32", 636), ("192.0.2.11/32", 636), ("192.0.2.20/32", 443)}


@pytest.mark.parametrize(
    ("root", "kind", "wanted", "callers"),
    [
        (FOLDER, "Deployment", EVERYTHING, ["ingress-nginx"]),
        (FOLDER, "Job", DATABASE, []),
        (FOLDER / "cronjob", "CronJob", EVERYTHING, []),
        (FOLDER / "cronjob", "Job", DATABASE, []),
    ],
    ids=["daemon", "migration", "pass", "migration of the pass"],
)
def test_each_pod_goes_to_named_places_and_hears_nobody_else(
    root: Path, kind: str, wanted: set[tuple[str, int]], callers: list[str]
) -> None:
    """Each pod may connect to the destinations that it needs and no others; only the ingress comes to the daemon."""
    (found,) = named(root, kind)
    spec = found["spec"].get("jobTemplate", found)["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert destinations(root, labels) == wanted
    ruled = [kind for one in policies(root, labels) for kind in one["spec"]["policyTypes"]]
    assert {"Ingress", "Egress"} <= set(ruled)
    rules = [rule for one in policies(root, labels) for rule in one["spec"].get("ingress", [])]
    assert [
        one["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for rule in rules for one in rule["from"]
    ] == callers
    assert {port["port"] for rule in rules for port in rule["ports"]} <= {8090}


def test_metrics_come_by_a_proxy_that_wants_a_certificate(tmp_path: Path) -> None:
    """Monitoring reaches, by the component for metrics, a proxy with TLS that wants a certificate, and nothing else."""
    shutil.copytree(FOLDER, tmp_path / "kubernetes")
    file = tmp_path / "kubernetes" / "kustomization.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("components: [image]", "components: [image, metrics]"),
        encoding="utf-8",
    )
    found = objects(tmp_path / "kubernetes")
    for one in found:
        kubernetes_validate.validate(one, VERSIONS[-1], strict=True)
    (deployment,) = [one for one in found if one["kind"] == "Deployment"]
    proxy = next(one for one in deployment["spec"]["template"]["spec"]["containers"] if one["name"] == "metrics")
    assert [one["containerPort"] for one in proxy["ports"]] == [9443]
    assert proxy["securityContext"]["readOnlyRootFilesystem"]
    (configuration,) = [one for one in found if one["kind"] == "ConfigMap" and "nginx.conf" in one["data"]]
    text = configuration["data"]["nginx.conf"]
    assert "listen 9443 ssl;" in text
    assert "ssl_verify_client on;" in text
    assert re.findall(r"location (.*) \{", text) == ["= /metrics", "= /status.json"]


def test_the_configuration_loads_with_the_secrets_of_the_template(tmp_path: Path) -> None:
    """The configuration loads with exactly the keys of the Secret's template, which has no value in it."""
    secret, owner = documents(FOLDER / "secret.example.yaml")
    assert set(secret["stringData"].values()) | set(owner["stringData"].values()) == {""}
    text = (FOLDER / "common" / "syncd.toml").read_text(encoding="utf-8")
    assert set(re.findall(r"/run/secrets/(\w+)", text)) == set(secret["stringData"])
    values = {"callback_aes_key": AES_KEY, "store_url": "postgresql+psycopg://syncd@database/syncd"}
    for name in secret["stringData"]:
        (tmp_path / name).write_text(values.get(name, name), encoding="utf-8")
    (tmp_path / "syncd.toml").write_text(text.replace("/run/secrets", str(tmp_path)), encoding="utf-8")
    settings = load(tmp_path / "syncd.toml", {}, tmp_path).settings
    assert settings.platform.read_only
    assert settings.admin.bind == "127.0.0.1:8091"
