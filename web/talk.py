"""What one browser tab has asked and looks at."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from dataclasses import dataclass, field
from pathlib import Path

from index.records import Filters
from qa.records import Answer
from qa.table import EvidenceTable
from web import cards, render
from web.desk import Kept
from web.shelf import Asked


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, its answer as HTML, and the answer; None where it was stopped or could not be given."""

    question: str
    body: str
    answer: Answer | None = None
    complete: bool = True


@dataclass(slots=True, weakref_slot=True)
class Talk:
    """The conversation of a tab with the library ``key``, and what it shows of that library.

    ``generation`` is the one last drawn; setting ``stop`` ends the question that is being answered, which
    is so while ``pending``. ``table`` is the evidence table last made; ``conversation`` is its number where
    it is kept, ``user`` whose it is.
    """

    key: str = ""
    turns: list[Turn] = field(default_factory=list)
    filters: Filters | None = None
    asked: Asked = field(default_factory=Asked)
    generation: int = -1
    stop: threading.Event | None = None
    pending: bool = False
    user: str = ""
    conversation: int | None = None
    table: EvidenceTable | None = None
    _folder: str = ""

    @property
    def folder(self) -> Path:
        """A folder for files to be downloaded, which goes with the tab."""
        if not self._folder:
            self._folder = tempfile.mkdtemp(prefix="litquote-")
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return Path(self._folder)

    @property
    def fresh(self) -> bool:
        """Whether nothing has been asked yet."""
        return not self.turns and not self.pending

    def html(
        self, *, empty: bool, examples: str = "", pending: tuple[str, str] | None = None, at: int = 0
    ) -> str:
        """The conversation; ``pending`` is the question at hand and the state of its answer.

        ``examples`` are shown before the first question; turn ``at`` is scrolled to, else the last one.
        """
        turns = [(turn.question, turn.body) for turn in self.turns]
        turns += [pending] if pending else []
        drawn = (cards.turn(n, question, body) for n, (question, body) in enumerate(turns, 1))
        return render.transcript(drawn, empty=empty, examples=examples, at=at)

    def kept(self) -> list[Kept]:
        """The quotes of the conversation."""
        return [
            Kept(f"Quote {n} of question {number}: {turn.question}", quote)
            for number, turn in enumerate(self.turns, 1)
            if turn.answer is not None
            for n, quote in enumerate(turn.answer.quotes, 1)
        ]

    def before(self, turn: int) -> list[Answer]:
        """The last answer before the turn (from 1), which its question may lean on."""
        answers = [one.answer for one in self.turns[: turn - 1] if one.answer is not None]
        return answers[-1:]
