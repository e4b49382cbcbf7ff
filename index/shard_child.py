"""Read one source in a child process, since it may have ended the process that read it before."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from index.errors import SourceError
from index.records import Document, Failure
from index.shards import end_line, item_line, read_items
from index.sources import mistake, reader_for

__all__ = ["APART", "LOG", "main", "read_apart", "suspects"]

#: What a worker is reading, one line a source, in its unfinished folder.
LOG = "reading.jsonl"
#: What a child was given by the reader.
APART = "apart.jsonl"
#: How often a child is tried.
ATTEMPTS = 2

_ROOT = str(Path(__file__).resolve().parents[1])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from index.shard_child import main; main(sys.argv[2])"


def suspects(folder: Path) -> set[str]:
    """The URIs of the sources that earlier, unfinished workers on this shard were reading last."""
    found = set()
    for log in folder.parent.glob(f"{folder.name}.part-*/{LOG}"):
        with suppress(OSError, ValueError):
            if lines := log.read_text("utf-8").splitlines():
                found.update({*json.loads(lines[0])["suspects"], json.loads(lines[-1]).get("uri", "")})
    return found - {""}


def read_apart(path: Path, sha256: str, name: str, ocr: str, folder: Path) -> Iterator[Document | Failure]:
    """What the reader gives for the file at ``path``, which has this hash and name.

    ``folder`` takes the lines meanwhile. Raises SourceError where the reader does, and where reading ends
    the child each time.
    """
    lines = folder / APART
    request = {"path": str(path), "sha256": sha256, "name": name, "ocr": ocr, "lines": str(lines)}
    command = [sys.executable, "-c", _START, _ROOT, json.dumps(request)]
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    status = 0
    for _ in range(ATTEMPTS):
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=flags,
            check=False,
        )
        if (status := done.returncode) == 0:
            yield from read_items(lines)
            return
    raise SourceError(
        f"reading it ended the process that read it, {ATTEMPTS + 1} times (exit status {status}); "
        "leave it out, and please report this file's kind"
    )


def main(request: str) -> None:
    """What runs in the child: the lines of one source go to a file."""
    import index.sources.pdf as pdf

    asked = json.loads(request)
    pdf.configure(ocr=bool(asked["ocr"]), languages=asked["ocr"] or "eng")
    path, name = Path(asked["path"]), asked["name"]
    with Path(asked["lines"]).open("wb") as stream:
        end = ""
        try:
            for item in reader_for(path, name).read(path, source=asked["sha256"], name=name):
                stream.write(item_line(item))
        except SourceError as error:
            end = str(error)
        except Exception as error:
            end = mistake(error)
        stream.write(end_line(end))
