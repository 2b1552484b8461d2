"""Builds the wheel, looks inside, installs it alone with the locked dependencies, asks for its services."""

import json
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CARRIED = {"tdm", "fhir_mappings", "cards", "cds_service"}
DATA_SUFFIXES = (".toml", ".json")
HOOKS = {"patient-view", "order-select", "order-sign"}


class SmokeError(Exception):
    """The wheel is not what a hospital should install; the sentence says why."""


def run(*command: str | Path, cwd: Path) -> str:
    """Return what a command printed; its own complaint goes to the caller's terminal."""
    arguments = [str(part) for part in command]
    done = subprocess.run(arguments, cwd=cwd, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        said = f"{done.stdout}{done.stderr}"
        raise SmokeError(f"{Path(arguments[0]).name} {arguments[1]} ended with {done.returncode}\n{said}")
    return done.stdout


def build(into: Path) -> Path:
    """Build with the locked backend of this environment, never with one fetched for the occasion."""
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", into)
    run(sys.executable, "-m", "pip", "wheel", *options, ROOT, cwd=into)
    (wheel,) = into.glob("*.whl")
    return wheel


def look_inside(wheel: Path) -> int:
    """Compare the wheel with the tree: the four packages with all their data, and nothing else."""
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    if tops != CARRIED:
        raise SmokeError(f"the wheel carries {sorted(tops)}, it should carry {sorted(CARRIED)}")
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in CARRIED
        for path in (ROOT / package).rglob("*")
        if path.suffix == ".py" or path.name == "py.typed" or path.suffix in DATA_SUFFIXES
    }
    if missing := sorted(wanted - names):
        raise SmokeError(f"missing in the wheel: {', '.join(missing)}")
    if not any(name.endswith("/licenses/LICENSE") for name in names):
        raise SmokeError("the wheel carries no licence")
    return len(names)


def install(wheel: Path, into: Path) -> Path:
    """Install the wheel into an empty environment with the runtime lock; returns its folder of commands."""
    venv.create(into, with_pip=True)
    commands = into / "bin"
    pip = (commands / "python", "-m", "pip", "install", "--quiet")
    run(*pip, "--require-hashes", "--no-deps", "-r", ROOT / "requirements" / "runtime.lock", cwd=into)
    run(*pip, "--no-deps", "--no-index", wheel, cwd=into)
    run(commands / "python", "-m", "pip", "check", cwd=into)
    return commands


def main() -> int:
    """Run the steps one after the other; 0 when all is as it should be."""
    with tempfile.TemporaryDirectory(prefix="infliximab-cds-wheel-") as folder:
        place = Path(folder)
        try:
            wheel = build(place)
            count = look_inside(wheel)
            commands = install(wheel, place / "env")
            tables = run(commands / "infliximab-cds", "migrate", cwd=place).strip()
            services = json.loads(run(commands / "infliximab-cds", "discovery", cwd=place))["services"]
        except SmokeError as error:
            sys.stderr.write(f"wheel: {error}\n")
            return 1
        if (hooks := {service["hook"] for service in services}) != HOOKS:
            sys.stderr.write(f"wheel: the installed service announces {sorted(hooks)}\n")
            return 1
        told = f"{count} files, {len(services)} services announced when installed alone, {tables}"
        sys.stdout.write(f"wheel: {wheel.name}, {told}\n")
        return 0


if __name__ == "__main__":
    sys.exit(main())
