"""``litquote ask --export``, ``litquote export`` and ``litquote verify ANSWER.json``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from index.errors import NoLibrary, UsageError
from index.library import Library
from qa import terminal
from qa.arguments import library_path, print_json
from qa.bibliography import style_called
from qa.records import Answer, plural
from qa.sealing import intact, load, seal
from qa.verifying import MISSING, VERIFIED, Verdict, verify
from qa.writing import format_of, write


def wanted(arguments: argparse.Namespace) -> list[Path]:
    """The files that ``--export`` names. Raises UsageError for one that cannot be meant.

    To be called before the question is asked: an answer may take long.
    """
    files = [Path(name).expanduser() for name in arguments.export]
    style_called(arguments.style)
    for path in files:
        format_of(path)
        if path.exists() and not arguments.force:
            raise UsageError(f"{path} is there already; name another file, or write over it with --force")
    return files


def export_answer(
    answer: Answer, library: Library, files: Sequence[Path], arguments: argparse.Namespace
) -> None:
    """Write ``answer`` to ``files``, in the style and manner that the arguments ask for."""
    if files:
        document = seal(answer, library)
        for path in files:
            write(document, path, style=arguments.style, replace=arguments.force)
            print(f"wrote {path}", file=sys.stderr)


def export(arguments: argparse.Namespace) -> int:
    """``litquote export``: a sealed answer in other formats; needs no library."""
    document = load(Path(arguments.answer).expanduser())
    files = [Path(name).expanduser() for name in arguments.to]
    for path in files:
        write(document, path, style=arguments.style, replace=arguments.force)
    if not intact(document):
        print(
            f"{arguments.answer} was changed since it was sealed: check it with litquote verify",
            file=sys.stderr,
        )
    if arguments.json:
        print_json({"written": [str(path) for path in files], "intact": intact(document)})
    else:
        print("\n".join(f"wrote {path}" for path in files))
    return 0


def verify_answers(arguments: argparse.Namespace) -> int:
    """``litquote verify ANSWER.json``: 0 when each file is as it was sealed and each quote stands, else 1."""
    documents = [(name, load(Path(name).expanduser())) for name in arguments.answers]
    library: Library | None = None
    try:
        library = Library.open(library_path(arguments))
    except NoLibrary:
        if not arguments.file:
            raise
    with library or nullcontext():
        checked = [(name, intact(one), verify(one, library, files=arguments.file)) for name, one in documents]
    if arguments.json:
        print_json({"answers": [_plain(*one) for one in checked]})
    else:
        print("\n\n".join(_said(*one) for one in checked))
    good = all(sealed and all(one.state == VERIFIED for one in found) for _, sealed, found in checked)
    return 0 if good else 1


def _plain(name: str, sealed: bool, found: Sequence[Verdict]) -> dict[str, Any]:
    return {"file": name, "intact": sealed, "quotes": [one.to_dict() for one in found]}


def _said(name: str, sealed: bool, found: Sequence[Verdict]) -> str:
    lines = []
    for one in found:
        which = f"answer {one.answer}, {one.kind} {one.number}"
        place = f"{one.document_id}:{one.start}-{one.end}"
        lines.append(
            terminal.indented(f"{one.state.upper()}: {which}, {one.label} ({place}): {one.note}", "  ")
        )
        if one.found and one.state != MISSING:
            lines.append(f"    at {one.found[0]}-{one.found[1]}")
    count = sum(one.state == VERIFIED for one in found)
    lines.append(f"{count} of {plural(len(found), 'quote')} verified")
    seal_line = "" if sealed else "  THE FILE WAS CHANGED since it was sealed (its own SHA-256 differs)\n"
    return f"{name}\n{seal_line}" + "\n".join(lines)
