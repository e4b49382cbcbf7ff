"""Progress for people at a terminal: a bar while sources are read, a word before a long silence."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from index.encoders import is_prepared
from index.errors import EncoderError
from index.library import Library
from index.reports import OnProgress, Progress

if TYPE_CHECKING:
    from qa.assistant import Assistant


def announce(encoder: str | None = None) -> None:
    """Say on standard error that the first use of an encoder takes a while, if it is the first."""
    if not is_prepared(encoder):
        sys.stderr.write("preparing the embedding model, once, for about 20 seconds …\n")
        sys.stderr.flush()


def announce_reader(reader: str) -> None:
    """Say on standard error that the first use of a reader takes a while, if it is the first."""
    from qa import reader as readers

    try:
        prepared = readers.is_prepared(reader)
    except EncoderError:  # loading it says so, and what to do
        return
    if not prepared:
        sys.stderr.write("preparing the reader, once, for about 20 seconds …\n")
        sys.stderr.flush()


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[OnProgress | None]:
    """A progress bar on standard error, where somebody watches."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    with tqdm(unit=" files", dynamic_ncols=True, leave=False) as bar:

        def show(progress: Progress) -> None:
            bar.total = progress.total_files
            bar.n = progress.files
            seconds = max(bar.format_dict["elapsed"], 1e-3)
            bar.set_postfix_str(
                f"{progress.documents:,} documents, {progress.passages:,} passages, "
                f"{progress.passages / seconds:.0f} passages/s, {Path(progress.uri).name[:30]}"
            )

        yield show


@contextmanager
def shard_progress(total: int, *, quiet: bool = False) -> Iterator[Callable[[int, str], None] | None]:
    """A progress bar over the sources of a shard; a line a minute where it is written to a file."""
    if quiet:
        yield None
        return
    from tqdm import tqdm

    watched = sys.stderr.isatty()
    with tqdm(
        total=total, unit=" files", dynamic_ncols=watched, leave=False, mininterval=0.3 if watched else 60
    ) as bar:

        def show(count: int, uri: str) -> None:
            bar.set_postfix_str(Path(uri).name[:30], refresh=False)
            bar.update(count - bar.n)

        yield show


@contextmanager
def counter() -> Iterator[Callable[[int, str], None]]:
    """A running count on standard error; a line a minute where it is written to a file."""
    from tqdm import tqdm

    watched = sys.stderr.isatty()
    with tqdm(unit="", dynamic_ncols=watched, leave=False, mininterval=0.3 if watched else 60) as bar:

        def show(count: int, what: str) -> None:
            if bar.unit != f" {what}" or count < bar.n:
                bar.unit = f" {what}"
                bar.reset()
            bar.update(count - bar.n)

        yield show


def loaded_assistant(arguments: argparse.Namespace, library: Library) -> Assistant:
    """An assistant whose reader is loaded; what its first use takes long for is announced."""
    from qa.assistant import Assistant

    announce(library.manifest.encoder.name)
    announce_reader(arguments.reader or library.manifest.reader)
    assistant = Assistant(library, reader=arguments.reader)
    _ = assistant.reader  # one that cannot be loaded is said now, not at the first question
    return assistant


def complain(error: Exception, code: int) -> int:
    """Say an error on standard error; returns ``code``."""
    sys.stderr.write(f"litquote: {error}\n")
    sys.stderr.flush()
    return code
