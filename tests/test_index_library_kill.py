"""A process killed at any moment of an add leaves a library that answers and can be added to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="kills forked children; Windows cannot fork")
def test_kill_at_many_moments_of_an_add(tmp_path: Path) -> None:
    script = Path(__file__).parent / "kill_points.py"
    run = subprocess.run(
        [sys.executable, script, tmp_path], capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["broken"] == []
    assert result["killed"] >= 20
