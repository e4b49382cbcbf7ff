"""The commands that bring papers in: add (once, or following folders), rebuild, and what still fails."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import qa.watch as watching
from index.encoders import load_encoder
from index.errors import EncoderError, LibraryBusy, UsageError
from index.library import Library
from index.reports import Report
from qa import terminal
from qa.arguments import is_demo, library_path, print_json
from qa.progress import announce, announce_reader, complain, loaded_assistant, progress


def add(arguments: argparse.Namespace) -> int:
    """``litquote add``."""
    if is_demo(arguments):
        raise UsageError("the demo library keeps to its own paper; name another, or none for your own")
    path = library_path(arguments)
    if not (arguments.paths or arguments.reader):
        raise UsageError("name files or folders to add")
    followed = watching.folders(arguments.paths) if arguments.watch else []
    import index.sources.pdf as pdf

    pdf.configure(ocr=arguments.ocr, languages=arguments.ocr_language)
    reader = _named_reader(arguments)
    encoder = None
    if arguments.encoder or not (path / "CURRENT").exists():
        announce(arguments.encoder)
        encoder = load_encoder(arguments.encoder)
    with Library.create(path, encoder=encoder) as library:
        with progress(quiet=arguments.json) as on_progress:
            retry = arguments.retry or arguments.ocr
            report = library.add(arguments.paths, reader=reader, retry=retry, on_progress=on_progress)
        code = show(arguments, report)
        try:
            loaded_assistant(arguments, library)
        except (EncoderError, UsageError) as error:  # the papers are stored; only asking needs the reader
            complain(error, code)
        if followed:
            _watch(arguments, library, followed, report)
    return code


def _watch(arguments: argparse.Namespace, library: Library, followed: Sequence[Path], before: Report) -> None:
    """Follow folders until the user interrupts; with ``--json`` each news is a line."""

    def tell(news: Report) -> None:
        if arguments.json:
            print_json(news.to_dict(), indent=None)
            sys.stdout.flush()
        else:
            print(f"\n{datetime.now().astimezone():%H:%M:%S}\n{terminal.report(news)}", flush=True)

    sys.stderr.write("following; end with Ctrl+C\n")
    sys.stderr.flush()

    def busy(error: LibraryBusy) -> None:
        complain(error, 0)

    with suppress(KeyboardInterrupt):  # the way to end it
        watching.watch(library, followed, tell, before=before, on_busy=busy)


def rebuild(arguments: argparse.Namespace) -> int:
    """``litquote rebuild``."""
    reader = _named_reader(arguments)
    with Library.open(library_path(arguments)) as library, progress(quiet=arguments.json) as on_progress:
        encoder = None
        if arguments.encoder or arguments.precision != "auto":
            name = arguments.encoder or library.manifest.encoder.name
            announce(name)
            encoder = load_encoder(name, precision=arguments.precision)
        settings = library.manifest.settings
        if arguments.index:
            settings = replace(settings, index=arguments.index)
        change: dict[str, Any] = {
            "encoder": encoder, "settings": settings, "reader": reader, "on_progress": on_progress,
        }  # fmt: skip
        if arguments.ray is None:
            report = library.rebuild(arguments.paths, anew=arguments.anew, **change)
        else:
            from index import ray_build

            change |= {"address": arguments.ray or None, "wait": arguments.ray_wait}
            with redirect_stdout(sys.stderr):  # Ray prints what becomes of its workers
                report = ray_build.rebuild(library, arguments.paths, **change)
    return show(arguments, report)


def _named_reader(arguments: argparse.Namespace) -> str | None:
    """The name under which ``--reader`` is found from any folder; loaded before anything is written."""
    if arguments.reader is None:
        return None
    from qa.reader import load_reader

    announce_reader(arguments.reader)
    reader = load_reader(arguments.reader)
    return "none" if reader is None else reader.name


def show(arguments: argparse.Namespace, report: Report) -> int:
    """Print what was done; returns the exit code."""
    if arguments.json:
        print_json(report.to_dict(), indent=None if arguments.command is add and arguments.watch else 2)
    else:
        print(terminal.report(report))
    return 1 if report.failed else 0


def failures(arguments: argparse.Namespace) -> int:
    """``litquote failures``."""
    with Library.open(library_path(arguments)) as library:
        found = library.failures()
    if arguments.json:
        print_json([{"uri": one.uri, "reason": one.reason} for one in found])
    else:
        print(terminal.failures(found) if found else "Everything that was added could be read.")
    return 0
