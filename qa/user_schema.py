"""The tables of ``user.sqlite``, and how a file of an older litquote becomes one of this.

A step of MIGRATIONS is never changed once it was released; what comes later is a further step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: "LITQ": tells our file from another program's.
APPLICATION_ID = 0x4C495451

_FIRST = """
CREATE TABLE settings(user TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(user, name))
    WITHOUT ROWID;
CREATE TABLE conversations(id INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, title TEXT NOT NULL,
    started TEXT NOT NULL, changed TEXT NOT NULL);
CREATE INDEX conversations_user ON conversations(user, changed);
CREATE TABLE turns(id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL
    REFERENCES conversations(id) ON DELETE CASCADE, asked TEXT NOT NULL, answer TEXT NOT NULL);
CREATE INDEX turns_conversation ON turns(conversation);
CREATE TABLE searches(id INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, at TEXT NOT NULL,
    question TEXT NOT NULL, record TEXT NOT NULL);
CREATE INDEX searches_user ON searches(user, at);
CREATE TABLE verdicts(user TEXT NOT NULL, question TEXT NOT NULL, text_sha256 TEXT NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, at TEXT NOT NULL, answers INTEGER NOT NULL,
    record TEXT NOT NULL, PRIMARY KEY(user, question, text_sha256, start, "end"));
CREATE TABLE saved(id INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, question TEXT NOT NULL,
    filters TEXT NOT NULL, made TEXT NOT NULL, baseline TEXT NOT NULL, generation INTEGER, diff TEXT NOT NULL,
    run TEXT NOT NULL, UNIQUE(user, question, filters));
CREATE TABLE marks(user TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, mark TEXT NOT NULL,
    note TEXT NOT NULL, changed TEXT NOT NULL, PRIMARY KEY(user, name, document))
"""


def _first(db: Any) -> None:
    for statement in _FIRST.split(";"):
        db.execute(statement)
    try:
        db.execute("CREATE VIRTUAL TABLE turn_words USING fts5(words, tokenize='unicode61')")
    except Exception as error:
        if "fts5" not in str(error):
            raise
        # An SQLite built without it: the same columns, looked through one by one.
        db.execute("CREATE TABLE turn_words(words TEXT NOT NULL)")


#: What makes version n + 1 of version n; ``db`` is inside a transaction.
MIGRATIONS: tuple[Callable[[Any], None], ...] = (_first,)

#: What retention deletes of one user: from before a day, everything that was noted by itself.
EXPIRED = (
    "DELETE FROM turn_words WHERE rowid IN (SELECT t.id FROM turns t JOIN conversations c"
    " ON c.id = t.conversation WHERE c.user = ? AND c.changed < ?)",
    "DELETE FROM conversations WHERE user = ? AND changed < ?",
    "DELETE FROM searches WHERE user = ? AND at < ?",
)
