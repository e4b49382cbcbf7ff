"""From passages to quotes: their sentences, how near each is to the question, which are quoted, and how far.

How near is measured twice, by meaning (cosine) and by words (the IDF-weighted share of the question's terms
that the sentence holds); what a reader makes of it comes on top (:mod:`qa.assistant`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from index.chunks import passage_sentences
from index.records import Document, Hit, Section, plain_key
from index.words import content_terms, terms
from qa.expand import Expansion
from qa.quotable import is_quotable, stands_alone
from qa.statements import Statement


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage found, by position, with its raw score and the hit it came from.

    ``parts`` are what the score is made of (:data:`qa.calibration.PARTS`); ``focus`` is the span that the
    reader marked inside the sentence, positions as those of the sentence; ``also`` others that say the same.
    """

    hit: Hit
    start: int
    end: int
    text: str
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)
    focus: tuple[int, int] | None = None
    also: tuple[Candidate, ...] = ()


def candidates(
    hits: Sequence[Hit], text_of: Callable[[str], str], title_of: Callable[[str], str] | None = None
) -> list[Candidate]:
    """Every sentence of ``hits`` that may be quoted, once, unscored.

    ``text_of`` gives a text's characters by its name, ``title_of`` a document's title by its id: what only
    repeats that is no answer.
    """
    found: dict[tuple[str, int, int], Candidate] = {}
    for hit in hits:
        content = text_of(hit.passage.text_sha256)
        title = title_of(hit.passage.document_id) if title_of else ""
        for start, end in passage_sentences(content, hit.passage):
            place, text = (hit.passage.document_id, start, end), content[start:end]
            if (
                place not in found
                and is_quotable(text, alone=stands_alone(content, start, end))
                and not _repeats(text, title)
            ):
                found[place] = Candidate(hit, start, end, text, 0.0)
    return list(found.values())


def _repeats(text: str, title: str) -> bool:
    """Whether ``text`` is no more than ``title``, give or take its marks."""
    return abs(len(text) - len(title)) <= 0.2 * len(title) and plain_key(text) == plain_key(title)


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
SAME_WORDS, ENOUGH_OF_PAPER, ENOUGH_OF_STUDY, ENOUGH = (
    "same words",
    "enough of this paper",
    "enough of this study",
    "enough",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a candidate: chosen (``why`` is ``""``) or passed over, for ``other`` that says it."""

    candidate: Candidate
    why: str = ""
    other: Candidate | None = None


def judge(
    ranked: Sequence[Candidate],
    *,
    most: int,
    per_document: int,
    study_of: Callable[[str], str] | None = None,
    several: bool = False,
) -> list[Verdict]:
    """A verdict on each candidate of a list ranked best first; the chosen come first, in the order to quote.

    At most ``per_document`` are of one paper, and of one study, which ``study_of`` names by a document's id
    (``""``: not known). Sentences that say the same count once. Where a question asks for ``several``
    things, those whose span another has said already stand behind the others.
    """
    chosen: list[Candidate] = []
    taken: dict[str, int] = {}
    verdicts: list[Verdict] = []
    waiting: list[Candidate] = []

    def admit(candidate: Candidate) -> Verdict:
        document_id = candidate.hit.passage.document_id
        study = study_of(document_id) if study_of else ""
        if taken.get(document_id, 0) >= per_document:
            return Verdict(candidate, ENOUGH_OF_PAPER)
        if study and taken.get(study, 0) >= per_document:
            return Verdict(candidate, ENOUGH_OF_STUDY)
        for name in filter(None, (document_id, study)):
            taken[name] = taken.get(name, 0) + 1
        chosen.append(candidate)
        return Verdict(candidate)

    said = [Statement.of(candidate.text) for candidate in ranked]
    known: list[tuple[Statement, Candidate]] = []
    for candidate, statement in zip(ranked, said, strict=True):
        if len(chosen) == most:
            verdicts.append(Verdict(candidate, ENOUGH))
            continue
        twin = next((other for one, other in known if one.same_as(statement)), None)
        if twin is not None:
            verdicts.append(Verdict(candidate, SAME_WORDS, twin))
            continue
        known.append((statement, candidate))
        if several and any(_same_focus(candidate, other) for other in chosen):
            waiting.append(candidate)
        else:
            verdicts.append(admit(candidate))
    for candidate in waiting:
        verdicts.append(admit(candidate) if len(chosen) < most else Verdict(candidate, ENOUGH))
    return sorted(verdicts, key=lambda verdict: bool(verdict.why))


def choose(
    ranked: Sequence[Candidate],
    *,
    most: int,
    per_document: int,
    study_of: Callable[[str], str] | None = None,
    several: bool = False,
) -> list[Candidate]:
    """The candidates :func:`judge` chooses, each with the others that say the same (``also``)."""
    verdicts = judge(ranked, most=most, per_document=per_document, study_of=study_of, several=several)
    twins: dict[int, list[Candidate]] = {}
    for verdict in verdicts:
        if verdict.other is not None:
            twins.setdefault(id(verdict.other), []).append(verdict.candidate)
    return [
        replace(verdict.candidate, also=tuple(twins.get(id(verdict.candidate), ())))
        for verdict in verdicts
        if not verdict.why
    ]


def _same_focus(one: Candidate, other: Candidate) -> bool:
    """Whether the marked span of one says no more than that of the other."""
    if one.focus is None or other.focus is None:
        return False
    words, others = (
        content_terms(c.text[span[0] - c.start : span[1] - c.start])
        for c, span in ((one, one.focus), (other, other.focus))
    )
    return set(words) <= set(others)


def section_at(document: Document, position: int) -> Section:
    """The section of ``document`` that holds ``position``."""
    for section in document.sections:
        if section.start <= position < section.end:
            return section
    raise ValueError(f"no section of {document.id} holds position {position}")
