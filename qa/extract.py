"""From passages to quotes: their sentences, how near each is to the question, which are quoted, and how far.

A sentence that says nothing (:mod:`qa.quotable`) is no candidate. How near one is is measured twice, by
meaning (cosine) and by words (the IDF-weighted share of the question's terms that the sentence holds); what
a reader makes of it comes on top (:mod:`qa.assistant`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from index.chunks import passage_sentences
from index.records import Document, Hit, Passage, Section, plain_key
from index.words import content_terms, terms
from qa.expand import Expansion
from qa.quotable import is_quotable
from qa.sameness import Wording, same, wording

if TYPE_CHECKING:
    from qa.retrieve import Retriever

_ASKS_FOR_LIST = re.compile(
    r"(?:in |by |for |to |from |with |at |on )?which\b|(?:what|who) (?:are|were) (?!an? )|list\b|name\b"
    r"|enumerate\b|(?:give|mention) (?:me )?(?:the|some|all|examples)\b"
    r"|what (?:\w+ ){1,2}(?:are|were|do|have|can|could)\b",
    re.IGNORECASE,
)
_LISTS = re.compile(r"[,;/]|\b(?:and|or)\b")


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
        for start, end in _quotable_spans(content, hit.passage, title):
            place = (hit.passage.document_id, start, end)
            if place not in found:
                found[place] = Candidate(hit, start, end, content[start:end], 0.0)
    return list(found.values())


#: What :func:`_quotable_spans` found, by text, passage and title: most questions meet passages again.
_SPANS: dict[tuple[str, int, int, str], tuple[tuple[int, int], ...]] = {}
_MOST_SPANS = 20_000


def _quotable_spans(content: str, passage: Passage, title: str) -> tuple[tuple[int, int], ...]:
    """The sentences of a passage that may be quoted; ``content`` is the text it names."""
    key = (passage.text_sha256, passage.start, passage.end, title)
    found = _SPANS.get(key)
    if found is None:
        spans = passage_sentences(content, passage)
        found = tuple(
            (start, end)
            for start, end in spans
            if is_quotable(content[start:end]) and not _is_title(content[start:end], title)
        )
        if len(_SPANS) >= _MOST_SPANS:
            _SPANS.clear()
        _SPANS[key] = found
    return found


def _is_title(text: str, title: str) -> bool:
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


def covered(retriever: Retriever, question: str, hits: Sequence[Hit]) -> list[tuple[Candidate, float]]:
    """The sentences of ``hits`` (:func:`candidates`), each with what it covers of ``question``."""
    library = retriever.library
    found = candidates(
        hits,
        lambda name: library.text(name).content,
        lambda name: library.summary(name).title,
    )
    texts = [candidate.text for candidate in found]
    shares = coverages(question, texts, retriever.weight_of, retriever.expansion(question))
    return list(zip(found, shares, strict=True))


#: Why :func:`judge` passes a candidate over.
SAME_WORDS, SAME_ANSWER = "same words", "same answer"
ENOUGH_OF_PAPER, ENOUGH_OF_STUDY, ENOUGH = "enough of this paper", "enough of this study", "enough"

#: A candidate, why it is not chosen ("" when it is), and the candidate chosen that said it (or of its study).
Judged = tuple[Candidate, str, Candidate | None]


def judge(
    ranked: Sequence[Candidate],
    *,
    most: int,
    per_document: int,
    studies: Mapping[str, str] | None = None,
    distinct: bool = False,
) -> Iterator[Judged]:
    """What becomes of each candidate of a list ranked best first; those chosen come in the order of quotes.

    At most ``most`` are chosen, and of one paper at most ``per_document``; of one study too, where there are
    others (``studies`` names the study of a paper). Sentences that say the same in the same words count once
    (:mod:`qa.sameness`). With ``distinct`` a candidate whose focus says nothing new goes behind the others.
    """
    choice = _Choice(ranked, most, per_document, studies or {})
    behind = []
    for candidate in ranked:
        told = choice.told(candidate) if distinct else None
        verdict, other = choice.verdict(candidate)
        if told is not None and verdict in ("", ENOUGH):
            behind.append((candidate, told))
            continue
        if not verdict:
            choice.take(candidate)
        yield candidate, verdict, other
    for candidate, told in behind:
        verdict, other = choice.verdict(candidate)
        if not verdict:
            choice.take(candidate)
        yield candidate, *((SAME_ANSWER, told) if verdict == ENOUGH else (verdict, other))


class _Choice:
    """The candidates chosen so far."""

    def __init__(
        self, ranked: Sequence[Candidate], most: int, per_document: int, studies: Mapping[str, str]
    ) -> None:
        self._most, self._share, self._studies = most, per_document, studies
        self._taken: list[tuple[Candidate, Wording, frozenset[str]]] = []
        self._alone = len({self._study(candidate) for candidate in ranked}) == 1

    def _study(self, candidate: Candidate) -> str:
        document_id = candidate.hit.passage.document_id
        return self._studies.get(document_id) or document_id

    def take(self, candidate: Candidate) -> None:
        self._taken.append((candidate, wording(candidate.text), _answer(candidate)))

    def verdict(self, candidate: Candidate) -> tuple[str, Candidate | None]:
        """Why ``candidate`` cannot be chosen now ("" when it can), and because of which."""
        said = wording(candidate.text)
        repeated = next((one for one, other, _ in self._taken if same(said, other)), None)
        if repeated is not None:
            return SAME_WORDS, repeated
        document_id, study = candidate.hit.passage.document_id, self._study(candidate)
        if sum(one.hit.passage.document_id == document_id for one, _, _ in self._taken) >= self._share:
            return ENOUGH_OF_PAPER, None
        of_study = [one for one, _, _ in self._taken if self._study(one) == study]
        if len(of_study) >= self._share and not self._alone:
            return ENOUGH_OF_STUDY, of_study[0]
        return (ENOUGH if len(self._taken) >= self._most else ""), None

    def told(self, candidate: Candidate) -> Candidate | None:
        """The candidate chosen whose focus says what this one's does, or None."""
        answer = _answer(candidate)
        return next(
            (one for one, _, other in self._taken if answer and _repeats(candidate, answer, other)), None
        )


def _answer(candidate: Candidate) -> frozenset[str]:
    """The terms of the focus; none for a whole sentence."""
    if candidate.focus is None:
        return frozenset()
    first, last = (place - candidate.start for place in candidate.focus)
    return frozenset(content_terms(candidate.text[first:last]))


def _repeats(candidate: Candidate, answer: frozenset[str], other: frozenset[str]) -> bool:
    """Whether an answer is held in another, or is one more listing-free way to say it."""
    if answer <= other:
        return True
    assert candidate.focus is not None
    first, last = (place - candidate.start for place in candidate.focus)
    return bool(other) and other <= answer and not _LISTS.search(candidate.text[first:last])


def choose(
    ranked: Sequence[Candidate],
    *,
    most: int,
    per_document: int,
    studies: Mapping[str, str] | None = None,
    distinct: bool = False,
) -> list[Candidate]:
    """The candidates that :func:`judge` chooses, in the order of quotes."""
    judged = judge(ranked, most=most, per_document=per_document, studies=studies, distinct=distinct)
    return list(islice((candidate for candidate, why, _ in judged if not why), most))


def asks_for_list(question: str) -> bool:
    """Whether ``question`` asks for several things: "Which …", "What are the …", "List …", "Name …"."""
    return bool(_ASKS_FOR_LIST.match(question.strip()))


def section_at(document: Document, position: int) -> Section:
    """The section of ``document`` that holds ``position``."""
    for section in document.sections:
        if section.start <= position < section.end:
            return section
    raise ValueError(f"no section of {document.id} holds position {position}")
