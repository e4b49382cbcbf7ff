"""What the page does when an answer or a conversation is taken away as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from index.errors import LitquoteError
from qa.sealing import seal
from qa.writing import ENDINGS
from qa.writing import render as written
from web import exports, render
from web.notes_events import NotesEvents, Values
from web.talk import Talk


class ExportEvents(NotesEvents):
    """The part of :class:`web.page.Page` that is about files of answers."""

    #: Whether those who ask are told the names of the files that were added.
    tells_files = True

    def exported(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """Turn ``turn`` (from 1; 0: all of them) as a file with this ``ending``, handed to the browser."""
        turns = talk.turns
        number = value.get("turn")
        if isinstance(number, int) and 0 < number <= len(turns):
            turns = turns[number - 1 : number]
        answered = [(one.answer, one.asked) for one in turns if one.answer is not None]
        ending, style = str(value.get("ending", "")), str(value.get("style") or "vancouver")
        if not answered or ending not in ENDINGS:
            return {}
        library = self.desk(talk).library
        try:
            document = seal(
                [answer for answer, _ in answered], library,
                asked_at=[asked for _, asked in answered], file_names=self.tells_files,
            )  # fmt: skip
            data = written(document, ENDINGS[ending], style)
        except LitquoteError as error:
            return {"work": render.error(str(error))}
        return {"file": exports.handed(f"{exports.stem(answered[0][0].question)}{ending}", data), "work": ""}
