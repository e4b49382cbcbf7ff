"""From passages to quotes: their sentences, how near each is to the question, which are quoted, and how far.

How near is measured twice, by meaning (cosine) and by words (the IDF-weighted share of the question's terms
that the sentence holds); what a reader makes of it comes on top (:mod:`qa.assistant`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from index.chunks import passage_sentences, sentences
from index.records import Document, Hit, Section
from index.words import content_terms, terms
from qa.expand import Expansion

#: A sentence that opens like this leans on the one before.
_LEANS = re.compile(r"(?:This|These|Those|It|Its|They|Their|Such|He|She)\b")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage found, by position, with its raw score and the hit it came from.

    ``parts`` are what the score is made of (:data:`qa.calibration.PARTS`); ``focus`` is the span that the
    reader marked inside the sentence, positions as those of the sentence.
    """

    hit: Hit
    start: int
    end: int
    text: str
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)
    focus: tuple[int, int] | None = None


def candidates(hits: Sequence[Hit], text_of: Callable[[str], str]) -> list[Candidate]:
    """Every sentence of ``hits`` once, unscored; ``text_of`` gives a text's characters by its name."""
    found: dict[tuple[str, int, int], Candidate] = {}
    for hit in hits:
        content = text_of(hit.passage.text_sha256)
        for start, end in passage_sentences(content, hit.passage):
            place = (hit.passage.document_id, start, end)
            found.setdefault(place, Candidate(hit, start, end, content[start:end], 0.0))
    return list(found.values())


def coverages(
    question: str,
    texts: Sequence[str],
    weight_of: Callable[[str], float],
    expansion: Expansion | None = None,
) -> list[float]:
    """The IDF-weighted share (0 to 1) of the question's terms in each of ``texts``.

    ``weight_of`` gives the IDF of an index term. Where ``expansion`` is given, an abbreviation of the
    question is met by its long form, and a long form by its abbreviation.
    """
    weights = {term: weight_of(term) for term in content_terms(question)}
    total = sum(weights.values()) or 1.0
    covered = (expansion or Expansion(question)).covered
    return [sum(weights.get(term, 0.0) for term in covered(terms(text))) / total for text in texts]


#: Why :func:`judge` passes a candidate over.
SAME_WORDS, ENOUGH_OF_PAPER, ENOUGH = "same words", "enough of this paper", "enough"


def judge(
    ranked: Sequence[Candidate], *, most: int, per_document: int
) -> Iterator[tuple[Candidate, str, Candidate | None]]:
    """Each candidate of a list ranked best first, with why it is not chosen ("" when it is).

    With :data:`SAME_WORDS` comes the candidate chosen that said them.
    """
    seen: dict[str, Candidate] = {}
    taken: dict[str, int] = {}
    for candidate in ranked:
        if len(seen) == most:
            yield candidate, ENOUGH, None
            continue
        words = " ".join(terms(candidate.text))
        document_id = candidate.hit.passage.document_id
        if words in seen:
            yield candidate, SAME_WORDS, seen[words]
        elif taken.get(document_id, 0) >= per_document:
            yield candidate, ENOUGH_OF_PAPER, None
        else:
            seen[words] = candidate
            taken[document_id] = taken.get(document_id, 0) + 1
            yield candidate, "", None


def choose(ranked: Sequence[Candidate], *, most: int, per_document: int) -> list[Candidate]:
    """The best candidates of a list ranked best first: at most ``per_document`` of one paper.

    The same words count once: abstract and body often repeat a sentence.
    """
    judged = judge(ranked, most=most, per_document=per_document)
    until = takewhile(lambda one: one[1] != ENOUGH, judged)
    return [candidate for candidate, why, _ in until if not why]


def section_at(document: Document, position: int) -> Section:
    """The section of ``document`` that holds ``position``."""
    for section in document.sections:
        if section.start <= position < section.end:
            return section
    raise ValueError(f"no section of {document.id} holds position {position}")


def readable_start(content: str, section: Section, start: int) -> int:
    """Where a quote of the sentence at ``start`` should begin: one sentence earlier if it leans on that."""
    if not _LEANS.match(content, start):
        return start
    before = max(section.start, start - 2000)
    spans = sentences(content, before, start)
    if before > section.start and len(spans) < 2:
        return start  # the cut itself may have made this sentence
    return spans[-1][0] if spans else start
