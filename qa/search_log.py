"""The search log: every question with all that decided what was found, kept for a methods section.

Written by itself for each user unless that is off (:mod:`qa.user_store`); :mod:`qa.prisma` makes a paragraph
of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from index.errors import LibraryDamaged
from index.library import Library
from index.manifest import litquote_version
from index.records import Filters
from qa.records import Answer
from qa.stored_answers import filters_dict
from qa.user_store import Connection, UserStore, now, text

if TYPE_CHECKING:
    from qa.table import EvidenceTable


@dataclass(frozen=True, slots=True)
class LoggedSearch:
    """A search as it was run; ``via`` is what ran it: ``"ask"``, ``"chat"``, ``"page"``, ``"table"`` …

    ``question`` as typed, ``completed`` as searched; ``expansions`` the other forms of abbreviations searched
    for; ``filters`` the fields that restrict. ``documents`` and ``passages`` are how many were searched, out
    of ``all_documents`` and ``all_passages``; ``papers`` the documents quoted. ``id`` is given by the log.
    """

    question: str
    completed: str
    status: str
    via: str = "ask"
    at: str = ""
    expansions: tuple[dict[str, str], ...] = ()
    filters: dict[str, Any] = field(default_factory=dict)
    generation: int = 0
    documents: int = 0
    passages: int = 0
    all_documents: int = 0
    all_passages: int = 0
    quotes: int = 0
    papers: tuple[str, ...] = ()
    encoder: str = ""
    reader: str = ""
    litquote: str = ""
    id: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        return asdict(self) | {"expansions": list(self.expansions), "papers": list(self.papers)}


class SearchLog:
    """The searches of ``user`` in one store. Safe from any thread."""

    def __init__(self, store: UserStore, user: str = "") -> None:
        self.store = store
        self.user = text(user)

    def add(
        self, library: Library, answer: Answer, filters: Filters | None = None, *, via: str = "ask"
    ) -> bool:
        """Note an answer of ``library`` that was asked with ``filters``; tells whether it was noted.

        What cannot be written is a notice of the store, never an error.
        """
        if not self.store.is_on(self.user):
            return False
        papers = dict.fromkeys(quote.document_id for quote in answer.quotes)
        reader = str(answer.trace.get("reader") or "")
        expansions = tuple(dict(one) for one in answer.trace.get("expansions", ()))
        counts = answer.trace.get("filters") or _whole(library)
        made = LoggedSearch(
            answer.question,
            answer.completed_question,
            answer.status,
            via,
            now(),
            expansions,
            filters_dict(filters),
            int(answer.library.get("generation", 0)),
            **_counted(counts),
            quotes=len(answer.quotes),
            papers=tuple(papers),
            encoder=str(answer.library.get("encoder", "")),
            reader=reader,
            litquote=litquote_version(),
        )
        return self._write([made])

    def add_table(
        self, library: Library, table: EvidenceTable, filters: Filters | None = None, *, via: str = "table"
    ) -> bool:
        """Note every question of a table."""
        if not self.store.is_on(self.user):
            return False
        with library.lock:
            counts = _counted(library.select(filters).to_dict() if filters else _whole(library))
            expansions = [tuple(_expansions(library, one)) for one in table.questions]
        made = []
        for number, question in enumerate(table.questions):
            cells = {row.document_id: row.cells[number] for row in table.rows if row.cells[number].quotes}
            made.append(
                LoggedSearch(
                    question,
                    question,
                    "answered" if cells else "not_found",
                    via,
                    table.made,
                    expansions[number],
                    dict(table.filters),
                    int(table.library.get("generation", 0)),
                    **counts,
                    quotes=sum(len(cell.quotes) for cell in cells.values()),
                    papers=tuple(cells),
                    encoder=str(table.library.get("encoder", "")),
                    reader=library.manifest.reader,
                    litquote=litquote_version(),
                )
            )
        return self._write(made)

    def _write(self, made: Sequence[LoggedSearch]) -> bool:
        def work(db: Connection) -> bool:
            db.executemany(
                "INSERT INTO searches(user, at, question, record) VALUES(?,?,?,?)",
                [(self.user, one.at, text(one.question), json.dumps(one.to_dict())) for one in made],
            )
            return True

        return bool(self.store.note(work, self.user))

    def list(self, ids: Iterable[int] = ()) -> Sequence[LoggedSearch]:
        """The searches, oldest first, or those with these ids. Raises LibraryDamaged."""
        chosen = set(ids)
        rows = self.store.rows("SELECT id, record FROM searches WHERE user = ? ORDER BY id", self.user)
        return [_read(row, record) for row, record in rows if not chosen or row in chosen]

    def clear(self) -> int:
        """Delete the log of the user; returns how many searches there were."""
        if not self.store.path.exists():
            return 0
        statement = "DELETE FROM searches WHERE user = ?"
        return self.store.write(lambda db: db.execute(statement, (self.user,)).rowcount, erase=True)


def _read(row: Any, record: Any) -> LoggedSearch:
    try:
        return msgspec.convert(json.loads(record) | {"id": row}, LoggedSearch)
    except (ValueError, TypeError) as error:
        raise LibraryDamaged(
            f"search {row} of the log cannot be read ({error}); litquote log --clear"
        ) from error


def _whole(library: Library) -> dict[str, Any]:
    with library.lock:
        count = {"documents": len(library), "passages": library.passage_count}
    return {"left": count, "all": count}


def _counted(counts: Any) -> dict[str, int]:
    return {
        "documents": int(counts["left"]["documents"]),
        "passages": int(counts["left"]["passages"]),
        "all_documents": int(counts["all"]["documents"]),
        "all_passages": int(counts["all"]["passages"]),
    }


def _expansions(library: Library, question: str) -> list[dict[str, str]]:
    from qa.retrieve import Retriever

    return [dict(one) for one in Retriever(library).expansion(question).to_list()]
