"""`python -m tests.faults`: every long run of this folder, one after the other, each with its own table."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Run each module that has a `main`; 1 when one of them was not satisfied."""
    runs = [
        path.stem
        for path in sorted(HERE.glob("*.py"))
        if path.stem != "__main__" and "\ndef main(" in path.read_text(encoding="utf-8")
    ]
    failed = []
    for name in runs:
        sys.stdout.write(f"\n== {name}\n")
        sys.stdout.flush()
        command = [sys.executable, "-m", f"tests.faults.{name}"]
        if subprocess.run(command, cwd=HERE.parents[1], check=False).returncode:
            failed.append(name)
    sys.stdout.write(f"\n{len(runs)} runs, failed: {', '.join(failed) or 'none'}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
