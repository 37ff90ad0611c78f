"""README.md's gateway.yaml says of the gateway what is so; .ci/check_kubernetes judges it as Kubernetes would."""

import re

import pytest
import yaml

from gateway.settings import SECRETS_DIR, Settings
from gateway.web.health import PATHS
from tests.repository.tree import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
MANIFEST = re.search(r"^# gateway\.yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)[1]
BY_KIND = {resource["kind"]: resource for resource in yaml.safe_load_all(MANIFEST)}
POD = BY_KIND["Deployment"]["spec"]["template"]["spec"]
[CONTAINER] = POD["containers"]
ENVIRONMENT = {variable["name"]: variable["value"] for variable in CONTAINER["env"]}
SECRET = dict(re.findall(r"--from-literal=(\w+)=(\S+)", README))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def mounted_at(path):
    """The volume behind a path of the container."""
    [name] = [mount["name"] for mount in CONTAINER["volumeMounts"] if mount["mountPath"] == path]
    return next(volume for volume in POD["volumes"] if volume["name"] == name)


@pytest.fixture
def settings(monkeypatch, tmp_path):
    """What the gateway would read there."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name, value in SECRET.items():
        (tmp_path / name).write_text(value)
    monkeypatch.setenv(SECRETS_DIR, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return Settings.read()


def test_the_gateway_takes_its_settings(settings):
    assert (settings.auth, settings.drain_s, settings.deadline_s) == ("obo", 5, 10)
    assert settings.cache_url == "rediss://user:password@host:6379/0"
    assert str(settings.federated_token_file) == "/var/run/secrets/workload-identity/token"


def test_what_settings_name_is_mounted():
    folder, _, file = ENVIRONMENT["GATEWAY_FEDERATED_TOKEN_FILE"].rpartition("/")
    [token] = [source["serviceAccountToken"] for source in mounted_at(folder)["projected"]["sources"]]

    assert token["path"] == file
    assert token["audience"] == "api://AzureADTokenExchange"
    assert mounted_at(ENVIRONMENT[SECRETS_DIR])["secret"]["secretName"] == "gateway"
    assert "kubectl create secret generic gateway " in README


def test_probes_ask_what_the_gateway_answers():
    probes = {name: probe["httpGet"] for name, probe in CONTAINER.items() if name.endswith("Probe")}

    assert probes == {
        "startupProbe": {"path": "/livez", "port": "http"},
        "livenessProbe": {"path": "/livez", "port": "http"},
        "readinessProbe": {"path": "/readyz", "port": "http"},
    }
    assert {probe["path"].encode() for probe in probes.values()} < set(PATHS)


def test_the_port_is_the_images(settings):
    [port] = CONTAINER["ports"]

    assert port == {"name": "http", "containerPort": settings.port}
    assert [exposed["targetPort"] for exposed in BY_KIND["Service"]["spec"]["ports"]] == ["http"]
    assert f"\nEXPOSE {settings.port}\n" in DOCKERFILE


def test_it_is_forgotten_before_it_drains_and_not_killed_before_it_has_answered(settings):
    assert CONTAINER["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    # A second more is the gateway's own, for answers that the deadline has just made.
    assert 5 + settings.drain_s + settings.deadline_s + 1 < POD["terminationGracePeriodSeconds"]


def test_it_runs_as_the_images_user_and_writes_nothing():
    user = f"{POD['securityContext']['runAsUser']}:{POD['securityContext']['runAsGroup']}"

    assert f"\nUSER {user}\n" in DOCKERFILE
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_a_service_of_that_name_injects_nothing():
    assert BY_KIND["Service"]["metadata"]["name"] == "gateway"
    assert POD["enableServiceLinks"] is False
