"""The audit of dependencies: what it makes of pip-audit's report, and that it is never green by silence."""

from __future__ import annotations

from typing import Any

import pytest

from tools.audit import verdict

SOUND = {"name": "msgspec", "version": "0.21.0", "vulns": []}
VULNERABLE = {
    "name": "jinja2",
    "version": "3.1.5",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1.6"], "aliases": [], "description": "…"}],
}
SKIPPED = {"name": "textual", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("dependencies", "strict", "offline", "said"),
    [
        ([SOUND], 0, 0, "1 packages looked up, 0 known"),
        ([SOUND, VULNERABLE], 1, 1, "jinja2 3.1.5: PYSEC-1, mended in 3.1.6"),
        ([SKIPPED], 1, 0, "NOT AUDITED"),
        ([SOUND, SKIPPED], 1, 1, "not audited: textual"),
    ],
)
def test_what_a_report_comes_to(dependencies: list[dict[str, Any]], strict: int, offline: int, said: str) -> None:
    came = verdict({"dependencies": dependencies})
    assert came.status(may_be_offline=False) == strict
    assert came.status(may_be_offline=True) == offline
    assert said in came.said()
