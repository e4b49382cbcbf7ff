"""What this machine has: processor, memory, disk. Read from the system, without asking any network."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from index.parallel import allowed_cores

#: What speeds up encoding and reading, by the names under which systems list it.
FEATURES = {
    "avx2": {"avx2"},
    "avx512": {"avx512f"},
    "avx512_bf16": {"avx512_bf16", "avx512bf16"},
    "amx_bf16": {"amx_bf16", "amxbf16"},
    "neon": {"asimd", "neon"},
    "bf16": {"bf16"},
}
_CPUINFO = Path("/proc/cpuinfo")
_CGROUP = Path("/sys/fs/cgroup")


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    named = _listed("model name")
    return named[0] if named else _sysctl("machdep.cpu.brand_string") or platform.processor() or "unknown"


def features() -> tuple[str, ...]:
    """Those of FEATURES that the processor has."""
    return named_features(_listed("flags") or _listed("features") or [" ".join(_by_numpy())])


def named_features(lines: Iterable[str]) -> tuple[str, ...]:
    """Those of FEATURES that lists of flags hold, any case."""
    flags = {flag.casefold() for line in lines for flag in line.split()}
    return tuple(name for name, spellings in FEATURES.items() if spellings & flags)


def _listed(key: str) -> list[str]:
    """The values of ``key`` in Linux's list of processors, the first one's only."""
    try:
        lines = _CPUINFO.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = (line.partition(":") for line in lines)
    return [value.strip() for name, _, value in found if name.strip().casefold() == key][:1]


def _by_numpy() -> list[str]:
    """What numpy found out about the processor; it looks on every system."""
    try:
        from numpy._core._multiarray_umath import (
            __cpu_features__ as found,
        )
    except ImportError:
        return []
    return [name for name, has in found.items() if has]


def _sysctl(name: str) -> str:
    if sys.platform != "darwin":
        return ""
    try:
        done = subprocess.run(["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def cores() -> int:
    """Logical processors of the machine."""
    return os.cpu_count() or 1


def usable_cores() -> float:
    """How many of them this process may use: less in a container, or where it was bound to some."""
    bound = allowed_cores()
    try:
        quota, period = (_CGROUP / "cpu.max").read_text("utf-8").split()
        return min(float(bound), int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):  # no container, or no limit ("max")
        return float(bound)


def memory() -> int | None:
    """Bytes of memory that this process may use; None where the system does not tell."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    try:
        return min(whole, int((_CGROUP / "memory.max").read_text("utf-8")))
    except (OSError, ValueError):
        return whole


def free_space(place: Path) -> int:
    """Free bytes on the disk where ``place`` lies or would lie."""
    while not place.exists() and place != place.parent:
        place = place.parent
    return shutil.disk_usage(place).free


def has_gpu() -> bool:
    """Whether NVIDIA's driver is installed; whether it can be used torch alone knows, which takes long."""
    return shutil.which("nvidia-smi") is not None
