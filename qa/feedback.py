"""Verdicts on quotes, "answers" or "does not answer", and the labelled set that is made of them.

The set is what ``litquote eval`` and ``litquote calibrate`` read (docs/evaluation.md). A quote that answers
gives the place of an answer. A question of which every quote shown was judged not to answer becomes one that
the library cannot answer; one of which only some were says nothing and is left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from index.errors import LibraryDamaged, UsageError
from index.library import Library
from index.sentences import sentences
from qa.records import Answer, Quote
from qa.user_store import Connection, UserStore, now, text


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a user said of a quote: ``answers`` or not; ``question`` as it was searched.

    Positions as those of a quote, ``quote`` its text and ``quote_sha256`` the hash of that; ``shown`` is how
    many quotes its answer had.
    """

    question: str
    document_id: str
    text_sha256: str
    start: int
    end: int
    focus: tuple[int, int]
    quote: str
    quote_sha256: str
    answers: bool
    shown: int
    user: str = ""
    at: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        return asdict(self) | {"focus": list(self.focus)}


@dataclass(frozen=True, slots=True)
class Exported:
    """What :meth:`Feedback.export` wrote: numbers of questions, and what was left out with the reason."""

    path: Path
    answerable: int
    unanswerable: int
    left_out: tuple[tuple[str, str], ...] = ()


class Feedback:
    """The verdicts of ``user`` in one store. Safe from any thread; works with the history switched off."""

    def __init__(self, store: UserStore, user: str = "") -> None:
        self.store = store
        self.user = text(user)

    def judge(self, answer: Answer, quote: Quote, answers: bool | None) -> None:
        """Keep what the user says of one quote of an answer; None takes it back. Raises UsageError.

        A later verdict replaces an earlier one. The question is the completed one.
        """
        if quote not in (*answer.quotes, *answer.nearest):
            raise UsageError("this quote is none of that answer; judge one that was shown with it")
        question = text(answer.completed_question)
        key = (self.user, question, quote.text_sha256, quote.start, quote.end)
        digest = hashlib.sha256(quote.text.encode()).hexdigest()
        made = Verdict(
            question,
            quote.document_id,
            quote.text_sha256,
            quote.start,
            quote.end,
            quote.focus,
            quote.text,
            digest,
            bool(answers),
            len(answer.quotes),
            self.user,
            now(),
        )

        def work(db: Connection) -> None:
            db.execute(
                "DELETE FROM verdicts WHERE user = ? AND question = ? AND text_sha256 = ? AND start = ?"
                ' AND "end" = ?',
                key,
            )
            if answers is not None:
                record = json.dumps(made.to_dict())
                db.execute(
                    "INSERT INTO verdicts VALUES(?,?,?,?,?,?,?,?)", (*key, made.at, int(answers), record)
                )

        self.store.write(work)

    def of(self, answer: Answer) -> dict[tuple[str, int, int], bool]:
        """The verdicts on quotes of an answer, by text, start and end."""
        rows = self.store.rows(
            'SELECT text_sha256, start, "end", answers FROM verdicts WHERE user = ? AND question = ?',
            self.user,
            text(answer.completed_question),
        )
        return {(str(sha), int(str(low)), int(str(high))): bool(said) for sha, low, high, said in rows}

    def list(self, *, everyone: bool = False) -> Sequence[Verdict]:
        """The verdicts, oldest first; with ``everyone`` those of all users. Raises LibraryDamaged."""
        where = "" if everyone else " WHERE user = ?"
        values = () if everyone else (self.user,)
        rows = self.store.rows(f"SELECT record FROM verdicts{where} ORDER BY at, rowid", *values)
        try:
            return [msgspec.convert(json.loads(str(record)), Verdict) for (record,) in rows]
        except (ValueError, TypeError) as error:
            raise LibraryDamaged(f"a stored verdict cannot be read ({error}); clear them") from error

    def clear(self) -> int:
        """Delete the verdicts of the user; returns how many there were."""
        if not self.store.path.exists():
            return 0
        statement = "DELETE FROM verdicts WHERE user = ?"
        return self.store.write(lambda db: db.execute(statement, (self.user,)).rowcount, erase=True)

    def export(self, library: Library, folder: Path, *, everyone: bool = False) -> Exported:
        """Write ``questions.jsonl`` into ``folder`` for this library. Raises UsageError where it cannot be.

        An answer is the sentence, or the sentences, that the quote's focus lies in. Quotes on which users
        disagree, and those whose words the paper no longer has, are left out, with the reason.
        """
        by_question: dict[str, list[Verdict]] = {}
        for one in self.list(everyone=everyone):
            by_question.setdefault(one.question, []).append(one)
        lines, left_out = [], []
        with library.lock:
            library.refresh()
            for question, verdicts in by_question.items():
                line, problems = _labelled(library, question, verdicts)
                left_out += [(question, problem) for problem in problems]
                if line is not None:
                    lines.append(line)
        path = folder / "questions.jsonl"
        if not lines:
            raise UsageError(
                "there is no verdict to export; say of quotes on the page whether they answer, then try again"
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            path.write_text(content, "utf-8", newline="\n")
        except OSError as error:
            raise UsageError(f"{path} cannot be written ({error.strerror})") from error
        good = sum(line["answerable"] for line in lines)
        return Exported(path, good, len(lines) - good, tuple(left_out))


def _labelled(
    library: Library, question: str, verdicts: Sequence[Verdict]
) -> tuple[dict[str, Any] | None, list[str]]:
    """A line of the set, or None where the verdicts don't make one; and what was left out of it, and why."""
    said: dict[tuple[str, int, int], set[bool]] = {}
    for one in verdicts:
        said.setdefault((one.text_sha256, one.start, one.end), set()).add(one.answers)
    agreed = {key: known.pop() for key, known in said.items() if len(known) == 1}
    problems = [f"users disagree on {n}" for n in [len(said) - len(agreed)] if n]
    answers: list[dict[str, Any]] = []
    wrong: list[dict[str, Any]] = []
    for one in {(v.text_sha256, v.start, v.end): v for v in verdicts}.values():
        if (answered := agreed.get((one.text_sha256, one.start, one.end))) is None:
            continue
        place, problem = _place(library, one)
        if place is not None:
            (answers if answered else wrong).append(place)
        elif answered:
            problems.append(problem)
    name = hashlib.sha256(question.encode()).hexdigest()[:12]
    line: dict[str, Any] = {"id": name, "question": question, "answerable": True, "answers": answers}
    if wrong:
        line["wrong"] = wrong
    if answers:
        return line, problems
    refused = sum(not answered for answered in agreed.values())
    if refused == len(said) and refused >= max(1, *(one.shown for one in verdicts)):
        return line | {"answerable": False}, problems
    return None, problems or ["no quote was said to answer, and not all were judged"]


def _place(library: Library, one: Verdict) -> tuple[dict[str, Any] | None, str]:
    """Where the sentences of the focus stand in the paper's text of today."""
    try:
        document = library.document(one.document_id)
    except UsageError:
        return None, f"{one.document_id} is no longer in the library"
    low, high = one.focus
    spans = sentences(one.quote, 0, len(one.quote))
    inside = [(a, b) for a, b in spans if a + one.start < high and low < b + one.start] or [
        (0, len(one.quote))
    ]
    start, end = inside[0][0], inside[-1][1]
    words, at = one.quote[start:end], one.start + start
    content = document.text.content
    if not content.startswith(words, at):
        if content.count(words) != 1:
            return None, f"{document.id} has another text now, where the quote does not stand once"
        at = content.index(words)
    return {"doc_id": document.id, "start": at, "text": words}, ""
