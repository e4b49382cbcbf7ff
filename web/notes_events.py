"""What the page does at the events of the notebook, and of verdicts on quotes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from index.errors import LitquoteError
from web import papers, progress, render
from web.desk import Desk
from web.notes import Notes
from web.talk import Talk

Values = dict[str, Any]


class NotesEvents:
    """The part of :class:`web.page.Page` that is about what the user keeps."""

    def desk(self, talk: Talk) -> Desk:
        """The desk of the library that a tab looks at."""
        raise NotImplementedError

    #: Whether the page is open to people without names, who would see each other's questions.
    anonymous = False

    def notes(self, talk: Talk) -> Notes:
        """What the tab's user keeps of its library."""
        return Notes(self.desk(talk), talk, anonymous=self.anonymous)

    def noted(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """The notebook, searched."""
        return {"notes": self.notes(talk).notebook(str(value.get("words", "")))}

    def reopened(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """A kept conversation, at the turn that a search found."""
        notes = self.notes(talk)
        try:
            number = int(value.get("conversation", 0))
            turns = notes.reopened(number)
        except LitquoteError as error:
            return {"work": render.error(str(error))}
        talk.leave()
        talk.turns, talk.conversation = turns, number
        at = value.get("turn")
        log = talk.html(empty=False, at=at if isinstance(at, int) else 0)
        return {"log": log, "talk": talk, "panel": papers.nothing_shown(), "side": "paper", "work": ""}

    def retitled(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """Another title for a conversation."""
        return self._noted(talk, lambda notes: notes.conversations.rename(
            int(value.get("conversation", 0)), str(value.get("title", ""))
        ))  # fmt: skip

    def deleted(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """A conversation deleted; what is on the screen stays, and is kept anew when it goes on."""
        number = int(value.get("conversation", 0))
        if talk.conversation == number:
            talk.conversation = None
        return self._noted(talk, lambda notes: notes.conversations.delete(number))

    def kept(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """Whether conversations are kept from now on."""
        return self._noted(talk, lambda notes: notes.store.switch(bool(value.get("keep")), talk.user))

    def saved(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """A question to be asked again after each change of the library."""
        try:
            answer = talk.turns[max(int(value.get("turn", 0)), 1) - 1].answer
        except (IndexError, TypeError, ValueError):
            return {}
        if answer is None:
            return {}
        done = self._noted(talk, lambda notes: notes.saved.add(answer.completed_question, talk.filters))
        return {"work": progress.said("The question is saved; see under Notes.")} | done

    def forgotten(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """A saved question forgotten."""
        return self._noted(talk, lambda notes: notes.saved.remove(int(value.get("saved", 0))))

    def rerun(self, talk: Talk) -> Iterator[Values]:
        """The saved questions asked again."""
        yield from self.notes(talk).run()

    def judged(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """What the user says of a quote."""
        try:
            numbers = int(value.get("turn", 0)), int(value.get("quote", 0))
            self.notes(talk).judge(*numbers, bool(value.get("answers")))
        except LitquoteError as error:
            return {"work": render.error(str(error))}
        except (IndexError, TypeError, ValueError):
            return {}
        log = talk.html(empty=False, at=numbers[0])
        return {"log": log, "talk": talk}

    def _noted(self, talk: Talk, work: Callable[[Notes], object]) -> Values:
        notes = self.notes(talk)
        try:
            notes.require_name()
            work(notes)
        except LitquoteError as error:
            return {"work": render.error(str(error))}
        return {"notes": notes.notebook(), "talk": talk}
