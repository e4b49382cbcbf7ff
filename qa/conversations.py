"""Conversations, kept in ``user.sqlite`` for each user: listed, renamed, searched, reopened, deleted.

Every user sees only their own. What :mod:`qa.user_store` switches off is not written at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from index.errors import UsageError
from index.records import plain_key
from qa.records import Answer
from qa.stored_answers import restored, stored
from qa.user_store import Connection, UserStore, now, text

#: Characters of a title made of a first question.
LONGEST_TITLE = 120
#: Written without spaces between words: each letter is a word of its own.
_UNSPACED = re.compile(r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation in a list; times as :func:`qa.user_store.now`, ``count`` its questions."""

    id: int
    title: str
    started: str
    changed: str
    count: int

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {name: getattr(self, name) for name in ("id", "title", "started", "changed", "count")}


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its answer, number ``number`` (from 1) of its conversation."""

    number: int
    asked: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class FoundTurn:
    """A turn that a search found, and the conversation to reopen at it."""

    conversation: Conversation
    turn: Turn


_LISTED = (
    "SELECT c.id, c.title, c.started, c.changed, count(t.id) FROM conversations c"
    " JOIN turns t ON t.conversation = c.id WHERE c.user = ?"
)


class Conversations:
    """The conversations of ``user`` ("": the one user of an app without log-in). Safe from any thread."""

    def __init__(self, store: UserStore, user: str = "") -> None:
        self.store = store
        self.user = text(user)

    def start(self, title: str = "") -> int | None:
        """Begin a conversation; None when nothing is kept. It is listed from its first answer on."""
        return self.store.note(lambda db: self._begin(db, title), self.user)

    def append(self, conversation: int | None, answer: Answer) -> int | None:
        """Keep an answer; None begins a conversation. Returns its number, None when nothing is kept.

        What cannot be written is a notice of the store, never an error: no answer is lost to it.
        Raises UsageError for a conversation that is not the user's.
        """

        def work(db: Connection) -> int:
            number = self._begin(db, "") if conversation is None else self._mine(db, conversation)
            when, question = now(), text(answer.question)
            row = db.execute(
                "INSERT INTO turns(conversation, asked, answer) VALUES(?,?,?)", (number, when, stored(answer))
            ).lastrowid
            said = "\n".join([question, answer.completed_question, *(q.text for q in answer.quotes)])
            db.execute("INSERT INTO turn_words(rowid, words) VALUES(?,?)", (row, _words(said)))
            title = _title(question)
            db.execute(
                "UPDATE conversations SET changed = ?, title = CASE title WHEN '' THEN ? ELSE title END"
                " WHERE id = ?",
                (when, title, number),
            )
            return number

        return self.store.note(work, self.user)

    def list(self, most: int | None = None) -> list[Conversation]:
        """The conversations that have an answer, the newest first."""
        rows = self.store.rows(
            f"{_LISTED} GROUP BY c.id ORDER BY c.changed DESC, c.id DESC LIMIT ?",
            self.user,
            -1 if most is None else most,
        )
        return [_listed(row) for row in rows]

    def load(self, conversation: int) -> tuple[Turn, ...]:
        """The turns of a conversation, in order; the answers serve as ``history``. Raises UsageError."""

        def work(db: Connection) -> Sequence[Any] | None:
            self._mine(db, conversation)
            return db.execute(
                "SELECT asked, answer FROM turns WHERE conversation = ? ORDER BY id", (conversation,)
            ).fetchall()

        rows = self.store.read(work, None)
        if rows is None:
            raise _unknown(conversation)
        return tuple(Turn(n, asked, restored(answer)) for n, (asked, answer) in enumerate(rows, 1))

    def rename(self, conversation: int, title: str) -> None:
        """Give a conversation another title. Raises UsageError for an empty one."""
        if not (title := _title(title)):
            raise UsageError("the title is empty; write one")

        def work(db: Connection) -> None:
            db.execute(
                "UPDATE conversations SET title = ? WHERE id = ?", (title, self._mine(db, conversation))
            )

        self.store.write(work)

    def delete(self, conversation: int) -> None:
        """Delete a conversation; its words leave the disk. Raises UsageError."""
        self.store.write(lambda db: _delete(db, [self._mine(db, conversation)]), erase=True)

    def clear(self) -> int:
        """Delete all conversations of the user; returns how many there were."""

        def work(db: Connection) -> int:
            ids = [row[0] for row in db.execute("SELECT id FROM conversations WHERE user = ?", (self.user,))]
            _delete(db, ids)
            return len(ids)

        return self.store.write(work, erase=True) if self.store.path.exists() else 0

    def search(self, words: str, most: int = 50) -> Sequence[FoundTurn]:
        """The turns whose question or quotes hold every one of ``words`` or a longer one, newest first.

        Case, accents and marks don't count. No words find nothing.
        """
        asked = [word for word in re.split(r"\s+", words) if _words(word).strip()]
        if not asked:
            return []

        def work(db: Connection) -> Sequence[Any]:
            whole = db.execute("SELECT sql FROM sqlite_master WHERE name = 'turn_words'").fetchone()[0]
            if "fts5" in whole:
                found, values = (
                    "turn_words MATCH ?",
                    [" ".join(f'"{_words(word).strip()}"*' for word in asked)],
                )
            else:
                found = " AND ".join(["words LIKE ?"] * len(asked))
                values = [f"% {_words(word).strip()}%" for word in asked]
            return db.execute(
                "SELECT c.id, c.title, c.started, c.changed,"
                " (SELECT count(*) FROM turns WHERE conversation = c.id),"
                " (SELECT count(*) FROM turns WHERE conversation = c.id AND id <= t.id), t.asked, t.answer"
                " FROM turns t JOIN conversations c ON c.id = t.conversation WHERE c.user = ?"
                f" AND t.id IN (SELECT rowid FROM turn_words WHERE {found})"
                " ORDER BY t.asked DESC, t.id DESC LIMIT ?",
                (self.user, *values, most),
            ).fetchall()

        nothing: Sequence[Any] = ()
        return [
            FoundTurn(_listed(row[:5]), Turn(row[5], row[6], restored(row[7])))
            for row in self.store.read(work, nothing)
        ]

    def _begin(self, db: Connection, title: str) -> int:
        when = now()
        found = db.execute(
            "INSERT INTO conversations(user, title, started, changed) VALUES(?,?,?,?)",
            (self.user, _title(title), when, when),
        ).lastrowid
        assert found is not None
        return found

    def _mine(self, db: Connection, conversation: int) -> int:
        query = "SELECT 1 FROM conversations WHERE id = ? AND user = ?"
        if db.execute(query, (conversation, self.user)).fetchone() is None:
            raise _unknown(conversation)
        return conversation


def _delete(db: Connection, ids: list[int]) -> None:
    for one in ids:
        db.execute(
            "DELETE FROM turn_words WHERE rowid IN (SELECT id FROM turns WHERE conversation = ?)", (one,)
        )
        db.execute("DELETE FROM conversations WHERE id = ?", (one,))


def _unknown(conversation: int) -> UsageError:
    return UsageError(f"there is no conversation {conversation}; list them with: litquote history")


def _listed(row: Any) -> Conversation:
    return Conversation(*row)


def _title(title: str) -> str:
    plain = " ".join(text(title).split())
    return plain if len(plain) <= LONGEST_TITLE else f"{plain[: LONGEST_TITLE - 1]}…"


def _words(said: str) -> str:
    """The words of ``said`` as they are searched: letters and digits, no accents, a space before each."""
    spaced = _UNSPACED.sub(r" \1 ", unicodedata.normalize("NFKC", text(said)))
    return f" {plain_key(spaced)} "
