"""From the sentences chosen to quotes: whole, safe to read alone, cited, with every place they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from index.library import Library
from index.records import Document, Page
from qa.calibration import Calibration
from qa.cite import citation, label
from qa.extract import Candidate, section_at
from qa.records import Place, Quote
from qa.safe_quotes import safe_end, safe_focus, safe_start
from qa.studies import study_of


def studies(library: Library) -> Callable[[str], str]:
    """What names the study of a document by its id (:func:`qa.studies.study_of`), each looked up once."""
    known: dict[str, str] = {}

    def name(document_id: str) -> str:
        if document_id not in known:
            document = library.summary(document_id)
            content = library.text(document.text.sha256).content
            known[document_id] = study_of(document, content)
        return known[document_id]

    return name


def quotes(
    library: Library, calibration: Calibration, chosen: Sequence[Candidate], study: Callable[[str], str]
) -> tuple[Quote, ...]:
    """A quote of each of ``chosen``, in their order; what stands in one already is not quoted again."""
    found: list[Quote] = []
    for candidate in chosen:
        quote = _quote(library, calibration, candidate, study)
        if any(_overlap(quote, other) for other in found):
            # The sentence it leans on is shown already; one that is shown itself is not repeated.
            quote = replace(quote, start=candidate.start, end=candidate.end, text=candidate.text)
        if not any(_overlap(quote, other) for other in found):
            found.append(quote)
    return tuple(found)


def _quote(
    library: Library, calibration: Calibration, candidate: Candidate, study: Callable[[str], str]
) -> Quote:
    passage = candidate.hit.passage
    document = library.summary(passage.document_id)
    content = library.text(passage.text_sha256).content
    section = section_at(document, candidate.start)
    start = safe_start(content, section, candidate.start)
    end = safe_end(content, section, candidate.end)
    sentence = (candidate.start, candidate.end)
    quote = Quote(
        document_id=document.id,
        text_sha256=passage.text_sha256,
        start=start,
        end=end,
        focus=safe_focus(content, sentence, candidate.focus) if candidate.focus else sentence,
        text=content[start:end],
        section=section.label,
        heading=section.heading,
        page=page_at(document, candidate.start),
        score=candidate.score,
        confidence=calibration.confidence(candidate.score),
        citation=citation(document),
        retraction=document.reference.retraction,
        study=study(document.id),
    )
    return replace(quote, also=tuple(_place(library, twin) for twin in candidate.also))


def _place(library: Library, candidate: Candidate) -> Place:
    passage = candidate.hit.passage
    document = library.summary(passage.document_id)
    section = section_at(document, candidate.start)
    return Place(
        document.id,
        passage.text_sha256,
        candidate.start,
        candidate.end,
        section.heading or section.label,
        label(document.reference, document.title),
    )


def page_at(document: Document, position: int) -> int | None:
    """The page that holds ``position``, where the source has pages."""
    pages: tuple[Page, ...] = document.pages
    return next((page.number for page in pages if page.start <= position < page.end), None)


def _overlap(one: Quote, other: Quote) -> bool:
    return one.text_sha256 == other.text_sha256 and one.start < other.end and other.start < one.end
