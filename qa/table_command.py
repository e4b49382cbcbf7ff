"""``litquote table``: what every paper says to a list of questions, as a spreadsheet."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import UsageError
from index.library import Library
from qa import terminal
from qa.arguments import filters, library_path, print_json
from qa.marks import RowMarks
from qa.progress import loaded_assistant
from qa.records import plural
from qa.search_log import SearchLog
from qa.table import MARKS, EvidenceTable, OnTable, TableProgress, table
from qa.table_files import WRITERS, write
from qa.user_store import UserStore


def make(arguments: argparse.Namespace) -> int:
    """``litquote table``."""
    asked = questions(arguments.questions)
    out = Path(arguments.out).expanduser() if arguments.out else None
    if out is not None and out.suffix.casefold() not in WRITERS:
        raise UsageError(f"--out {out.name}: the ending says the format: {', '.join(WRITERS)}")
    only = filters(arguments)
    with Library.open(library_path(arguments)) as library:
        store = UserStore.of(library)
        marks = RowMarks(store, arguments.name or Path(arguments.questions).stem)
        for mark in MARKS:
            for name in getattr(arguments, mark):
                marks.set(library.resolve(name), mark)
        assistant = loaded_assistant(arguments, library)
        with _bar(quiet=arguments.json) as on_progress:
            made = table(assistant, asked, only, all_relevant=arguments.all, on_progress=on_progress)
        made = made.marked(marks.all())
        SearchLog(store).add_table(library, made, only)
        if out is not None:
            written = write(made, out, every=arguments.all)
    if arguments.json:
        print_json(made.to_dict())
    elif out is None:
        print(said(made))
    else:
        print("\n".join([*(f"wrote {path}" for path in written), summary(made)]))
    return 0


def questions(name: str) -> list[str]:
    """The questions of a file, one a line; empty lines and those that begin with # don't count.

    Raises UsageError when it cannot be read.
    """
    try:
        content = sys.stdin.read() if name == "-" else Path(name).expanduser().read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{name} cannot be read ({error}); write the questions into it, one a line"
        ) from error
    found = [line.strip() for line in content.splitlines()]
    return [line for line in found if line and not line.startswith("#")]


def summary(made: EvidenceTable) -> str:
    """``"460 papers, 10 questions; 31 cells with 52 quotes"``."""
    full = [cell for row in made.rows for cell in row.cells if cell.quotes]
    quotes = sum(len(cell.quotes) for cell in full)
    return (
        f"{plural(len(made.rows), 'paper')}, {plural(len(made.questions), 'question')}; "
        f"{plural(len(full), 'cell')} with {plural(quotes, 'quote')}"
    )


def said(made: EvidenceTable) -> str:
    """The table for a terminal: for each question the papers that answer it."""
    blocks = [summary(made)]
    for number, question in enumerate(made.questions):
        blocks.append(f"{number + 1}. {question}")
        for row in made.rows:
            if quotes := row.cells[number].quotes:
                mark = f" [{row.mark}]" if row.mark else ""
                lines = [f"{row.citation.label}{mark}", *terminal.warnings(row.retraction)]
                for one in quotes:
                    lines.append(terminal.indented(f"{one.confidence:.2f} “{one.text}” ({one.place})"))
                blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


@contextmanager
def _bar(*, quiet: bool) -> Iterator[OnTable | None]:
    """A progress bar on standard error, where somebody watches."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    with tqdm(unit=" passages", dynamic_ncols=True, leave=False) as bar:

        def show(progress: TableProgress) -> None:
            bar.total, bar.n = progress.to_read, progress.read
            bar.set_description(f"question {progress.question} of {progress.questions}")
            bar.refresh()

        yield show
