"""What programs may ask of litquote: plain values in, plain dicts out. HTTP, gradio and MCP call the same.

Every dict is the stable form that the command line's ``--json`` prints. Errors are those of
:mod:`index.errors`, with one sentence for people.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from index.errors import LibraryError, NoDocument, UsageError
from index.library import Library
from index.reading import reading
from qa.assistant import Assistant
from qa.check import check
from qa.cite import citation
from qa.filtering import filters_of
from qa.forms import document_dict, hit_dict, listed_dict, sources_dict
from qa.notices import notice_dict
from qa.policy import Policy

#: Characters of a question: about five times the longest that the evaluation sets ask.
MOST_CHARACTERS = 2_000
#: Passages of one search; sentences for one citation; documents of one listing.
MOST_HITS = 100
MOST_CLOSEST = 50
MOST_LISTED = 1_000
#: Characters of a paper that :meth:`Service.read` gives at once.
READ_AT_ONCE = 8_000
#: What the record of a paper says about its owner's disk.
_OF_THE_DISK = ("attachments", "member")

Values = Mapping[str, Any]


class Service:
    """One library's answers for programs.

    ``assistant`` may be a function, for a page that moves to another library. ``takes_papers`` false: the
    library is a demo, to which nothing is added. Under ``policy.read_only`` nothing is changed, and neither
    paths on the disk nor the files that were added are told.
    """

    def __init__(
        self,
        assistant: Assistant | Callable[[], Assistant],
        policy: Policy | None = None,
        *,
        takes_papers: Callable[[], bool] = lambda: True,
    ) -> None:
        self._assistant: Callable[[], Assistant] = (
            (lambda: assistant) if isinstance(assistant, Assistant) else assistant
        )
        self._takes_papers = takes_papers
        self.policy = policy or Policy()

    @property
    def library(self) -> Library:
        """The library that is asked."""
        return self._assistant().library

    def ask(self, question: str, filters: Values | None = None) -> dict[str, Any]:
        """Quotes that answer, or ``"status": "not_found"`` with the nearest sentences (:class:`Answer`).

        ``filters`` as :func:`qa.filtering.filters_of` takes them. ``calibrated`` says whether the confidences
        were measured for this encoder and reader. Raises UsageError and LibraryError.
        """
        asked, chosen = _text(question, "question"), filters_of(filters)
        with self._told():
            answer = self._assistant().ask(asked, chosen)
        return answer.to_dict() | {"calibrated": bool(answer.trace["calibrated"])}

    def search(self, question: str, k: int = 10, filters: Values | None = None) -> dict[str, Any]:
        """The best ``k`` passages (at most MOST_HITS), best first, under ``"hits"``.

        Raises UsageError and LibraryError.
        """
        asked, chosen = _text(question, "question"), filters_of(filters)
        k = _number(k, "k", 1, MOST_HITS)
        with self._told(), self._assistant().retriever.reading() as retriever:
            library = retriever.library
            hits = retriever.search(asked, k, chosen)
            expansions = retriever.expansion(asked).to_list()
            return {
                "question": asked,
                "expansions": expansions,
                **({"filters": library.select(chosen).to_dict()} if chosen else {}),
                "hits": [hit_dict(library, hit, expansions) for hit in hits],
            }

    def show(self, name: str) -> dict[str, Any]:
        """The whole document called ``name``: id, DOI, PMID or PMCID. Raises NoDocument and LibraryError."""
        with self._told(), self.library.lock:
            self.library.refresh()
            whole = document_dict(self.library, _text(name, "id"))
        hidden = _OF_THE_DISK if self.policy.read_only else ()
        return {key: value for key, value in whole.items() if key not in hidden}

    def read(
        self, name: str, start: int = 0, most: int = READ_AT_ONCE, text_sha256: str | None = None
    ) -> dict[str, Any]:
        """A piece of the text of a document, from code point ``start``, and the outline of the whole.

        With ``text_sha256`` it is that text, also where a newer one has taken its place: what was quoted
        can always be read again. ``next`` is where the text goes on, None at its end. Raises NoDocument,
        UsageError and LibraryError.
        """
        most = _number(most, "most", 1, READ_AT_ONCE)
        with self._told(), self.library.lock:
            library = self.library
            library.refresh()
            document = library.document(_text(name, "id"))
            text = document.text
            own = text_sha256 in (None, "", text.sha256)
            content = text.content if own else _earlier(library, document.id, text_sha256)
            start = _number(start, "start", 0, len(content))
            end = min(len(content), start + most)
            against = document.reference.retraction
            return {
                "document_id": document.id,
                "title": document.title,
                "citation": citation(document).to_dict(),
                "retraction": None if against is None else notice_dict(against),
                "text_sha256": text.sha256 if own else text_sha256,
                "length": len(content),
                "start": start,
                "end": end,
                "next": end if end < len(content) else None,
                "text": content[start:end],
                "sections": [
                    {"label": one.label, "heading": one.heading, "start": one.start, "end": one.end}
                    for one in (document.sections if own else ())
                    if one.label != "heading"
                ],
            }

    def sources(self, offset: int = 0, limit: int = MOST_LISTED) -> dict[str, Any]:
        """The documents from place ``offset`` on, at most ``limit``, and how many there are (``"total"``).

        To its owner also the library's place and every source. Raises UsageError and LibraryError.
        """
        limit = _number(limit, "limit", 1, MOST_LISTED)
        with self._told(), self.library.lock:
            library = self.library
            library.refresh()
            offset = _number(offset, "offset", 0, max(len(library), 0))
            listed = list(islice(library.documents(), offset, offset + limit))
            count = {"total": len(library), "offset": offset}
            if not self.policy.read_only:
                return sources_dict(library, listed) | count
            generation = library.manifest.generation
            documents = [listed_dict(document) for document in listed]
            return {"generation": generation, "documents": documents} | count

    def check(self, name: str, sentence: int | None = None, k: int = 3) -> dict[str, Any]:
        """For each sentence of a document that cites held papers, what these say closest; no verdict.

        Raises NoDocument, UsageError and LibraryError.
        """
        k = _number(k, "k", 1, MOST_CLOSEST)
        if sentence is not None:
            sentence = _number(sentence, "sentence", 1, 1_000_000)
        with self._told(), reading(self.library) as library:
            found = check(library, _text(name, "id"), sentence=sentence, most=k)
            document = library.resolve(name)
        return {"document_id": document, "sentences": [one.to_dict() for one in found]}

    def add(self, paths: Sequence[str | os.PathLike[str]]) -> dict[str, Any]:
        """Add files of this machine; the report names them without their folders. They are not changed.

        Raises ReadOnly, UsageError, LibraryBusy and other LibraryErrors.
        """
        self.policy.allow_change()
        if not self._takes_papers():
            raise UsageError("the demo takes no papers; serve a library of your own with: litquote serve")
        if not paths:
            raise UsageError("name files to add")
        with self._told():
            library = self.library
            # A second one on the same folder, so that questions are answered meanwhile.
            with Library.open(library.path, encoder=library.encoder) as writer:
                report = writer.add(paths).to_dict()
        places = [place for path in map(Path, paths) for place in (path.absolute(), path.resolve())]
        folders = {f"{place.parent}{os.sep}" for place in places}
        for entry in (one for kind in report.values() if isinstance(kind, list) for one in kind):
            for folder in folders:
                entry["uri"] = entry["uri"].removeprefix(folder)
        return report

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the library, to strangers without its place on the disk."""
        try:
            yield
        except LibraryError as error:
            if not self.policy.read_only:
                raise
            said = str(error).replace(str(self.library.path), "this place")
            raise type(error)(said) from error


def _earlier(library: Library, document_id: str, text_sha256: object) -> str:
    """The characters of a text that was read for the document before, as they were quoted."""
    name = _text(text_sha256, "text_sha256")
    for segment in library.segments.values():
        if document_id in segment.records.readers_of(name):
            return library.text(name).content
    raise NoDocument(
        f"no text {name[:12]!r} of {document_id} in this library; the quote comes from another one"
    )


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"the {name} is empty; write what you want to know")
    if len(value) > MOST_CHARACTERS:
        raise UsageError(f"the {name} has {len(value):,} characters; at most {MOST_CHARACTERS:,} are read")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError(f"the {name} holds half a character (a lone surrogate); send it as UTF-8") from None
    return value


def _number(value: object, name: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise UsageError(f"{name} is {str(value)[:40]!r}; a whole number from {least:,} to {most:,} is meant")
    return value
