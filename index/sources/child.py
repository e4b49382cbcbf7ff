"""Read a file, or draw a page of it, in a child process within a time and a memory that are limited.

The child is a fresh Python (``sys.executable``), not a fork, so that it works alike on Linux, macOS and
Windows and holds none of the parent's memory: no models are loaded in it. What it returns is a
result, or the reason why there is none, as JSON on its standard output.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from index.errors import SourceError
from index.records import Document

__all__ = ["Limits", "call_in_child", "read_in_child"]

Result = TypeVar("Result")

#: The exit status of a child that took more memory than it may.
_TOO_LARGE = 77

_ROOT = str(Path(__file__).resolve().parents[2])
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from index.sources.child import main; main(sys.argv[2:])"
)


class Limits(msgspec.Struct, frozen=True):
    """What a child may take: wall-clock seconds, and megabytes of memory."""

    seconds: float = 180.0
    megabytes: int = 1000


class _Reply(msgspec.Struct):
    result: msgspec.Raw = msgspec.Raw(b"null")
    reason: str = ""


def read_in_child(function: str, options: dict[str, Any], *, limits: Limits, kind: str) -> Document:
    """:func:`call_in_child` for a function that returns a document."""
    return call_in_child(function, options, Document, limits=limits, kind=kind)


def call_in_child(
    function: str, options: dict[str, Any], returns: type[Result], *, limits: Limits, kind: str
) -> Result:
    """Call ``function`` (``"package.module:name"``) with ``options`` in a child; what it ``returns``.

    ``kind`` names the file in messages ("the PDF"). Raises SourceError with the reason the function
    raised, and when the child breaks down or passes its limits.
    """
    request = msgspec.json.encode({"options": options, "limits": limits}).decode()
    command = [sys.executable, "-c", _START, _ROOT, function, request]
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=flags,
    ) as child:
        try:
            told, _ = child.communicate(timeout=limits.seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            raise SourceError(
                f"{kind} takes longer than {limits.seconds:g} s to read;"
                " split it into smaller files, or print it to a new one, and add that"
            ) from None
        except BaseException:
            child.kill()
            raise
    if child.returncode == _TOO_LARGE:
        raise SourceError(
            f"{kind} takes more than {limits.megabytes} MB of memory to read; split it into smaller files"
        )
    try:
        reply = msgspec.json.decode(told, type=_Reply)
        if not reply.reason:
            return msgspec.json.decode(reply.result, type=returns)
    except msgspec.DecodeError:
        raise SourceError(
            f"{kind} is damaged and breaks its reader; open it, print it to a new file, and add that"
        ) from None
    raise SourceError(reply.reason)


def main(arguments: list[str]) -> None:
    """What runs in the child."""
    function, request = arguments
    answer = _answer_alone()
    asked = msgspec.json.decode(request)
    limit = int(asked["limits"]["megabytes"]) << 20
    _limit_memory(limit)
    threading.Thread(target=_watch, args=(limit,), daemon=True).start()
    module, _, name = function.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)(**asked["options"])
        reply = _Reply(msgspec.Raw(msgspec.json.encode(found)))
    except SourceError as error:
        reply = _Reply(reason=str(error))
    except MemoryError:
        os._exit(_TOO_LARGE)
    except Exception as error:
        if "failed to map segment" in str(error):  # what a loader says when memory is at its limit
            os._exit(_TOO_LARGE)
        reply = _Reply(
            reason=f"unexpected {type(error).__name__} while reading ({error}); please report this file"
        )
    try:
        told = msgspec.json.encode(reply)
    except MemoryError:
        os._exit(_TOO_LARGE)
    with os.fdopen(answer, "wb") as stream:
        stream.write(told)
    os._exit(0)  # no library's clean-up may hang or break what was read


def _answer_alone() -> int:
    """A descriptor for the answer only: whatever a library prints goes to standard error from now on."""
    answer = os.dup(1)
    os.dup2(2, 1)
    return answer


def _limit_memory(limit: int) -> None:
    """Let the system refuse what is beyond ``limit``, where it can (not on Windows)."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        return


def _watch(limit: int) -> None:
    """End this process when it holds more than ``limit`` bytes, for systems that do not refuse."""
    while True:
        time.sleep(0.2)
        if _resident() > limit:
            os._exit(_TOO_LARGE)


def _resident() -> int:
    """The bytes of memory that this process holds, or held at most; 0 where that cannot be told."""
    if sys.platform == "win32":
        return _resident_windows()
    import resource

    if sys.platform == "darwin":
        return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    # ru_maxrss is no use here: Linux starts a child's at what its parent held (exec_mmap in fs/exec.c).
    try:
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * resource.getpagesize()


def _resident_windows() -> int:
    """PagefileUsage of GetProcessMemoryInfo (psapi.h, PROCESS_MEMORY_COUNTERS)."""

    class Counters(ctypes.Structure):
        _fields_ = [("cb", ctypes.c_ulong), ("faults", ctypes.c_ulong)] + [
            (name, ctypes.c_size_t)
            for name in ("peak", "set", "qpp", "qp", "qpnp", "qnp", "page", "peak_page")
        ]

    counters = Counters()
    counters.cb = ctypes.sizeof(counters)
    windll = getattr(ctypes, "windll")  # noqa: B009 - it exists on Windows only
    windll.kernel32.GetCurrentProcess.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(windll.kernel32.GetCurrentProcess())
    told = windll.psapi.GetProcessMemoryInfo(handle, ctypes.byref(counters), counters.cb)
    return int(counters.page) if told else 0
