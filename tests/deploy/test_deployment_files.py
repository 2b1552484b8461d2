"""The files that others will run: nothing privileged, nothing unpinned, no command that does not exist."""

import re

import pytest
import yaml

from cds_service.cli import main
from cds_service.trust.load import read_trust
from tests.support.trust import settings_for

LEAST_UID = 10_000


@pytest.fixture
def deploy(repository):
    return repository / "deploy"


@pytest.fixture
def containerfile(deploy):
    text = (deploy / "Containerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return "\n".join(lines).replace("\\\n", " ")


@pytest.fixture
def compose(deploy):
    return yaml.safe_load((deploy / "compose.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def manifests(deploy):
    return [
        document
        for path in sorted((deploy / "kubernetes").glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    ]


def pods(manifests):
    return [document["spec"]["template"]["spec"] for document in manifests if document["kind"] == "Job"]


def test_the_image_runs_as_nobody_in_particular(containerfile):
    (user,) = re.findall(r"^USER (\d+):(\d+)$", containerfile, re.MULTILINE)
    assert all(int(number) >= LEAST_UID for number in user)


def test_everything_from_a_registry_is_locked_and_hashed(containerfile):
    installs = re.findall(r"pip (?:--python \S+ )?(?:install|wheel)[^&\n]*", containerfile)
    assert len(installs) == 4
    for install in installs:
        assert "--require-hashes" in install or "--no-index" in install, install


def test_the_last_stage_installs_nothing_and_loses_the_installer(containerfile):
    last = containerfile.rpartition("\nFROM ")[2]
    assert "pip install" not in last
    assert "apt" not in last
    assert "rm -rf" in last
    assert "/usr/local/bin/pip*" in last


def test_only_what_the_wheel_is_made_of_reaches_the_builder(repository, containerfile):
    for name in (".containerignore", ".dockerignore"):
        lines = (repository / name).read_text(encoding="utf-8").splitlines()
        allowed = {line[1:].rstrip("/") for line in lines if line.startswith("!")}
        assert "*" in lines
        for words in re.findall(r"^COPY (?!--from)(.+)$", containerfile, re.MULTILINE):
            sources = {word.rstrip("/") for word in words.split()[:-1]}
            assert sources <= allowed
            assert all((repository / source).exists() for source in sources)


def test_every_command_that_is_run_exists(compose, manifests):
    commands = [service["command"] for service in compose["services"].values()]
    commands += [container["args"] for pod in pods(manifests) for container in pod["containers"]]
    assert len(commands) == 3
    for command in commands:
        assert command[0] in main.commands


def test_the_example_of_a_trust_file_is_safe_and_shows_each_kind_of_client(deploy, tmp_path):
    path = tmp_path / "trust.toml"
    path.write_text((deploy / "trust.example.toml").read_text(encoding="utf-8"), encoding="utf-8")
    path.chmod(0o600)
    epic, oracle, given = read_trust(settings_for(path), path).clients
    assert (epic.algorithms, epic.issuer in epic.fhir_bases, epic.tenants) == ({"RS384"}, True, {})
    assert epic.audiences
    assert epic.subjects
    assert (len(oracle.tenants), oracle.fhir_bases, oracle.jwks_url != "") == (1, (), True)
    assert (len(given.keys), given.jwks_url) == (1, "")


def test_compose_gives_neither_network_nor_write_access_nor_privileges(compose):
    for service in compose["services"].values():
        assert service["network_mode"] == "none"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(int(number) >= LEAST_UID for number in service["user"].split(":"))
        assert all(volume.endswith(":ro") for volume in service["volumes"])
        assert "ports" not in service


def test_pods_are_unprivileged_bounded_and_read_only(manifests):
    assert pods(manifests)
    for pod in pods(manifests):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] >= LEAST_UID
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert set(container["resources"]) == {"requests", "limits"}


def test_nothing_here_opens_a_port(manifests):
    assert {document["kind"] for document in manifests} == {"Job", "NetworkPolicy"}
    assert "containerPort" not in repr(manifests)
