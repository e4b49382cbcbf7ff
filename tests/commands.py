"""Commands as a user runs them, in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qa import cli


class Run:
    """Runs commands as a user would; what they say on standard error stays in ``err``."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.err = ""

    def __call__(self, *argv: str | Path) -> tuple[int, str]:
        code = cli.main([str(word) for word in argv])
        out, self.err = self._capsys.readouterr()
        assert "Traceback" not in out + self.err
        return code, out

    def json(self, *argv: str | Path, code: int = 0) -> Any:
        found, out = self(*argv, "--json")
        assert found == code, self.err
        return json.loads(out)
