"""Known faults of the locked packages, asked of OSV by pip-audit.

Exit 1 if a package has one. Where OSV cannot be reached nothing is known, which is said and is no
fault of the change at hand. To live with a fault, name it in ACCEPTED with the reason beside it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LOCKS = ("requirements.lock", "requirements-build.lock", "requirements-dev.lock")
ACCEPTED: dict[str, str] = {}  # id of the fault: why it does not concern us


def ask(folder: Path) -> subprocess.CompletedProcess[str]:
    """What pip-audit says of the locks in ``folder``."""
    locks = [part for name in LOCKS for part in ("-r", str(folder / name))]
    ignored = [part for fault in ACCEPTED for part in ("--ignore-vuln", fault)]
    quiet = ["--progress-spinner", "off", "--format", "json", "--timeout", "20"]
    source = ["--vulnerability-service", "osv", "--disable-pip", "--require-hashes"]
    command = [sys.executable, "-m", "pip_audit", *source, *quiet, *locks, *ignored]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def judged(answer: str, complaint: str) -> tuple[int, list[str]]:
    """Exit code and sentences for what pip-audit printed to stdout and stderr."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        if "ConnectionError" in complaint or "Timeout" in complaint:
            return 0, ["not audited: OSV, the list of known faults, cannot be reached from here"]
        return 1, ["pip-audit failed:", *complaint.strip().splitlines()[-3:]]
    faults = [
        f"{package['name']} {package['version']}: {fault['id']}"
        f" (mended in {', '.join(fault['fix_versions']) or 'no version yet'})"
        for package in packages
        for fault in package.get("vulns", [])
    ]
    if faults:
        advice = "Take the lines of these packages out of the lock and run `make lock`."
        return 1, [*sorted(set(faults)), advice]
    return 0, [f"audited: {len(packages)} packages, no known fault"]


if __name__ == "__main__":
    said = ask(Path(__file__).resolve().parent.parent)
    code, sentences = judged(said.stdout, said.stderr)
    print("\n".join(sentences))
    sys.exit(code)
