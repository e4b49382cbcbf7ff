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
from web import cards, exports, render
from web.desk import Kept
from web.shelf import Asked

#: For all tabs: a state of Gradio's is copied, which a lock cannot be.
_BEGINNING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, its answer as HTML, and the answer; None where it was stopped or could not be given.

    ``asked`` is when (UTC, ISO).
    """

    question: str
    body: str
    answer: Answer | None = None
    complete: bool = True
    asked: str = ""


@dataclass(slots=True, weakref_slot=True)
class Talk:
    """The conversation of a tab with the library ``key``, and what it shows of that library.

    ``generation`` is the one last drawn; ``stop`` is there while the question ``asking`` is answered, and
    ends that when it is set. ``table`` is the evidence table last made; ``conversation`` is its number where
    it is kept, ``user`` whose it is.
    """

    key: str = ""
    turns: list[Turn] = field(default_factory=list)
    filters: Filters | None = None
    asked: Asked = field(default_factory=Asked)
    generation: int = -1
    stop: threading.Event | None = None
    asking: str = ""
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
        return not self.turns and self.stop is None

    def begin(self, question: str) -> threading.Event | None:
        """What will stop ``question``, asked from now on; None while another one is being answered."""
        with _BEGINNING:
            if self.stop is not None:
                return None
            self.asking, self.stop = question.strip(), threading.Event()
            return self.stop

    def end(self, stop: threading.Event) -> None:
        """The question that ``stop`` would have stopped is answered."""
        if self.stop is stop:
            self.stop = None

    def leave(self) -> None:
        """Stop the question that is being answered, and wait for it no longer."""
        if self.stop is not None:
            self.stop.set()
            self.stop = None

    def html(
        self, *, empty: bool, examples: str = "", pending: tuple[str, str] | None = None, at: int = 0
    ) -> str:
        """The conversation; ``pending`` is the question at hand and the state of its answer.

        ``examples`` are shown before the first question; turn ``at`` is scrolled to, else the last one.
        """
        turns = [(turn.question, turn.body) for turn in self.turns]
        turns += [pending] if pending else []
        drawn = (cards.turn(n, question, body) for n, (question, body) in enumerate(turns, 1))
        answers = [one.answer for one in self.turns if one.answer is not None]
        whole = exports.form(0, answers) if len(answers) > 1 else ""
        return render.transcript(drawn, empty=empty, examples=examples, at=at, more=whole)

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
