"""What the page does, without the page: questions, papers shown, added and fetched, as HTML."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from index.cited import cited
from index.errors import LitquoteError
from index.library import Library
from index.remote.cache import Cache
from index.remote.polite import Polite
from index.remote.resolve import Found, Missed, Wanted, plan, resolve
from index.remote.services import Services
from index.reports import Progress, Report
from qa import fetching
from qa.assistant import Assistant
from qa.examples import example_questions
from qa.fetching import Fetching
from qa.records import Answer
from web import papers, render

#: Papers listed on the page; ``litquote sources`` lists them all.
LISTED = 200


class Desk:
    """What the page does, without the page: everything it shows comes from here as HTML.

    Gradio calls from many threads; one lock guards the library that is read. Papers are added
    through a second :class:`Library` on the same folder, so that questions are answered meanwhile.

    With ``own_library`` the library at hand is a demo: papers added go to that place instead, and
    the desk moves there. Quotes shown before can still be opened.
    """

    def __init__(self, assistant: Assistant, *, own_library: Path | None = None) -> None:
        self.assistant = assistant
        self.own_library = own_library
        self._left: list[Library] = []
        self._lock = threading.RLock()
        self._examples: tuple[int, list[str]] | None = None

    @property
    def library(self) -> Library:
        """The library that is asked."""
        return self.assistant.library

    def ask(
        self, question: str, history: Sequence[Answer] = (), *, complete: bool = True
    ) -> tuple[str, list[Answer]]:
        """The answer to ``question``, or why there is none, as HTML; and the history from now on.

        Of the history only the last answer is needed, see :func:`qa.followups.complete`.
        """
        try:
            with self._lock:
                answer = self.assistant.ask(question, history=history, complete=complete)
        except LitquoteError as error:
            return render.error(str(error)), list(history)
        return render.answer(answer), [answer]

    def show(self, place: dict[str, Any]) -> str:
        """The paper that ``place`` names: ``document`` (an id) or ``quote`` (as :func:`web.render.place`)."""
        try:
            spot: dict[str, Any] = (
                json.loads(place["quote"]) if "quote" in place else {"document": str(place["document"])}
            )
            start, end = (int(position) for position in spot.get("quote", (0, 0)))
            first, last = (int(position) for position in spot.get("focus", (0, 0)))
            with self._lock:
                library = self._holding(spot.get("text"))
                document = library.document(spot["document"])
                name = spot.get("text", document.text.sha256)
                content = library.text(name).content
                own = name == document.text.sha256
                cites = papers.cites(document, cited(library, document.id)) if own else []
        except LitquoteError as error:
            return render.error(str(error))
        except (KeyError, TypeError, ValueError):
            return render.error("this quote cannot be shown; ask the question again")
        sections = document.sections if own else ()
        return papers.paper(document, content, sections, (start, end), (first, last), cites)

    def _holding(self, name: str | None) -> Library:
        """The library that keeps the text called ``name``: the one at hand, else one left behind."""
        for library in (self.library, *self._left) if name else ():
            with suppress(LitquoteError):
                library.text(str(name))
                return library
        return self.library

    def overview(self) -> tuple[str, str]:
        """Head and sources of the newest generation."""
        try:
            with self._lock:
                library = self.library
                library.refresh()
                documents = list(islice(library.documents(), LISTED))
                head = render.header(
                    documents=len(library), passages=library.passage_count, path=str(library.path)
                )
                listed = papers.sources(documents, len(library), library.failures())
                if self.own_library is not None:
                    listed = papers.demo_note(str(self.own_library)) + listed
                return head, listed
        except LitquoteError as error:
            return render.error(str(error)), ""

    def examples(self) -> str:
        """Example questions, found once for each generation; none when the library cannot be asked."""
        try:
            with self._lock:
                self.library.refresh()
                generation = self.library.manifest.generation
                if self._examples is None or self._examples[0] != generation:
                    self._examples = (generation, example_questions(self.library, assistant=self.assistant))
                return render.examples(self._examples[1])
        except LitquoteError:
            return ""  # the page's head says why

    def add(self, paths: Sequence[str]) -> Iterator[str]:
        """Add uploaded files; yields how far it is, and at last what was done. The files go afterwards.

        The library keeps the bytes of what it reads; the folder of uploads is not needed again.
        """
        steps: queue.SimpleQueue[Progress | None] = queue.SimpleQueue()

        def work() -> Report:
            try:
                with self._lock:
                    encoder, own = self.library.encoder, self.own_library
                with Library.create(own or self.library.path, encoder=None if own else encoder) as writer:
                    report = writer.add(paths, on_progress=steps.put)
                    if own is not None and len(writer):
                        self._move(own)
                return report
            finally:
                steps.put(None)

        yield papers.adding(0, len(paths), 0)
        with ThreadPoolExecutor(1) as pool:
            job = pool.submit(work)
            while (step := steps.get()) is not None:
                yield papers.adding(step.files, step.total_files, step.passages)
            try:
                yield papers.report(job.result())
            except LitquoteError as error:
                yield render.error(str(error))
            finally:
                for path in paths:
                    with suppress(OSError):
                        Path(path).unlink()

    def lacking(self) -> str:
        """What the library's papers cite and it lacks, and what fetching that would send; else nothing."""
        try:
            with self._lock:
                wanted = self._wanted()
        except LitquoteError:
            return ""
        return papers.lacking(len(wanted), plan(wanted, Services.from_environment()))

    def _wanted(self) -> list[Wanted]:
        library = self.library
        library.refresh()
        if len(library) > LISTED:  # the command line has lists of any length
            return []
        return fetching.missing_of(library)

    def fetch(self) -> Iterator[str]:
        """Fetch what the papers cite and the library lacks; yields how far it is, at last what came of it."""
        found: list[Found | Missed] = []
        done = Fetching()
        try:
            with self._lock:
                wanted, services = self._wanted(), Services.from_environment()
                path, encoder = self.library.path, self.library.encoder
            yield papers.fetching(0, len(wanted))
            with Polite(services) as polite:
                for outcome in resolve(wanted, services, polite=polite, cache=Cache(services=services)):
                    found.append(outcome)
                    yield papers.fetching(len(found), len(wanted))
            with Library.open(path, encoder=encoder) as writer:
                fetching.bring(writer, found, done, named=False)
        except LitquoteError as error:
            yield render.error(f"{error}; without network: litquote references --export ris")
            return
        reasons = [(one.wanted.name, one.reason) for one in done.missed]
        yield papers.report(done.report) + papers.missed(reasons)

    def _move(self, own: Path) -> None:
        """From now on the user's own library is asked."""
        moved = Assistant(Library.open(own))
        with self._lock:
            self._left.append(self.library)
            self.assistant, self.own_library, self._examples = moved, None, None
