"""``litquote retractions``: import a Retraction Watch CSV, list what is marked, forget the import."""

from __future__ import annotations

import argparse
import textwrap
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from index.errors import UsageError
from index.library import Library
from index.marks import Listing
from index.retraction_import import ImportReport
from qa.arguments import library_path, print_json
from qa.notices import WORDS, notice_dict, sentence
from qa.records import plural
from qa.terminal import width

__all__ = ["imported", "listing", "retractions"]

_HINT = (
    "Nothing is imported from Retraction Watch; download retraction_watch.csv from "
    "https://gitlab.com/crossref/retraction-watch-data and run: litquote retractions import FILE"
)


def retractions(arguments: argparse.Namespace) -> int:
    """The command: ``list`` (default), ``import FILE`` or ``forget``. Raises UsageError."""
    action, file = arguments.action, arguments.file
    if (action == "import") != (file is not None):
        raise UsageError("write: litquote retractions import FILE, or: litquote retractions [list | forget]")
    with Library.open(library_path(arguments)) as library:
        if action == "import":
            report = library.import_retractions(Path(file))
            marked = Counter(one.retraction.kind for one in library.retractions(references=False).documents)
            shown, value = imported(report, marked), msgspec.to_builtins(report) | {"marked": dict(marked)}
        elif action == "forget":
            there = library.forget_retractions()
            shown = "the imported table is forgotten" if there else _HINT
            value = {"forgotten": there}
        else:
            found = library.retractions()
            shown, value = listing(found), _as_json(found)
    if arguments.json:
        print_json(value)
    else:
        print(shown)  # noqa: T201  a command prints
    return 0


def imported(report: ImportReport, marked: Counter[str]) -> str:
    """What an import did, for people; ``marked`` counts the documents held by what stands against them."""
    entry, before = report.imported, report.before
    if report.unchanged:
        return f"{entry.origin}: the same file is imported already."
    lines = [f"{entry.origin}: {plural(entry.rows, 'row')} in {report.seconds:.1f} s."]
    kinds = "; ".join(f"{count:,} {kind}" for kind, count in sorted(report.kinds.items()))
    lines.append(f"{kinds}. {report.nameless:,} without DOI and PMID mark nothing.")
    if before is not None and entry.newest < before.newest:
        lines.append(f"!! The table before was newer ({before.origin}); litquote rollback brings it back.")
    if before is not None and entry.rows < before.rows:
        lines.append(f"!! The table before had more rows ({before.rows:,}); is the file whole?")
    if report.bad:
        lines.append(f"{plural(report.bad, 'row')} could not be read, or not whole:")
        lines += [f"  {problem}" for problem in report.problems]
        if report.bad > len(report.problems):
            lines.append(f"  and {report.bad - len(report.problems):,} more")
    lines.append(f"In your library: {_counts(marked) or 'no document is marked'}.")
    return "\n".join(lines)


def _counts(kinds: Counter[str]) -> str:
    return ", ".join(f"{kinds[kind]:,} {name.lower()}" for kind, name in WORDS.items() if kinds[kind])


def listing(found: Listing) -> str:
    """What is imported, and every document and reference that something stands against, for people."""
    entry = found.imported
    blocks = [_HINT if entry is None else f"{entry.origin}: {plural(entry.rows, 'row')}."]
    for name, marks in (("document", found.documents), ("reference", found.references)):
        kinds = Counter(one.retraction.kind for one in marks)
        counts = f": {_counts(kinds)}" if marks else ""
        blocks.append(f"{plural(len(marks), name)} marked{counts}.")
        if name == "document":
            blocks += [
                _entry(one.title, one.document_id, sentence(one.retraction)) for one in found.documents
            ]
            continue
        for one in found.references:
            by = ", ".join(
                f"{document_id} (reference {number})" if number is not None else document_id
                for document_id, number in one.cited_by
            )
            blocks.append(
                _entry(one.printed or one.name, f"{one.name}, cited by {by}", sentence(one.retraction))
            )
    return "\n\n".join(blocks)


def _entry(*lines: str) -> str:
    return "\n".join(_filled(lines))


def _filled(lines: Iterable[str]) -> Iterable[str]:
    for number, line in enumerate(filter(None, lines)):
        indent = "    " if number else "  "
        yield textwrap.fill(
            " ".join(line.split()),
            width(),
            initial_indent=indent,
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _as_json(found: Listing) -> dict[str, Any]:
    entry = found.imported
    return {
        "imported": None if entry is None else msgspec.to_builtins(entry) | {"origin": entry.origin},
        "documents": [
            {"document_id": one.document_id, "title": one.title, "retraction": notice_dict(one.retraction)}
            for one in found.documents
        ],
        "references": [
            {
                "name": one.name,
                "printed": one.printed,
                "retraction": notice_dict(one.retraction),
                "cited_by": [{"document_id": name, "number": number} for name, number in one.cited_by],
            }
            for one in found.references
        ],
    }
