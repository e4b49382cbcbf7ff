"""Where the evaluation sets lie, for the scripts beside this one."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from index.encoders import Encoder, load_encoder  # noqa: E402
from index.library import Library  # noqa: E402
from qa import evalsets  # noqa: E402

SETS = ROOT.parent / "shared" / "eval"


def questions(name: str) -> list[evalsets.Question]:
    """The questions of a set."""
    return evalsets.questions(SETS / name)


def library_of(name: str, *, encoder: Encoder | None = None, distractors: tuple[str, ...] = ()) -> Library:
    """The library of a set's corpus and of ``distractors`` mixed in, kept in the cache folder."""
    mixed = [SETS / other for other in distractors]
    return evalsets.set_library(SETS / name, encoder or load_encoder(), distractors=mixed)
