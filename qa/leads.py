"""Where to look when nothing was found: papers that held documents cite, are not held, and whose titles fit.

A title is a lead when its cosine with the question is at least LEAST_COSINE and it says LEAST_COVERAGE of the
question (share of the IDF of its terms). Measured on the claims of SciFact (training part, 400 claims; one
title in 3,300 belongs to the paper that was written about): shown for a quarter of them, right nine times
in ten; where that paper is taken out something is shown for one in twenty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from index.cited import CitedPaper, cited, with_references
from index.library import Library
from qa.cite import label_of
from qa.extract import coverages
from qa.records import Lead

LEAST_COSINE, LEAST_COVERAGE = 0.5, 0.4
MOST = 2
#: In a library with no more lists than this all are looked through, else those of what the search found.
_ALL_LISTS = 100
#: Titles that are encoded, those that say most of the question.
_ENCODED = 32


def leads(
    library: Library, question: str, found: Iterable[str], weight_of: Callable[[str], float]
) -> tuple[Lead, ...]:
    """At most MOST missing papers whose titles fit ``question``, best first.

    ``found`` are the documents the search found, best first.
    """
    lists = with_references(library, most=_ALL_LISTS + 1)
    names = [one.id for one in lists] if len(lists) <= _ALL_LISTS else list(dict.fromkeys(found))
    papers: dict[str, tuple[CitedPaper, str]] = {}
    for name in names:
        for paper in cited(library, name):
            if paper.reference.title and paper.status == "missing":
                papers.setdefault(paper.reference.title.casefold(), (paper, name))
    entries = list(papers.values())
    covered = coverages(question, [paper.reference.title for paper, _ in entries], weight_of)
    close = sorted(
        (
            (share, paper, name)
            for share, (paper, name) in zip(covered, entries, strict=True)
            if share >= LEAST_COVERAGE
        ),
        key=lambda one: -one[0],
    )[:_ENCODED]
    if not close:
        return ()
    vectors = library.encoder.encode([question, *(paper.reference.title for _, paper, _ in close)])
    cosines = [float(value) for value in vectors[1:] @ vectors[0]]
    fitting = [
        (share + cosine, paper, name)
        for cosine, (share, paper, name) in zip(cosines, close, strict=True)
        if cosine >= LEAST_COSINE
    ]
    best = sorted(fitting, key=lambda one: -one[0])[:MOST]
    return tuple(_lead(library, paper, name) for _, paper, name in best)


def _lead(library: Library, paper: CitedPaper, name: str) -> Lead:
    document = library.summary(name)
    return Lead(
        document_id=name,
        number=paper.number,
        label=label_of(document),
        reference=paper.reference,
    )
