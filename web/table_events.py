"""What the page does at the events of the evidence table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from index.errors import LitquoteError
from qa.marks import RowMarks
from qa.search_log import SearchLog
from qa.table import EvidenceTable, TableProgress, table
from qa.table_files import write
from web import evidence, progress, render
from web.notes import Notes
from web.notes_events import NotesEvents, Values
from web.talk import Talk
from web.watched import told

#: What the marks of the page's table are kept under.
NAME = "page"


class TableEvents(NotesEvents):
    """The part of :class:`web.page.Page` that is about the evidence table."""

    def tabulated(self, questions: str, talk: Talk) -> Iterator[Values]:
        """What every paper says to the questions, one a line."""
        desk, asked = self.desk(talk), [line for line in (questions or "").splitlines() if line.strip()]
        pace = progress.Pace()
        yield {"work": progress.running("Asking every paper", 0, max(len(asked), 1)), "files": None}

        def work(tell: Callable[[TableProgress], None]) -> EvidenceTable:
            return table(desk.assistant, asked, talk.filters, on_progress=tell)

        def running(step: TableProgress) -> Values:
            share = (step.question - 1) + (step.read / step.to_read if step.to_read else 0)
            done, total = round(100 * share), 100 * step.questions
            words = f"Question {step.question} of {step.questions}, {step.read} passages read"
            rate = pace.words(done, total).replace("a second", "% a second")
            return {"work": progress.running(words, done, total, rate)}

        def said(made: EvidenceTable) -> Values:
            talk.table, notes = made, self.notes(talk)
            if not notes.anonymous:
                SearchLog(notes.store, talk.user).add_table(desk.library, made, talk.filters)
            return {"work": ""} | self._drawn(talk)

        yield from told(work, running, said, lambda error: {"work": render.error(str(error))})

    def marked_row(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """A row included, excluded or neither."""
        return self._marking(talk, str(value.get("document", "")), mark=str(value.get("mark", "")))

    def noted_row(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """A note on a row."""
        return self._marking(talk, str(value.get("document", "")), note=str(value.get("note", "")))

    def _marking(self, talk: Talk, document: str, **changes: str) -> Values:
        notes = self.notes(talk)
        if talk.table is None or all(row.document_id != document for row in talk.table.rows):
            return {}
        try:
            notes.require_name()
            self._marks(notes).set(document, **changes)
        except LitquoteError as error:
            return {"work": render.error(str(error))}
        return self._drawn(talk)

    def _marks(self, notes: Notes) -> RowMarks:
        return RowMarks(notes.store, NAME, notes.talk.user)

    def _with_marks(self, talk: Talk) -> EvidenceTable | None:
        notes = self.notes(talk)
        if talk.table is None or notes.anonymous:
            return talk.table
        return talk.table.marked(self._marks(notes).all())

    def _drawn(self, talk: Talk) -> Values:
        """The table with its marks, and as files to be downloaded."""
        made = self._with_marks(talk)
        if made is None:
            return {"table": "", "files": None, "talk": talk}
        files = [
            str(path)
            for name in ("evidence.xlsx", "evidence.csv")
            for path in write(made, talk.folder / name, every=True)
        ]
        return {"table": evidence.evidence(made, self.desk(talk).key), "files": files, "talk": talk}
