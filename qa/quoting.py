"""Quotes of the sentences chosen: with what they need to be read rightly, and where else they stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from index.cited import citing
from index.library import Library
from index.records import Document
from qa.calibration import Calibration
from qa.cite import citation, label, label_of
from qa.evidence import abstract_only, kinds
from qa.extract import SAME_WORDS, Candidate, Judged, section_at
from qa.negation import widened_focus
from qa.notices import CitedNotice, doubted
from qa.records import ListedIn, Place, Quote
from qa.safe_quotes import safe_span
from qa.studies import studies, trial_numbers


def studies_of(library: Library, found: Iterable[Candidate]) -> dict[str, str]:
    """The study of each paper of ``found``, as :func:`qa.studies.studies`."""
    texts = {one.hit.passage.document_id: one.hit.passage.text_sha256 for one in found}
    numbers = {
        name: trial_numbers(library.summary(name), library.text(text).content) for name, text in texts.items()
    }
    return studies(numbers)


def quotes_of(library: Library, calibration: Calibration, judged: Iterable[Judged]) -> tuple[Quote, ...]:
    """The quotes of what :func:`qa.extract.judge` chose, in its order; no sentence is shown twice.

    A sentence that another quote shows already is left out of this one's context, and is no quote of its own.
    """
    judged = list(judged)
    best = max((candidate.score for candidate, _, _ in judged), default=0.0)
    chosen: list[Candidate] = []
    others: dict[int, list[Candidate]] = {}
    for candidate, verdict, other in judged:
        if not verdict:
            chosen.append(candidate)
        elif verdict == SAME_WORDS and other is not None:
            others.setdefault(id(other), []).append(candidate)
    named = studies_of(library, chosen)
    quotes: list[Quote] = []
    for candidate in chosen:
        quote = _fitting(library, candidate, quotes)
        if quote is not None:
            better = best if candidate.score < best else None
            sure = calibration.confidence(candidate.score, better)
            quote = replace(quote, confidence=sure)
            also = tuple(_place(library, one) for one in others.get(id(candidate), []))
            listed = listed_in(library, quote.document_id)
            quotes.append(replace(quote, also=also, study=named[quote.document_id], listed_in=listed))
    return tuple(quotes)


def _fitting(library: Library, candidate: Candidate, quotes: Sequence[Quote]) -> Quote | None:
    """The quote of ``candidate`` with as much context as is not shown yet; None when it is shown itself."""
    passage = candidate.hit.passage
    document = library.summary(passage.document_id)
    text = library.text(passage.text_sha256)
    content = text.content
    section = section_at(document, candidate.start)
    start, end = safe_span(content, section, candidate.start, candidate.end)
    shown = [(one.start, one.end) for one in quotes if one.text_sha256 == passage.text_sha256]
    if any(low < candidate.end and candidate.start < high for low, high in shown):
        return None
    if any(low < candidate.start and start < high for low, high in shown):
        start = candidate.start
    if any(low < end and candidate.end < high for low, high in shown):
        end = candidate.end
    sentence = (candidate.start, candidate.end)
    return Quote(
        document_id=document.id,
        text_sha256=passage.text_sha256,
        start=start,
        end=end,
        focus=sentence if candidate.focus is None else widened_focus(content, sentence, candidate.focus),
        text=content[start:end],
        section=section.label,
        heading=section.heading,
        page=page_at(document, candidate.start),
        score=candidate.score,
        confidence=0.0,
        citation=citation(document),
        retraction=document.reference.retraction,
        cites=tuple(
            CitedNotice(one.number, label(one, one.title), one.doi, one.pmid, one.retraction)
            for one in doubted(library.cited_within(document, start, end))
            if one.retraction is not None
        ),
        designs=kinds(document, text),
        abstract_only=abstract_only(document),
    )


def _place(library: Library, candidate: Candidate) -> Place:
    passage = candidate.hit.passage
    document = library.summary(passage.document_id)
    return Place(
        document.id,
        passage.text_sha256,
        candidate.start,
        candidate.end,
        section_at(document, candidate.start).label,
        page_at(document, candidate.start),
        label_of(document),
        document.reference.retraction,
    )


def listed_in(library: Library, name: str, most: int = 3) -> tuple[ListedIn, ...]:
    """The places in reference lists of held papers that name the document called ``name``."""
    found = []
    for one in citing(library, name, most):
        paper = library.summary(one.document_id)
        said = label_of(paper)
        found.append(ListedIn(one.document_id, one.number, said))
    return tuple(found)


def page_at(document: Document, position: int) -> int | None:
    """The page that holds ``position``, where the source has pages."""
    return next((page.number for page in document.pages if page.start <= position < page.end), None)
