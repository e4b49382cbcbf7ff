"""The demo library: built from the seeds, never mixed with the user's own papers."""

from __future__ import annotations

from itertools import chain, count
from pathlib import Path

from index.errors import LibraryMismatch, UsageError
from index.library import Library
from index.places import DEMO, data_folder
from index.reports import OnProgress

SEEDS = Path(__file__).resolve().parent.parent / "seeds"


def demo_path() -> Path:
    """Where the demo library lies: beside the user's, in the platform's data folder."""
    return data_folder() / DEMO


def demo_library(*, on_progress: OnProgress | None = None) -> Library:
    """The demo library, built or brought up to date first. Raises UsageError when the seeds are missing."""
    if not SEEDS.is_dir():
        raise UsageError(f"the seed documents are missing at {SEEDS}; install litquote from its repository")
    try:
        library = Library.create(demo_path())
    except LibraryMismatch:  # of another litquote, and quickly made again
        demo_path().rename(_free(demo_path().with_name("demo-old")))
        library = Library.create(demo_path())
    try:
        library.encoder  # noqa: B018  an older demo may have been made with another encoder
    except LibraryMismatch:
        library.rebuild(on_progress=on_progress)
    library.add([SEEDS], on_progress=on_progress)
    return library


def _free(path: Path) -> Path:
    """``path``, or with the first number after it that nothing is called."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(place for place in chain([path], numbered) if not place.exists())
