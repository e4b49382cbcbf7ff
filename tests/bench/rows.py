"""A benchmark's figures: each beside a baseline of the same run, its ratio, its target where there is one."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Row:
    """``what`` took or reached ``value`` ``unit``; ``baseline`` is what ``against`` did in the same run.

    ``ratio`` is the benchmark's own figure of merit, the one that ``target`` (``">= 3"``, ``"< 10 ms"``) is
    about where that is a ratio. ``met``: None where there is no target.
    """

    benchmark: str
    what: str
    value: float
    unit: str
    against: str = ""
    baseline: float | None = None
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""


def row(benchmark: str, what: str, value: float, unit: str, **more: Any) -> Row:
    """A row, with ``value / baseline`` as its ratio unless another is given."""
    if more.get("baseline") and more.get("ratio") is None:
        more["ratio"] = value / more["baseline"]
    return Row(benchmark, what, value, unit, **more)


def table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| benchmark | what | figure | baseline of the same run | ratio | target | met |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in rows:
        beside = f"{one.against} {said(one.baseline)} {one.unit}" if one.baseline is not None else one.against
        met = {None: "", True: "yes", False: "**no**"}[one.met]
        what = f"{one.what} ({one.note})" if one.note else one.what
        cells = (
            one.benchmark, what, f"{said(one.value)} {one.unit}", beside,
            said(one.ratio) if one.ratio is not None else "", one.target, met,
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def said(value: float | None) -> str:
    """A figure with three digits that count."""
    if value is None:
        return ""
    if value and abs(value) < 0.01:
        return f"{value:.4f}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine() -> dict[str, Any]:
    """What the figures were measured on, and how busy it was."""
    model = platform.processor() or platform.machine()
    flags = ""
    try:
        info = Path("/proc/cpuinfo").read_text("utf-8")
        found = dict(
            line.split(":", 1) for line in info.splitlines() if line.startswith(("model name", "flags"))
        )
        told = {name.strip(): value.strip() for name, value in found.items()}
        model, flags = told.get("model name", model), told.get("flags", "")
    except OSError:
        pass
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "bf16": "avx512_bf16" in flags or "amx_bf16" in flags,
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": [round(one, 2) for one in os.getloadavg()] if hasattr(os, "getloadavg") else None,
    }


def commit() -> str:
    """The commit measured, ``+`` where files differ from it."""
    try:
        name = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        changed = subprocess.run(
            ["git", "status", "--porcelain", "-uno"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return name.stdout.strip() + ("+" if changed.stdout.strip() else "")


def written(rows: Iterable[Row], path: Path, **about: Any) -> None:
    """The rows with commit and machine as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"commit": commit(), "machine": machine(), **about, "rows": [asdict(one) for one in rows]}
    path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
