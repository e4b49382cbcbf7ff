"""A living review: saved questions, asked again when the library has changed; what became of their quotes.

Each saved question has a baseline in ``user.sqlite``: every quote above the bar when it was last accepted. A
run compares quote by quote (:mod:`qa.living_diff`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from index.errors import UsageError
from index.library import Library
from index.records import Filters
from qa.assistant import Assistant
from qa.extract import Candidate, Judged
from qa.living_diff import Change, Diff, compare
from qa.quoting import quotes_of
from qa.records import Answer, Quote
from qa.search_log import SearchLog
from qa.stored_answers import filters_dict, filters_of, restored_quotes, stored_quotes
from qa.user_store import Connection, UserStore, now, text

__all__ = ["Change", "Diff", "SavedQuestion", "SavedQuestions", "relevant"]

#: Quotes kept for one question.
MOST_QUOTES = 1000


@dataclass(frozen=True, slots=True)
class SavedQuestion:
    """``generation`` and ``run`` tell what answered last and when, None and "" before the first run."""

    id: int
    question: str
    filters: Filters | None
    made: str
    generation: int | None
    run: str
    quotes: int

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {
            "id": self.id,
            "question": self.question,
            "filters": filters_dict(self.filters),
            "made": self.made,
            "generation": self.generation,
            "run": self.run,
            "quotes": self.quotes,
        }


class SavedQuestions:
    """The saved questions of ``user`` in one store. Safe from any thread."""

    def __init__(self, store: UserStore, user: str = "") -> None:
        self.store = store
        self.user = text(user)

    def add(self, question: str, filters: Filters | None = None) -> int:
        """Save a question with its filters; returns its number, that of the same one if it is saved already.

        Its first run makes the baseline. Raises UsageError for an empty question.
        """
        plain = " ".join(text(question).split())
        if not plain:
            raise UsageError("the question is empty; write what you want to know")
        key = (self.user, plain, json.dumps(filters_dict(filters), sort_keys=True))

        def work(db: Connection) -> int:
            db.execute("INSERT OR IGNORE INTO saved VALUES(NULL,?,?,?,?,'',NULL,'','')", (*key, now()))
            query = "SELECT id FROM saved WHERE user = ? AND question = ? AND filters = ?"
            return int(db.execute(query, key).fetchone()[0])

        return self.store.write(work)

    def list(self) -> Sequence[SavedQuestion]:
        """The saved questions, oldest first."""
        query = "SELECT id, question, filters, made, generation, run, baseline FROM saved WHERE user = ?"
        return [_saved(row) for row in self.store.rows(f"{query} ORDER BY id", self.user)]

    def get(self, saved: int) -> SavedQuestion:
        """One of them. Raises UsageError."""
        return next((one for one in self.list() if one.id == saved), None) or _unknown(saved)

    def due(self, library: Library) -> Sequence[SavedQuestion]:
        """Those that were not run since the library changed."""
        generation = library.manifest.generation
        return [one for one in self.list() if one.generation != generation]

    def remove(self, saved: int) -> None:
        """Forget a saved question with its baseline. Raises UsageError."""
        self.get(saved)
        query = "DELETE FROM saved WHERE id = ? AND user = ?"
        self.store.write(lambda db: db.execute(query, (saved, self.user)), erase=True)

    def last(self, saved: int) -> dict[str, Any] | None:
        """The JSON form of the last accepted diff; None before there was one. Raises UsageError."""
        self.get(saved)
        ((found,),) = self.store.rows("SELECT diff FROM saved WHERE id = ?", saved)
        return dict(json.loads(str(found))) if found else None

    def run(
        self,
        assistant: Assistant,
        ids: Iterable[int] = (),
        *,
        accept: bool = True,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Sequence[Diff]:
        """Ask the saved questions (or those with ``ids``) again, and tell what became of their quotes.

        With ``accept`` what is found becomes the baseline; without it the next run compares with the old
        one. ``on_progress`` hears how many are done, of how many. Raises UsageError for an unknown id.
        """
        asked = [self.get(one) for one in ids] or self.list()
        made = []
        for number, saved in enumerate(asked, 1):
            with assistant.reading() as mine:
                answer, ranked, judged = relevant(mine, saved.question, saved.filters)
                baseline = self._baseline(saved)
                diff = compare(mine, saved.filters, baseline, answer, ranked, judged)
                diff = replace(diff, saved=saved.id, before=saved.generation)
            SearchLog(self.store, self.user).add(assistant.library, answer, saved.filters, via="saved")
            if accept:
                self._accept(diff, answer.quotes)
            made.append(diff)
            if on_progress:
                on_progress(number, len(asked))
        return made

    def _baseline(self, saved: SavedQuestion) -> tuple[Quote, ...] | None:
        rows = self.store.rows("SELECT baseline FROM saved WHERE id = ?", saved.id)
        return restored_quotes(str(rows[0][0])) if rows and rows[0][0] else None

    def _accept(self, diff: Diff, quotes: tuple[Quote, ...]) -> None:
        values = (
            stored_quotes(quotes),
            diff.generation,
            json.dumps(diff.to_dict()),
            diff.at,
            diff.saved,
            self.user,
        )
        query = "UPDATE saved SET baseline = ?, generation = ?, diff = ?, run = ? WHERE id = ? AND user = ?"
        self.store.write(lambda db: db.execute(query, values))


def relevant(
    assistant: Assistant, question: str, filters: Filters | None
) -> tuple[Answer, list[Candidate], list[Judged]]:
    """An answer with every quote above the bar, not only the first few, and how it came about."""
    ranked = assistant.rank(question, filters)
    library = assistant.library
    judged = assistant.judged(question, ranked, most=MOST_QUOTES)
    quotes = quotes_of(library, assistant.calibration, judged)
    manifest, reader = library.manifest, assistant.reader
    answer = Answer(
        question,
        question,
        "answered" if quotes else "not_found",
        quotes,
        library={"generation": manifest.generation, "encoder": manifest.encoder.name},
        trace={
            "reader": None if reader is None else reader.name,
            "calibrated": assistant.calibration.holds_for(*assistant.made_with),
            "filters": library.select(filters).to_dict() if filters else {},
            "expansions": assistant.retriever.expansion(question).to_list(),
        },
    )
    return answer, ranked, judged


def _saved(row: Sequence[Any]) -> SavedQuestion:
    number, question, filters, made, generation, run, baseline = row
    quotes = len(json.loads(baseline)["quotes"]) if baseline else 0
    return SavedQuestion(number, question, filters_of(json.loads(filters)), made, generation, run, quotes)


def _unknown(saved: int) -> SavedQuestion:
    raise UsageError(f"there is no saved question {saved}; list them with: litquote saved list")
