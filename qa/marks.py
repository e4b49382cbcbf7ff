"""Include/exclude marks and notes on the rows of evidence tables, by table name, in ``user.sqlite``."""

from __future__ import annotations

from collections.abc import Mapping

from index.errors import UsageError
from qa.table import MARKS
from qa.user_store import Connection, UserStore, now, text


class RowMarks:
    """The marks of ``user`` in the table called ``name``; they stay when the table is made again."""

    def __init__(self, store: UserStore, name: str, user: str = "") -> None:
        self.store = store
        self.name, self.user = " ".join(text(name).split()), text(user)
        if not self.name:
            raise UsageError("the table has no name; give it one")

    def set(self, document_id: str, mark: str | None = None, note: str | None = None) -> None:
        """Mark a row ``include``, ``exclude`` or "" and note something; None leaves either as it is.

        Raises UsageError for another mark.
        """
        if mark and mark not in MARKS:
            raise UsageError(f"a row is marked {' or '.join(MARKS)}, not {mark!r}")

        def work(db: Connection) -> None:
            held = db.execute(
                "SELECT mark, note FROM marks WHERE user = ? AND name = ? AND document = ?",
                (self.user, self.name, document_id),
            ).fetchone() or ("", "")
            new = (held[0] if mark is None else mark, held[1] if note is None else text(note))
            db.execute("DELETE FROM marks WHERE user = ? AND name = ? AND document = ?", key)
            if any(new):
                db.execute("INSERT INTO marks VALUES(?,?,?,?,?,?)", (*key, *new, now()))

        key = (self.user, self.name, document_id)
        self.store.write(work, erase=True)

    def all(self) -> Mapping[str, tuple[str, str]]:
        """Mark and note by document id, for :meth:`qa.table.EvidenceTable.marked`."""
        rows = self.store.rows(
            "SELECT document, mark, note FROM marks WHERE user = ? AND name = ?", self.user, self.name
        )
        return {str(document): (str(mark), str(note)) for document, mark, note in rows}

    def clear(self) -> None:
        """Forget all marks and notes of this table."""
        if self.store.path.exists():
            statement = "DELETE FROM marks WHERE user = ? AND name = ?"
            self.store.write(lambda db: db.execute(statement, (self.user, self.name)), erase=True)


def named(store: UserStore, user: str = "") -> list[str]:
    """The names of the tables that have marks."""
    rows = store.rows("SELECT DISTINCT name FROM marks WHERE user = ? ORDER BY name", text(user))
    return [str(name) for (name,) in rows]
