"""One library on the page: questions answered, papers shown, its table; all of it as HTML."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from index.cited import cited
from index.errors import LitquoteError, SourceError
from index.library import Library
from index.manifest import Manifest
from index.page_images import Printed, printed
from index.records import Document, Filters
from index.remote.resolve import Wanted, plan
from index.remote.services import Services
from qa import fetching
from qa.assistant import Assistant
from qa.check import check, citing_sentences
from qa.examples import example_questions
from qa.records import Answer, Quote
from web import cards, filters, pages, papers, progress, render, shelf
from web.watched import told

Made = TypeVar("Made")
#: Libraries of more papers are not looked through for what they cite and lack: the command line does.
LISTED = 200


class Stopped(LitquoteError):
    """The user did not wait for the answer."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A quote of the conversation; ``name`` says where ("question 2, quote 1")."""

    name: str
    quote: Quote


class Desk:
    """What the page does with one library, without the page.

    Gradio calls from many threads; the library's own lock guards what belongs together. What changes
    the library goes through a second :class:`Library` on the same folder (:mod:`web.jobs`), so that
    questions are answered meanwhile. ``key`` names the library in the page's clicks, ``title`` for people.
    """

    def __init__(self, assistant: Assistant, *, key: str = "", title: str = "", demo: bool = False) -> None:
        self.assistant = assistant
        self.key, self.title, self.demo = key, title, demo
        self._known: dict[str, tuple[Manifest, Any]] = {}
        self._asking: set[object] = set()

    @property
    def library(self) -> Library:
        """The library that is asked."""
        return self.assistant.library

    @property
    def generation(self) -> int:
        """The newest generation, opened if it was not. Raises LibraryError when it cannot be."""
        with self.library.lock:
            self.library.refresh()
            return self.library.manifest.generation

    def _once(self, name: str, make: Callable[[], Made]) -> Made:
        """What ``make`` gives, made once for each generation."""
        manifest = self.library.manifest
        if name not in self._known or self._known[name][0] is not manifest:
            self._known[name] = (manifest, make())
        made: Made = self._known[name][1]
        return made

    def _rows(self) -> list[shelf.Row]:
        return self._once("rows", lambda: shelf.rows(self.library))

    # -- asking --------------------------------------------------------------------------------------

    def ask(
        self,
        question: str,
        history: Sequence[Answer] = (),
        *,
        filters: Filters | None = None,
        complete: bool = True,
        stop: threading.Event | None = None,
        number: int = 1,
    ) -> Iterator[tuple[str, Answer | None]]:
        """The state of the answer to ``question`` as HTML, stage by stage; with the last one the answer.

        Of the history only the last answer is needed, see :func:`qa.followups.complete`. Setting ``stop``
        ends the asking at the next stage. ``number`` is the turn's, from 1.
        """

        def work(tell: Callable[[list[tuple[str, int, float]]], None]) -> Answer:
            done: list[tuple[str, int, float]] = []

            def on_stage(name: str, count: int, milliseconds: float) -> None:
                if stop is not None and stop.is_set():
                    raise Stopped
                if name == "question":  # of a second search, when the first found nothing
                    done.clear()
                done.append((name, count, milliseconds))
                tell(list(done))

            mine = object()
            self._asking.add(mine)
            try:
                return self.assistant.ask(
                    question, filters, history=history, complete=complete, on_stage=on_stage
                )
            finally:
                self._asking.discard(mine)

        def failed(error: LitquoteError) -> tuple[str, Answer | None]:
            return cards.stopped() if isinstance(error, Stopped) else render.error(str(error)), None

        yield from told(
            work,
            lambda stages: (cards.pending(stages), None),
            lambda answer: (self.answered(answer, number), answer),
            failed,
        )

    def answered(
        self, answer: Answer, number: int, verdicts: Mapping[tuple[str, int, int], bool] | None = None
    ) -> str:
        """An answer as turn ``number`` of a conversation, with the user's ``verdicts`` on its quotes."""
        missing = self.missing() if answer.status == "not_found" else 0
        return cards.answer(answer, library=self.key, number=number, missing=missing, verdicts=verdicts)

    def missing(self) -> int:
        """How many papers the library's papers cite and it lacks; 0 where it is too large to look."""
        try:
            with self.library.lock:
                return len(self.wanted())
        except LitquoteError:
            return 0

    def counts(self, chosen: Filters | None) -> str:
        """What ``chosen`` filters leave and exclude."""
        try:
            return filters.excluded(self.assistant.retriever.counts(chosen).to_dict() if chosen else {})
        except LitquoteError as error:
            return render.error(str(error))

    def choices(self) -> list[list[tuple[str, str]]]:
        """What the filters offer (:func:`web.filters.choices`)."""
        try:
            with self.library.lock:
                return self._once("choices", lambda: filters.choices(self.library, self._rows()))
        except LitquoteError:
            return [[] for _ in filters.FIELDS]

    def examples(self) -> str:
        """Example questions, found once for each generation; none when the library cannot be asked."""
        try:
            self.library.refresh()
            self._once("examples", self._find_examples)
        except LitquoteError:  # the page's head says why
            self._known.pop("examples", None)
        return self.known_examples

    def _find_examples(self) -> list[str]:
        return example_questions(self.library, assistant=self.assistant, before_each=self._let_people_ask)

    def _let_people_ask(self) -> None:
        """Wait while questions of people are answered: a lock would not go to them first."""
        while self._asking:
            time.sleep(0.02)

    @property
    def known_examples(self) -> str:
        """The example questions that were found already."""
        return render.examples(self._known["examples"][1]) if "examples" in self._known else ""

    # -- reading -------------------------------------------------------------------------------------

    def show(self, place: Mapping[str, Any], kept: Sequence[Kept] = ()) -> str:
        """The paper that ``place`` names, by ``document`` or as :func:`web.cards.place` says.

        With ``check`` the sentence of that number is compared with what it cites, with ``cites`` those
        references are listed; ``kept`` are the conversation's quotes.
        """
        try:
            start, end = (int(position) for position in place.get("quote", (0, 0)))
            first, last = (int(position) for position in place.get("focus", (0, 0)))
            with self.library.lock:
                document = self.library.document(str(place["document"]))
                name = str(place.get("text") or document.text.sha256)
                content = self.library.text(name).content
                own = name == document.text.sha256
                listed = cited(self.library, document.id) if own else []
                asides = self._asides(document, place, listed) if own else []
                sheet = printed(self.library, document.id, name, (start, end), (first, last))
        except LitquoteError as error:
            return render.error(str(error))
        except (KeyError, TypeError, ValueError):
            return render.error("this quote cannot be shown; ask the question again")
        spot = render.spot(self.key, document.id, name, (start, end), (first, last))
        view = papers.View(
            document,
            content,
            document.sections if own else (),
            (start, end),
            (first, last),
            [
                papers.Other(one.quote.start, one.quote.end, one.name)
                for one in kept
                if one.quote.text_sha256 == name and (one.quote.start, one.quote.end) != (start, end)
            ],
            papers.cites(document, listed) if own else [],
            citing_sentences(document) if own and document.citations else [],
            asides,
            pages=_page(sheet, document.title, spot, place.get("page")),
            library=self.key,
            spot=spot,
        )
        return papers.paper(view)

    def _asides(
        self, document: Document, place: Mapping[str, Any], listed: Sequence[Any]
    ) -> list[papers.Aside]:
        if "check" in place:
            found = check(self.library, document.id, sentence=int(place["check"]))
            return [papers.Aside(one.start, papers.checked(one, self.key)) for one in found]
        if "cites" in place:
            numbers = {int(number) for number in place["cites"]}
            numbers |= {one.number for one in listed if one.document_id == place.get("held")}
            here = [one for one in listed if one.number in numbers]
            asked = self._plan([one for one in here if not one.document_id], document)
            return [papers.Aside(int(place["at"]), papers.listed(here, document.id, self.key, asked))]
        return []

    def _plan(self, lacking: Sequence[Any], document: Document) -> str:
        """What fetching those papers would ask of whom."""
        if not lacking:
            return ""
        wanted = fetching.references_of(self.library, document.id, [one.number for one in lacking])
        return plan(wanted, Services.from_environment()).replace("Asking ", "Fetching asks ", 1)

    # -- the library ---------------------------------------------------------------------------------

    def head(self) -> str:
        """The page's head over the newest generation."""
        try:
            with self.library.lock:
                self.library.refresh()
                return render.header(
                    documents=len(self.library), passages=self.library.passage_count,
                    path=_short(self.library.path), title=self.title, demo=self.demo,
                )  # fmt: skip
        except LitquoteError as error:
            return render.error(str(error))

    def table(self, asked: shelf.Asked, *, can_change: bool = True) -> str:
        """The table of papers of the newest generation, then what failed."""
        try:
            with self.library.lock:
                self.library.refresh()
                rows = self._rows()
                unfolded = self._references(asked.open) if asked.open else ""
                listed = shelf.table(
                    rows, asked, total=len(self.library), library=self.key, unfolded=unfolded,
                    can_change=can_change,
                )  # fmt: skip
                return listed + shelf.failed(self.library.failures(), "Could not be read")
        except LitquoteError:
            return ""  # the page's head says why

    def kinds(self) -> tuple[list[str], list[str]]:
        """The publication types and the years that the table can be narrowed to."""
        try:
            with self.library.lock:
                return shelf.types(self._rows()), shelf.years(self._rows())
        except LitquoteError:
            return [], []

    def _references(self, name: str) -> str:
        try:
            listed = cited(self.library, name)
            lacking = [one for one in listed if not one.document_id]
            asked = self._plan(lacking, self.library.summary(name))
        except LitquoteError as error:
            return render.error(str(error))
        return shelf.references(listed, self.library.resolve(name), self.key, asked)

    def wanted(self) -> list[Wanted]:
        """What the papers cite and the library lacks; nothing in a library of more than LISTED papers."""
        with self.library.lock:
            self.library.refresh()
            if len(self.library) > LISTED:
                return []
            return self._once("wanted", lambda: fetching.missing_of(self.library))

    def lacking(self) -> str:
        """How much that is, what fetching it would send, and the button for it; "" where it is nothing."""
        try:
            wanted = self.wanted()
        except LitquoteError:
            return ""
        button = render.button("Fetch them", "download", {"library": self.key, "missing": True}, kind="lq-do")
        return progress.lacking(len(wanted), plan(wanted, Services.from_environment()), button)


def _page(sheet: Printed | None, title: str, spot: Mapping[str, Any], number: object) -> str:
    """The page of a PDF that holds the quote, or that was turned to; "" for a text without pages."""
    if sheet is None:
        return ""
    try:
        view = sheet.page(number if isinstance(number, int) else None)
    except SourceError as error:  # the text is there all the same
        return f'<p class="lq-note">The page cannot be shown: {render.text(str(error))}.</p>'
    return pages.figure(view, title, spot)


def _short(path: Path) -> str:
    """A path as people write it, with "~" for the home folder."""
    home = Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else str(path)
