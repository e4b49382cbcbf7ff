"""A folder of real files, by format: what is read, what fails, how fast, in how much memory.

    python tests/bench/files.py [FOLDER] [--add]

First the readers alone, one file after the other (articles/s of processor time is what the reader takes;
PDFs are read in children, so theirs is by the clock). With ``--add``, then `litquote add FOLDER` into a new
library with the shipped model: the report, the clock, the peak memory of the whole process tree at
its largest process. Default FOLDER: ../shared/files.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import SourceError
from index.paths import find
from index.privacy import go_offline
from index.records import Failure
from index.sources import reader_for


@dataclass(slots=True)
class Row:
    files: int = 0
    articles: int = 0
    failures: int = 0
    seconds: float = 0.0
    characters: int = 0


def main(argv: Sequence[str]) -> None:
    go_offline()
    folders = [one for one in argv if not one.startswith("--")]
    folder = Path(folders[0] if folders else Path(__file__).resolve().parents[3] / "shared" / "files")
    rows: dict[str, Row] = {}
    reasons: list[str] = []
    for found in find([folder])[0]:
        path = found.path
        row = rows.setdefault(path.parent.name, Row())
        row.files += 1
        started = time.perf_counter()
        try:
            for item in reader_for(path, path.name).read(path, source="0" * 64, name=path.name):
                if isinstance(item, Failure):
                    row.failures += 1
                    reasons.append(f"{path.name}: {item.uri.removeprefix(path.name)} {item.reason}")
                else:
                    row.articles += 1
                    row.characters += len(item.text.content)
        except SourceError as error:
            row.failures += 1
            reasons.append(f"{path.name}: {error}")
        row.seconds += time.perf_counter() - started
    print("folder           files articles failures  Mchars      s articles/s")
    for name, row in rows.items():
        rate = row.articles / row.seconds if row.seconds else 0.0
        print(
            f"{name:16} {row.files:5} {row.articles:8} {row.failures:8} {row.characters / 1e6:7.2f} "
            f"{row.seconds:6.2f} {rate:10.1f}"
        )
    print(*reasons, sep="\n")
    if "--add" in argv:
        _add(folder)


def _add(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        command = [sys.executable, "-m", "qa.cli", "add", str(folder), "--library", f"{temporary}/library"]
        started = time.perf_counter()
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(ran.stdout.strip().rpartition("\n")[2])
    print(f"exit code {ran.returncode}, {seconds:.1f} s, largest process {most:.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
