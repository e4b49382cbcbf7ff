"""Does the cited paper say so? For each sentence that cites held papers, the closest sentences of each.

No verdict: what is close may say the contrary, and an abstract may leave out what the paper says. The
reader of two sentences side by side judges.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from index.cited import CitedPaper, cited
from index.errors import UsageError
from index.library import Library
from index.reading import reading
from index.records import NOT_ANSWERS, NOT_SEARCHED, Document, Filters
from index.sentences import sentences
from qa.cite import label
from qa.extract import Candidate, covered, section_at
from qa.quoting import page_at
from qa.retrieve import Retriever

#: Passages of a cited paper whose sentences are compared.
_PASSAGES = 5
#: What is left of "(see 3, 4)" or "[1–5]" when the numbers are taken out.
_EMPTY_MARKS = re.compile(r"[(\[]\s*(?:see|e\.g\.|reviewed in)?[\s,;–-]*[)\]]|(?<=\s)[–-]+(?=\s|[.,;])")


@dataclass(frozen=True, slots=True)
class Closest:
    """A sentence of a cited paper: positions in the text named ``text_sha256``; ``score`` from about 0 to 1.

    The score is the mean of the passage's score in the search and of the sentence's own: its cosine with
    the citing sentence, and half as much the share of that sentence's terms that it holds.
    """

    document_id: str
    text_sha256: str
    start: int
    end: int
    text: str
    section: str
    page: int | None
    score: float

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {
            "text": self.text,
            "document_id": self.document_id,
            "start": self.start,
            "end": self.end,
            "section": self.section,
            "page": self.page,
            "text_sha256": self.text_sha256,
            "score": round(self.score, 4),
        }


@dataclass(frozen=True, slots=True)
class CheckedReference:
    """A paper that a sentence cites, and its closest sentences, best first; none where it is not held."""

    paper: CitedPaper
    label: str
    closest: tuple[Closest, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        closest = [one.to_dict() for one in self.closest]
        return self.paper.to_dict() | {"label": self.label, "closest": closest}


@dataclass(frozen=True, slots=True)
class CitingSentence:
    """A sentence of the citing document; ``number`` counts the sentences that cite, from 1."""

    number: int
    document_id: str
    text_sha256: str
    start: int
    end: int
    text: str
    section: str
    references: tuple[CheckedReference, ...]

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {
            "number": self.number,
            "text": self.text,
            "document_id": self.document_id,
            "start": self.start,
            "end": self.end,
            "section": self.section,
            "text_sha256": self.text_sha256,
            "references": [one.to_dict() for one in self.references],
        }


def check(library: Library, name: str, *, sentence: int | None = None, most: int = 3) -> list[CitingSentence]:
    """The sentences of the document called ``name`` that cite held papers, each with what these say closest.

    ``sentence`` is the number of one of the sentences that cite, whatever they cite. Papers that a sentence
    cites and the library lacks stand in its references without closest sentences. Raises UsageError when
    there is no such document or sentence, and when the source does not tell where its text cites.
    """
    with reading(library) as library:
        document = library.document(name)
        if not document.citations:
            raise UsageError(
                f"the source of {document.id} does not tell where its text cites what; "
                "add its full text as JATS XML, PDF or a web page"
            )
        papers = {paper.number: paper for paper in cited(library, document.id)}
        citing = list(_citing(document))
        if sentence is not None and not 1 <= sentence <= len(citing):
            raise UsageError(f"{document.id} has {len(citing)} sentences that cite; there is no {sentence}")
        retriever = Retriever(library)
        found = []
        for number, (start, end, marks, numbers) in enumerate(citing, 1):
            listed = [papers[one] for one in numbers if one in papers]
            if sentence not in {None, number}:
                continue
            if sentence is None and not any(paper.document_id for paper in listed):
                continue
            asked = without_marks(document.text.content, start, end, marks)
            vector = library.encoder.encode([asked])[0]
            found.append(
                CitingSentence(
                    number,
                    document.id,
                    document.text.sha256,
                    start,
                    end,
                    document.text.content[start:end],
                    section_at(document, start).label,
                    tuple(_checked(retriever, paper, asked, vector, most) for paper in listed),
                )
            )
        return found


def _checked(
    retriever: Retriever, paper: CitedPaper, asked: str, vector: NDArray[np.float32], most: int
) -> CheckedReference:
    said = label(paper.reference, paper.reference.title or paper.reference.printed)
    if not paper.document_id or not asked:
        return CheckedReference(paper, said)
    filters = Filters(documents=(paper.document_id,))
    return CheckedReference(paper, said, tuple(closest(retriever, asked, filters, vector=vector)[:most]))


def closest(
    retriever: Retriever,
    text: str,
    filters: Filters | None = None,
    *,
    vector: NDArray[np.float32],
    k: int = _PASSAGES,
) -> list[Closest]:
    """The sentences of the ``k`` best passages for ``text``, whose vector is given, the closest first."""
    library = retriever.library
    hits = retriever.search(text, k, filters, answers_only=True, vector=vector)

    found = covered(retriever, text, hits)
    if not found:
        return []
    heads = [library.summary(one.hit.passage.document_id).title for one, _ in found]
    vectors = library.encoder.encode(
        [f"{head.rstrip('.')}. {one.text}" for head, (one, _) in zip(heads, found, strict=True)]
    )
    scored = [
        replace(one, score=(one.hit.score + (float(cosine) + share / 2) / 1.5) / 2)
        for (one, share), cosine in zip(found, vectors @ vector, strict=True)
    ]
    return [_closest(library, one) for one in sorted(scored, key=lambda one: -one.score)]


def _closest(library: Library, candidate: Candidate) -> Closest:
    passage = candidate.hit.passage
    document = library.summary(passage.document_id)
    return Closest(
        document.id,
        passage.text_sha256,
        candidate.start,
        candidate.end,
        candidate.text,
        section_at(document, candidate.start).label,
        page_at(document, candidate.start),
        candidate.score,
    )


_Mark = tuple[int, int]


def citing_sentences(document: Document) -> list[tuple[int, int]]:
    """Where the sentences of ``document`` (its text with its characters) stand that cite, in order.

    The first is sentence 1 of :func:`check`.
    """
    return [(start, end) for start, end, _, _ in _citing(document)]


def _citing(document: Document) -> Iterator[tuple[int, int, list[_Mark], list[int]]]:
    """The sentences that cite: positions, the marks in them and the reference numbers, in order.

    A mark behind a full stop ("in winter.¹²") belongs to the sentence that it ends.
    """
    content = document.text.content
    marks = sorted(document.citations, key=lambda one: one.start)
    for section in document.sections:
        if section.label in NOT_ANSWERS | NOT_SEARCHED:
            continue
        spans = sentences(content, section.start, section.end)
        found: dict[int, tuple[list[_Mark], list[int]]] = {}
        inside = [one for one in marks if section.start <= one.start and one.end <= section.end]
        for mark in inside:
            place = next((i for i, (_, end) in enumerate(spans) if mark.start < end), None)
            if place is None:
                continue
            before = content[spans[place][0] : mark.start]
            if place and not any(character.isalpha() for character in before):
                place -= 1
            own, numbers = found.setdefault(place, ([], []))
            own.append((mark.start, mark.end))
            numbers += [one for one in mark.reference_numbers if one not in numbers]
        for place in sorted(found):
            yield (*spans[place], *found[place])


def without_marks(content: str, start: int, end: int, marks: Iterable[_Mark]) -> str:
    """``content[start:end]`` without the citation marks, in one line: what is searched for."""
    parts, at = [], start
    for low, high in sorted(marks):
        if low >= end:
            break
        parts.append(content[at : max(low, at)])
        at = max(at, min(high, end))
    text = " ".join(("".join(parts) + " " + content[at:end]).split())
    attached = re.sub(r"\s+([.,;:])", r"\1", _EMPTY_MARKS.sub(" ", text))
    return " ".join(re.sub(r"[,;]+([.,;])", r"\1", attached).split())


_COLUMNS = (
    "sentence", "sentence_start", "sentence_end", "sentence_text", "reference", "label", "status", "document",
    "rank", "score", "start", "end", "section", "page", "text", "text_sha256",
)  # fmt: skip


def write_csv(found: Sequence[CitingSentence], stream: TextIO) -> None:
    """A row for each closest sentence, and one for each cited paper without any. Texts are left verbatim."""
    writer = csv.writer(stream)
    writer.writerow(_COLUMNS)
    for one in found:
        head = (one.number, one.start, one.end, one.text)
        for reference in one.references:
            paper = reference.paper
            which = (paper.number, reference.label, paper.status, paper.document_id)
            if not reference.closest:
                writer.writerow((*head, *which, *[""] * 8))
            for rank, near in enumerate(reference.closest, 1):
                place = (near.start, near.end, near.section, near.page or "", near.text, near.text_sha256)
                writer.writerow((*head, *which, rank, f"{near.score:.3f}", *place))
