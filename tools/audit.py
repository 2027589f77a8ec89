"""Looks for known vulnerabilities in what requirements.lock names, by pip-audit in an environment of its own.

    python tools/audit.py                   fails if there is one, and if anything could not be looked up
    python tools/audit.py --may-be-offline  the same, but where the list cannot be reached it says so and passes

https://pypi.org/project/pip-audit/
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PIP_AUDIT = "pip-audit==2.10.1"
HOME = ROOT / "build" / "audit"


@dataclass(frozen=True)
class Verdict:
    """What came of it.

    Attributes:
        looked_up: packages of which it is known whether they are vulnerable.
        unknown: packages that could not be looked up.
        found: one line for each vulnerability.
    """

    looked_up: int
    unknown: tuple[str, ...]
    found: tuple[str, ...]

    def status(self, *, may_be_offline: bool) -> int:
        """The exit status: 0 when nothing is vulnerable and everything was looked up."""
        if self.found:
            return 1
        if self.unknown and not (may_be_offline and not self.looked_up):
            return 1
        return 0

    def said(self) -> str:
        """For a person."""
        lines = [*self.found]
        if self.unknown and not self.looked_up:
            lines.append("NOT AUDITED: the list of known vulnerabilities cannot be reached from here.")
        elif self.unknown:
            lines.append(f"Not on the list, so not audited: {', '.join(self.unknown)}.")
        lines.append(f"{self.looked_up} packages looked up, {len(self.found)} known vulnerabilities.")
        return "\n".join(lines)


def verdict(report: dict[str, Any]) -> Verdict:
    """What a report of pip-audit (its JSON) says."""
    looked_up = [one for one in report["dependencies"] if "skip_reason" not in one]
    unknown = [one["name"] for one in report["dependencies"] if "skip_reason" in one]
    found = [
        f"{one['name']} {one['version']}: {bug['id']}, mended in {', '.join(bug['fix_versions']) or 'no version yet'}"
        for one in looked_up
        for bug in one["vulns"]
    ]
    return Verdict(len(looked_up), tuple(unknown), tuple(found))


def _report() -> dict[str, Any]:
    python = HOME / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.exists():
        venv.create(HOME, with_pip=True)
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PIP_AUDIT)
    subprocess.run(pip, check=True)
    options = ("--require-hashes", "--disable-pip", "--no-deps", "--format", "json", "--progress-spinner", "off")
    command = (python, "-m", "pip_audit", "--requirement", ROOT / "requirements.lock", *options)
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        # Without a network it says so on standard error, and nothing else.
        print(done.stderr.strip()[-1_000:], file=sys.stderr)
        return {"dependencies": [{"name": "everything", "skip_reason": "no report"}]}


def main() -> int:
    """See the module."""
    came = verdict(_report())
    print(came.said())
    return came.status(may_be_offline="--may-be-offline" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
