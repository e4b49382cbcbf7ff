"""What the page does when something is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from qa.user_store import now
from web import cards, filters, papers, render
from web.notes_events import NotesEvents, Values
from web.talk import Talk, Turn

#: Seconds between looks whether the question before is answered.
_WAIT = 0.05


class AskingEvents(NotesEvents):
    """The part of :class:`web.page.Page` that is about questions and answers."""

    def _fields(self, talk: Talk) -> Values:
        """The filters' fields with what the library offers."""
        raise NotImplementedError

    def ask(
        self, question: str, talk: Talk, complete: bool = True, history_of: int | None = None
    ) -> Iterator[Values]:
        """The answer, stage by stage; a follow-up is completed from the answer before turn ``history_of``.

        Asked while another question of the tab is being answered, it waits for it; the same one is not asked
        twice (a double click).
        """
        turns = talk.turns
        stop = talk.begin(question)
        if stop is None:
            if question.strip() in {"", talk.asking}:
                return
            yield {"question": ""}
            while (stop := talk.begin(question)) is None:
                time.sleep(_WAIT)
        try:
            if talk.turns is turns:
                yield from self._asked(question, talk, complete, history_of, stop)
        finally:
            talk.end(stop)

    def _asked(
        self, question: str, talk: Talk, complete: bool, history_of: int | None, stop: threading.Event
    ) -> Iterator[Values]:
        desk, turns, asked = self.desk(talk), talk.turns, now()
        number = len(turns) + 1
        history = talk.before(number if history_of is None else history_of)
        yield {
            "question": "", "talk": talk, "log": self._log(talk, (question, cards.pending())),
            "address": self._address(talk, question),
        }  # fmt: skip
        body, answer = cards.stopped(), None
        steps = desk.ask(question, history, filters=talk.filters, complete=complete, stop=stop, number=number)
        for body, answer in steps:
            if talk.turns is turns and answer is None:
                yield {"log": self._log(talk, (question, body))}
        if talk.turns is not turns:  # a new conversation was begun
            return
        turns.append(Turn(question, body, answer, complete, asked))
        yield {"log": self._log(talk), "talk": talk}
        notes = self.notes(talk)  # nobody waits for the disk to see the answer
        notes.keep(turns[number - 1])
        yield {"talk": talk, "notes": notes.notebook()}

    def example(self, value: Mapping[str, Any], talk: Talk) -> Iterator[Values]:
        """An example question, by itself."""
        yield from self.ask(str(value.get("question", "")), talk, complete=False)

    def again(self, value: Mapping[str, Any], talk: Talk) -> Iterator[Values]:
        """An earlier question once more, with the filters of now, or with ``unfiltered`` without any."""
        try:
            number = max(int(value["turn"]), 1)
            turn = talk.turns[number - 1]
        except (KeyError, IndexError, TypeError, ValueError):
            return
        if value.get("unfiltered"):
            talk.filters = None
            yield self._fields(talk) | {"filtered": "", "talk": talk}
        yield from self.ask(turn.question, talk, turn.complete, history_of=number)

    def stop(self, talk: Talk) -> None:
        """End the question that is being answered at its next stage."""
        if talk.stop is not None:
            talk.stop.set()

    def cleared(self, talk: Talk) -> Values:
        """A new conversation."""
        talk.leave()
        talk.turns, talk.conversation = [], None
        return {
            "talk": talk, "log": self._log(talk), "panel": papers.nothing_shown(),
            "address": self._address(talk),
        }  # fmt: skip

    def _log(self, talk: Talk, pending: tuple[str, str] | None = None) -> str:
        desk = self.desk(talk)
        return talk.html(empty=not len(desk.library), examples=desk.known_examples, pending=pending)

    def _address(self, talk: Talk, question: str = "") -> str:
        query = filters.address(talk.filters, question, talk.key)
        return f'<span data-address="{render.text(query)}"></span>'
