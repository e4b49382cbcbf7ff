"""What the page does with what the user keeps: conversations, verdicts, saved questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from index.errors import LitquoteError, UsageError
from qa.conversations import Conversations
from qa.feedback import Feedback
from qa.living import SavedQuestions
from qa.living_diff import Diff
from qa.records import plural
from qa.search_log import SearchLog
from qa.user_store import UserStore
from web import notebook, progress, render
from web.desk import Desk
from web.talk import Talk, Turn
from web.watched import told

Values = dict[str, Any]
_ANONYMOUS = "This page is open to everyone, so nothing is kept of what you ask."


class Notes:
    """The user's notes on the library of one desk; ``talk`` says whose they are. Methods give HTML.

    Nothing is kept of users who are ``anonymous``; what they ask to be kept raises UsageError.
    """

    def __init__(self, desk: Desk, talk: Talk, *, anonymous: bool = False) -> None:
        self.desk, self.talk, self.anonymous = desk, talk, anonymous
        self.store = UserStore.of(desk.library)
        self.conversations = Conversations(self.store, talk.user)
        self.saved = SavedQuestions(self.store, talk.user)

    def keep(self, turn: Turn) -> None:
        """Keep an answered question; what cannot be written is a notice of the notebook."""
        if turn.answer is None or self.anonymous:
            return
        try:
            self.talk.conversation = self.conversations.append(self.talk.conversation, turn.answer)
        except LitquoteError:  # deleted in another tab meanwhile
            self.talk.conversation = self.conversations.append(None, turn.answer)
        SearchLog(self.store, self.talk.user).add(
            self.desk.library, turn.answer, self.talk.filters, via="page"
        )

    def require_name(self) -> None:
        """Raises UsageError for an anonymous user."""
        if self.anonymous:
            raise UsageError(_ANONYMOUS)

    def notebook(self, words: str = "", diffs: Sequence[Diff] = ()) -> str:
        """Everything kept, or what ``words`` find."""
        if self.anonymous:
            return f'<p class="lq-note">{_ANONYMOUS}</p>'
        try:
            return notebook.notebook(
                self.conversations.list(200), self.saved.list(), kept=self.store.is_on(self.talk.user),
                forbidden=self.store.forbidden(), generation=self.desk.generation, words=words,
                found=self.conversations.search(words) if words.strip() else (), diffs=diffs,
                notices=self.store.notices(), library=self.desk.key,
            )  # fmt: skip
        except LitquoteError as error:
            return render.error(str(error))

    def reopened(self, conversation: int) -> list[Turn]:
        """The turns of a kept conversation. Raises UsageError."""
        self.require_name()
        turns = self.conversations.load(conversation)
        return [
            Turn(one.answer.question, self.body(one.answer, one.number), one.answer, asked=one.asked)
            for one in turns
        ]

    def body(self, answer: Any, number: int) -> str:
        """An answer with the verdicts on its quotes."""
        return self.desk.answered(answer, number, Feedback(self.store, self.talk.user).of(answer))

    def judge(self, number: int, place: int, answers: bool) -> None:
        """Keep what the user says of quote ``place`` of turn ``number`` (from 1); said again it goes.

        Raises IndexError for a turn or quote that is not there.
        """
        self.require_name()
        if number < 1 or place < 1:
            raise IndexError(number, place)
        turn = self.talk.turns[number - 1]
        if turn.answer is None:
            return
        feedback, quote = Feedback(self.store, self.talk.user), turn.answer.quotes[place - 1]
        before = feedback.of(turn.answer).get((quote.text_sha256, quote.start, quote.end))
        feedback.judge(turn.answer, quote, None if before == answers else answers)
        self.talk.turns[number - 1] = replace(turn, body=self.body(turn.answer, number))

    def run(self) -> Iterator[Values]:
        """Ask the saved questions again; at last what became of their quotes."""
        if self.anonymous:
            return
        pace = progress.Pace()
        yield {"work": progress.running("Asking the saved questions", 0, len(self.saved.list()))}

        def work(tell: Callable[[tuple[int, int]], None]) -> Sequence[Diff]:
            return self.saved.run(self.desk.assistant, on_progress=lambda done, total: tell((done, total)))

        def running(step: tuple[int, int]) -> Values:
            done, total = step
            words = f"{done} of {plural(total, 'saved question')} asked"
            return {"work": progress.running(words, done, total, pace.words(done, total))}

        yield from told(
            work,
            running,
            lambda diffs: {"work": "", "notes": self.notebook(diffs=diffs)},
            lambda error: {"work": render.error(str(error))},
        )
