"""The files that others will run: nothing privileged, nothing unpinned, no command that does not exist."""

import json
import re
from configparser import ConfigParser

import pytest
import yaml

from cds_service.cli import main
from cds_service.serving import BLOCKING_THREADS
from cds_service.settings import DEFAULT_BODY_LIMIT_BYTES, SettingsError, settings_from_environment
from cds_service.store.address import Kind, parse_address
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
def ours(compose):
    """The compose services that run our image."""
    return {
        name: one for name, one in compose["services"].items() if one["image"].startswith("infliximab-cds")
    }


@pytest.fixture
def manifests(deploy):
    return [
        document
        for path in sorted((deploy / "kubernetes").glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    ]


@pytest.fixture
def nginx(deploy):
    text = (deploy / "nginx" / "nginx.conf").read_text(encoding="utf-8")
    return "\n".join(
        line.partition(" #")[0] for line in text.splitlines() if not line.strip().startswith("#")
    )


@pytest.fixture
def unit(deploy):
    parser = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str
    parser.read_string((deploy / "systemd" / "infliximab-cds.service").read_text(encoding="utf-8"))
    return parser


def pods(manifests):
    return [
        document["spec"]["template"]["spec"]
        for document in manifests
        if document["kind"] in {"Job", "Deployment"}
    ]


def containers(pod):
    return [*pod.get("initContainers", []), *pod["containers"]]


def of_kind(manifests, kind):
    return [document for document in manifests if document["kind"] == kind]


def bytes_of(text):
    return int(text[:-1]) * {"k": 1024, "m": 1024**2, "g": 1024**3}[text[-1].lower()]


# -- the image ---------------------------------------------------------------------------------------------


def test_the_image_runs_as_nobody_in_particular(containerfile):
    (user,) = re.findall(r"^USER (\d+):(\d+)$", containerfile, re.MULTILINE)
    assert all(int(number) >= LEAST_UID for number in user)


def test_everything_from_a_registry_is_locked_and_hashed(containerfile):
    installs = re.findall(r"pip (?:--python \S+ )?(?:install|wheel)[^&\n]*", containerfile)
    assert len(installs) == 5
    for install in installs:
        assert "--require-hashes" in install or "--no-index" in install, install


def test_the_arithmetic_is_compiled_only_where_that_is_asked_for(containerfile):
    assert "ARG COMPILED=no\n" in containerfile
    asked_for = containerfile.partition('if [ "$COMPILED" = yes ]; then')[2].partition("fi \\")[0]
    assert "tools/compile_wheel.py" in asked_for
    assert "requirements/compile.lock" in asked_for
    assert "gcc" not in containerfile.replace(asked_for, "")


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


def test_the_image_asks_itself_whether_it_is_alive_without_a_shell(containerfile):
    (check,) = re.findall(r"^HEALTHCHECK .*?CMD (\[.*\])$", containerfile, re.MULTILINE)
    program = json.loads(check)
    assert program[:2] == ["python", "-c"]
    compile(program[2], "healthcheck", "exec")
    assert "/livez" in program[2]


# -- commands ----------------------------------------------------------------------------------------------


def commands(containerfile, compose, manifests, unit):
    found = [json.loads(one) for one in re.findall(r"^CMD (\[.*\])$", containerfile, re.MULTILINE)]
    found += [one["command"] for one in compose["services"].values() if "infliximab" in one["image"]]
    found += [one["args"] for pod in pods(manifests) for one in pod["containers"] if "args" in one]
    found += [
        value.split()[1:] for name, value in unit["Service"].items() if name in {"ExecStart", "ExecStartPre"}
    ]
    return found


def test_every_command_and_option_that_is_run_exists(containerfile, compose, manifests, unit):
    found = commands(containerfile, compose, manifests, unit)
    assert len(found) == 10
    for name, *arguments in found:
        known = {option for parameter in main.commands[name].params for option in parameter.opts}
        given = {argument for argument in arguments if argument.startswith("-")}
        assert given <= known, (name, given - known)


def test_every_setting_that_is_made_is_known(compose, manifests):
    made = dict(compose["services"]["service"]["environment"])
    made |= of_kind(manifests, "ConfigMap")[0]["data"]
    with pytest.raises(SettingsError) as refused:  # its sentence lists all that there are
        settings_from_environment({"INFLIXIMAB_CDS_ZZZZZZ": "1"})
    names = {name for name in made if name.startswith("INFLIXIMAB_CDS_")}
    assert len(names) == 6
    assert all(name in str(refused.value) for name in names)


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


def test_nobody_is_told_to_make_the_trust_file_readable_by_all(deploy, compose, manifests, unit):
    """With keys in it, as in the example, the service would not start."""
    readme = (deploy / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"chmod (\d+)[^#\n&]*trust\.toml", readme) == ["600"]
    user = compose["services"]["service"]["user"]
    assert f"chown {user} trust.toml" in readme
    for pod in pods(manifests):
        if pod["containers"][0]["args"][0] in {"serve", "check-config"}:
            (files,) = [volume["configMap"] for volume in pod["volumes"] if volume["name"] == "files"]
            assert (files["defaultMode"], pod["securityContext"]["fsGroup"]) == (0o440, 10001)
    text = (deploy / "systemd" / "infliximab-cds.service").read_text(encoding="utf-8")
    assert "LoadCredential=trust.toml:" in text  # DynamicUser: a file of root's is another user's
    assert "Environment=INFLIXIMAB_CDS_TRUST=%d/trust.toml" in text


def test_what_is_checked_is_what_the_service_is_told(compose, manifests):
    service, check = compose["services"]["service"], compose["services"]["check-config"]
    told = service["environment"].items() - {"PROMETHEUS_MULTIPROC_DIR": "/run/metrics"}.items()
    assert told <= check["environment"].items()
    assert "./trust.toml:/data/trust.toml:ro" in check["volumes"]
    (pod,) = [pod for pod in pods(manifests) if pod["containers"][0].get("args") == ["check-config"]]
    assert pod["containers"][0]["envFrom"] == [{"configMapRef": {"name": "infliximab-cds"}}]
    folder = of_kind(manifests, "ConfigMap")[0]["data"]["PROMETHEUS_MULTIPROC_DIR"]
    assert folder in [mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]]


# -- compose -----------------------------------------------------------------------------------------------


def test_our_containers_have_neither_write_access_nor_privileges(ours):
    assert set(ours) == {"service", "migrate", "check-config", "inspect"}
    for one in ours.values():
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges:true"]
        assert one["ulimits"] == {"core": 0}
        assert all(int(number) >= LEAST_UID for number in one["user"].split(":"))
        assert all(volume.endswith(":ro") for volume in one["volumes"])


def test_the_tools_have_no_network_and_only_the_proxys_port_is_open(compose, ours):
    for name in ("check-config", "inspect"):
        assert ours[name]["network_mode"] == "none"
        assert ours[name]["profiles"] == ["tools"]
    assert [name for name, one in compose["services"].items() if "ports" in one] == ["service"]
    assert ours["service"]["ports"] == ["443:8443"]
    assert "127.0.0.1" in ours["service"]["command"]
    assert compose["services"]["proxy"]["network_mode"] == "service:service"
    assert compose["networks"]["inside"] == {"internal": True}
    assert compose["services"]["database"]["networks"] == ["inside"]


def test_every_database_address_is_one_that_the_service_takes(deploy):
    addresses = [
        address
        for path in [deploy / "compose.yaml", *(deploy / "kubernetes").glob("*.yaml")]
        for address in re.findall(r"postgresql://\S+", path.read_text(encoding="utf-8"))
    ]
    assert len(addresses) == 3
    for address in addresses:
        assert parse_address(address).kind is Kind.POSTGRESQL


def test_no_secret_stands_in_a_setting(compose, manifests):
    settings = [one.get("environment", {}) for one in compose["services"].values()]
    settings += [one["data"] for one in of_kind(manifests, "ConfigMap")]
    for given in settings:
        for name, value in given.items():
            assert "PASSWORD" not in name or name.endswith("_FILE"), name
            assert "sslmode=verify-full" in value or "DATABASE_URL" not in name
            assert not re.search(r"//[^/@]*:[^/@]*@", value), name


# -- Kubernetes --------------------------------------------------------------------------------------------


def test_pods_are_unprivileged_bounded_and_read_only(manifests):
    assert len(pods(manifests)) == 3
    for pod in pods(manifests):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] >= LEAST_UID
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert set(container["resources"]) == {"requests", "limits"}


def test_everything_lives_in_a_namespace_of_its_own(manifests):
    assert {document["metadata"]["namespace"] for document in manifests} == {"infliximab-cds"}


def test_what_a_pod_mounts_is_there_and_what_it_may_write_to_is_memory(manifests):
    for pod in pods(manifests):
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        for container in containers(pod):
            for mount in container["volumeMounts"]:
                volume = volumes[mount["name"]]
                if not mount.get("readOnly"):
                    assert volume["emptyDir"]["medium"] == "Memory"
                    assert "sizeLimit" in volume["emptyDir"]


def test_every_pod_has_a_policy_for_both_directions_and_none_may_go_everywhere(manifests):
    policies = of_kind(manifests, "NetworkPolicy")
    labels = [
        document["spec"]["template"]["metadata"]["labels"]
        for document in manifests
        if document["kind"] in {"Job", "Deployment"}
    ]
    assert sorted(str(policy["spec"]["podSelector"]["matchLabels"]) for policy in policies) == sorted(
        map(str, labels)
    )
    for policy in policies:
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        for rule in policy["spec"].get("egress", []) + policy["spec"].get("ingress", []):
            assert rule["ports"]
            for peer in rule.get("to", []) + rule.get("from", []):
                assert "podSelector" in peer or int(peer["ipBlock"]["cidr"].rpartition("/")[2]) >= 24


def test_a_rollout_never_leaves_fewer_than_there_should_be(manifests):
    (deployment,) = of_kind(manifests, "Deployment")
    (budget,) = of_kind(manifests, "PodDisruptionBudget")
    (told,) = [one["data"] for one in of_kind(manifests, "ConfigMap")]
    assert deployment["spec"]["replicas"] == 2 == int(told["INFLIXIMAB_CDS_REPLICAS"])
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert budget["spec"]["minAvailable"] == 1
    assert budget["spec"]["selector"]["matchLabels"] == deployment["spec"]["selector"]["matchLabels"]
    (service,) = of_kind(manifests, "Service")
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]


def test_readiness_is_asked_apart_from_life_and_the_end_has_time(manifests):
    (deployment,) = of_kind(manifests, "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    service, proxy = pod["containers"]
    assert service["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert service["startupProbe"]["httpGet"]["path"] == "/readyz"
    assert service["livenessProbe"]["httpGet"]["path"] == "/livez"
    pauses = [one["lifecycle"]["preStop"]["sleep"]["seconds"] for one in (service, proxy)]
    assert pauses[0] < pauses[1]
    stop_seconds = 30  # the default of `serve --stop-timeout`
    assert pod["terminationGracePeriodSeconds"] > pauses[0] + stop_seconds


# -- the proxy ---------------------------------------------------------------------------------------------


def setting(nginx, name):
    (value,) = re.findall(rf"^\s*{name} ([^;]+);", nginx, re.MULTILINE)
    return value


def test_the_proxy_takes_whole_requests_and_spools_none_to_disk(nginx):
    assert setting(nginx, "proxy_request_buffering") == "on"
    assert bytes_of(setting(nginx, "client_max_body_size")) == DEFAULT_BODY_LIMIT_BYTES
    assert setting(nginx, "client_body_buffer_size") == setting(nginx, "client_max_body_size")
    assert setting(nginx, "proxy_max_temp_file_size") == "0"


def test_the_proxy_cuts_slow_clients_off_and_logs_no_address(nginx):
    for name in ("client_header_timeout", "client_body_timeout", "send_timeout"):
        assert 1 <= int(setting(nginx, name).removesuffix("s")) <= 10
    (form,) = re.findall(r"log_format codes ([^;]+);", nginx)
    for variable in ("$request ", "$request_uri", "$uri", "$args", "$remote", "$http_"):
        assert variable not in form


def test_the_proxy_speaks_modern_tls_and_keeps_operations_inside(nginx):
    assert setting(nginx, "ssl_protocols") == "TLSv1.2 TLSv1.3"
    for path in ("/metrics", "/livez", "/readyz"):
        assert f"location = {path} {{ return 404; }}" in nginx
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx  # by which /metrics knows a proxy
    assert "non_idempotent" not in nginx  # a token counts once: what was sent is not sent again


def test_the_largest_bodies_in_all_threads_at_once_fit_into_the_memory(compose, manifests, unit):
    workers, resident = 2, 110 * 1024**2
    needed = workers * (resident + BLOCKING_THREADS * (DEFAULT_BODY_LIMIT_BYTES + 20 * 1024**2))
    (deployment,) = of_kind(manifests, "Deployment")
    limit = deployment["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"]
    given = (
        compose["services"]["service"]["mem_limit"],
        limit.removesuffix("i"),
        unit["Service"]["MemoryMax"],
    )
    for one in given:
        assert bytes_of(one) >= needed, one


# -- systemd -----------------------------------------------------------------------------------------------


def test_the_unit_is_locked_down(unit):
    service = unit["Service"]
    for name in ("NoNewPrivileges", "DynamicUser", "PrivateTmp", "PrivateDevices", "ProtectHome",
                 "ProtectKernelTunables", "RestrictNamespaces", "MemoryDenyWriteExecute"):  # fmt: skip
        assert service[name] == "yes", name
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert service["LimitCORE"] == "0"  # a core dump would hold records
    assert "--host 127.0.0.1" in service["ExecStart"]
    assert service["IPAddressDeny"] == "any"
