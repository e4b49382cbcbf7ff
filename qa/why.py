"""Why was this paper not found? Where it stood at each stage of a question, and what removed it first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from index.absent import Absence, absence, near
from index.errors import UsageError
from index.fanout import among
from index.records import NOT_ANSWERS, Document, Filters, Hit, plain_key
from qa.assistant import MAX_QUOTES, Assistant
from qa.calibration import LOOKED_THROUGH, READ_PASSAGES
from qa.cite import label
from qa.extract import ENOUGH_OF_PAPER, ENOUGH_OF_STUDY, SAME_ANSWER, SAME_WORDS, Candidate
from qa.quoting import studies_of
from qa.retrieve import Lists, Standing

#: What :attr:`Why.reason` may be, in the order in which a document can fall out.
REASONS = (
    "removed",
    "only cited",
    "not in the library",
    "no text",
    "filter",
    "depth",
    "read",
    "nothing to quote",
    "bar",
    "same words",
    "study",
    "same answer",
    "cap",
    "quoted",
)


@dataclass(frozen=True, slots=True)
class Why:
    """What became of one document when ``question`` was asked.

    ``reason`` is the first of :data:`REASONS` that applies, ``text`` says it in one paragraph. ``passage`` is
    the document's best one, and ``standing`` where it stands in the dense, lexical and fused lists; with
    ``without_filters`` these are the lists as they would be without them. ``read`` is the passage's place
    among those whose sentences were scored, ``sentence`` the document's best sentence (scored in any case),
    ``sentence_rank`` its rank among all that were read. ``quotes`` are the numbers of its quotes in the
    answer, ``held_back`` how many more of its sentences reach ``bar``. ``filters`` are the fields that leave
    it out. ``absence`` is set for a paper that is no document of the library.
    """

    question: str
    name: str
    reason: str
    text: str
    document_id: str = ""
    title: str = ""
    passage: Hit | None = None
    standing: Mapping[str, Standing] = field(default_factory=dict)
    without_filters: bool = False
    read: int | None = None
    sentence: Candidate | None = None
    sentence_rank: int | None = None
    bar: float | None = None
    quotes: tuple[int, ...] = ()
    held_back: int = 0
    filters: tuple[str, ...] = ()
    absence: Absence | None = None

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        found: dict[str, Any] = {
            "question": self.question,
            "name": self.name,
            "reason": self.reason,
            "text": self.text,
            "document_id": self.document_id or None,
            "title": self.title or None,
        }
        if self.absence is not None:
            away = self.absence
            found |= {
                "removed": None if away.removed is None else away.removed.id,
                "removed_on": away.removed_on or None,
                "cited_by": list(away.cited_by),
                "near": list(away.near),
            }
        passage, sentence = self.passage, self.sentence
        found["passage"] = passage and {
            "start": passage.passage.start,
            "end": passage.passage.end,
            "section": passage.passage.section,
            "text": passage.text,
            "text_sha256": passage.passage.text_sha256,
        }
        found["lists"] = {
            name: {"rank": one.rank, "score": one.score, "listed": one.listed}
            for name, one in self.standing.items()
        }
        found["sentence"] = sentence and {
            "start": sentence.start,
            "end": sentence.end,
            "text": sentence.text,
            "score": sentence.score,
            "rank": self.sentence_rank,
        }
        return found | {
            "without_filters": self.without_filters,
            "read": self.read,
            "bar": self.bar,
            "quotes": list(self.quotes),
            "held_back": self.held_back,
            "filters": list(self.filters),
        }


def why(assistant: Assistant, question: str, document: str, filters: Filters | None = None) -> Why:
    """What became of ``document`` (id, alias, DOI, PMID, PMCID or whole title) when ``question`` is asked.

    Raises UsageError for an empty question or filters that name what there is not.
    """
    with assistant.reading() as assistant:
        answer = assistant.ask(question, filters)
        found = _document(assistant, document)
        if found is None:
            return _absent(assistant, question, document)
        numbers = tuple(n for n, q in enumerate(answer.quotes, 1) if q.document_id == found.id)
        return _present(assistant, Why(question, document, "", "", found.id, found.title), filters, numbers)


def _document(assistant: Assistant, name: str) -> Document | None:
    library = assistant.library
    try:
        return library.summary(name)
    except UsageError:
        wanted = plain_key(name)
        return next((one for one in near(library, name) if wanted == plain_key(one.title)), None)


def _named(assistant: Assistant, document_id: str) -> str:
    document = assistant.library.summary(document_id)
    return f"{label(document.reference, document.title)} ({document_id})"


def _absent(assistant: Assistant, question: str, name: str) -> Why:
    away = absence(assistant.library, name)
    if away.removed is not None:
        reason = "removed"
        when = f" on {away.removed_on}" if away.removed_on else ""
        text = (
            f"{away.removed.id} was removed from your library{when}; adding its file by name brings it back."
        )
    elif away.cited_by:
        reason = "only cited"
        others = f" and {len(away.cited_by) - 1:,} more" if len(away.cited_by) > 1 else ""
        text = (
            f"{name!r} is not in your library: it stands only in the reference list of "
            f"{_named(assistant, away.cited_by[0])}{others}. To have it searched, add the paper itself."
        )
    else:
        reason, text = "not in the library", f"{name!r} is not in your library."
    if away.near and away.removed is None:
        text += f" Did you mean {' or '.join(_named(assistant, one) for one in away.near)}?"
    return Why(question, name, reason, text, absence=away)


def _present(assistant: Assistant, found: Why, filters: Filters | None, quotes: tuple[int, ...]) -> Why:
    library, question = assistant.library, found.question
    keys = library.keys(found.document_id)
    answerable = [key for key in keys if library.section_of(key) not in NOT_ANSWERS]
    if not answerable:
        return _explained(assistant, replace(found, reason="no text"))
    rows = library.rows(filters)
    passing = [key for key, inside in zip(answerable, among(rows, answerable), strict=True) if inside]
    if not passing and filters:
        found = replace(found, filters=_guilty(assistant, filters, answerable), without_filters=True)
        filters = None
        passing = answerable
    vector = library.encoder.encode_question(question)
    retriever = assistant.retriever
    lists = retriever.lists(question, READ_PASSAGES, filters, answers_only=True, vector=vector)
    hits = assistant.passages(question, vector, filters)
    key = _best(assistant, found, lists, filters, passing)
    standing = retriever.standing(question, key, lists, filters, vector)
    passage, _ = library.passage(key)
    mine = [n for n, hit in enumerate(hits, 1) if hit.passage.document_id == found.document_id]
    best = Hit(passage, library.text(passage.text_sha256).content[passage.start : passage.end], 0.0)
    ranked = assistant.read(question, vector, hits)
    own = [c for c in ranked if c.hit.passage.document_id == found.document_id]
    others = [] if own else assistant.read(question, vector, [best])
    sentence = next(iter([*own, *others]), None)
    found = replace(
        found,
        passage=best,
        standing=standing,
        read=mine[0] if mine else None,
        sentence=sentence,
        sentence_rank=ranked.index(own[0]) + 1 if own else None,
        bar=_bar(assistant, ranked, sentence),
        quotes=quotes,
    )
    return _explained(assistant, _judged(assistant, found, ranked))


def _bar(assistant: Assistant, ranked: list[Candidate], sentence: Candidate | None) -> float:
    """What the sentence's score would have to be: further quotes need more than the first."""
    calibration = assistant.calibration
    if not ranked or ranked[0] is sentence or ranked[0].score < calibration.bar:
        return calibration.bar
    return calibration.bar_beside(ranked[0].score)


def _guilty(assistant: Assistant, filters: Filters, keys: list[int]) -> tuple[str, ...]:
    """The fields of ``filters`` that leave out all ``keys`` alone, else all of them: together they do."""
    alone = []
    for name in filters.active:
        rows = assistant.library.rows(replace(Filters(), **{name: getattr(filters, name)}))
        if not any(among(rows, keys)):
            alone.append(name)
    return tuple(alone) or filters.active


def _best(assistant: Assistant, found: Why, lists: Lists, filters: Filters | None, passing: list[int]) -> int:
    """The key of the document's best passage: the first in the fused list, else in a search of it alone."""
    own = set(passing)
    listed = [key for key, _ in lists.fused if key in own]
    if not listed:
        only = replace(filters or Filters(), documents=(found.document_id,))
        alone = assistant.retriever.lists(found.question, 1, only, answers_only=True)
        listed = [key for key, _ in alone.fused if key in own]
    return listed[0]


def _judged(assistant: Assistant, found: Why, ranked: list[Candidate]) -> Why:
    """``found`` with its reason."""
    judged = [
        one
        for one in assistant.judged(found.question, ranked)
        if one[0].hit.passage.document_id == found.document_id
    ]
    if found.filters:
        return replace(found, reason="filter")
    if found.quotes:
        held_back = sum(verdict == ENOUGH_OF_PAPER for _, verdict, _ in judged)
        return replace(found, reason="quoted", held_back=held_back)
    if found.read is None:
        return replace(found, reason="read" if found.standing["fused"].listed else "depth")
    if found.sentence_rank is None:
        return replace(found, reason="nothing to quote")
    if not judged:
        return replace(found, reason="bar")
    best, verdict, other = max(judged, key=lambda one: one[0].score)
    if other is None:
        return replace(found, reason="cap")
    said = _named(assistant, other.hit.passage.document_id)
    if verdict == SAME_WORDS:
        return replace(found, reason="same words", text=f" Those words are quoted from {said}.")
    if verdict == ENOUGH_OF_STUDY:
        study = studies_of(assistant.library, [best])[found.document_id]
        return replace(found, reason="study", text=f" It is of the study {study}, as is {said}.")
    assert verdict == SAME_ANSWER
    return replace(found, reason="same answer", text=f" What it answers is quoted from {said}.")


# -- in words --------------------------------------------------------------------------------------


def _explained(assistant: Assistant, found: Why) -> Why:
    who = _named(assistant, found.document_id)
    if found.reason == "no text":
        text = f"{who} has nothing that could be quoted: only its title or reference list is in your library."
        return replace(found, text=text)
    text = f"{who} {_verdict(assistant, found)}{found.text} {_places(found)} {_sentence(found)}"
    return replace(found, text=" ".join(text.split()))


def _verdict(assistant: Assistant, found: Why) -> str:
    standing = found.standing
    if found.reason == "filter":
        names = " and ".join(name.replace("_", " ") for name in found.filters)
        return f"is left out by the filter{'s' * (len(found.filters) > 1)} {names}."
    if found.reason == "quoted":
        numbers = ", ".join(map(str, found.quotes))
        more = f"; {found.held_back} more of its sentences would do, but one paper's share is full"
        return f"is quoted, as number {numbers}{more * bool(found.held_back)}."
    if found.reason == "depth":
        return (
            "was not among the candidates: none of its passages is near enough to the question, by meaning "
            "or by words."
        )
    if found.reason == "read":
        return (
            f"was found but not read: its best passage is number {standing['fused'].rank:,} in the fused "
            f"list, and {_read_of(assistant)}."
        )
    if found.reason == "nothing to quote":
        return (
            "was read, but what was read of it holds no statement: only headings, labels, names, addresses "
            "or entries of a reference list."
        )
    if found.reason == "bar":
        return "was read, but no sentence of it that was read reaches the score that a quote needs."
    if found.reason == "same words":
        return "was read, but its best sentence says only what is quoted already."
    if found.reason == "study":
        return "was read and would do, but one study's share is full."
    if found.reason == "same answer":
        return "was read and would do, but other answers come first, and no more are shown."
    return f"was read and would do, but {MAX_QUOTES} better sentences are quoted, and no more are shown."


def _read_of(assistant: Assistant) -> str:
    if assistant.reader is None:
        return f"the best {READ_PASSAGES} are read"
    return f"of the best {LOOKED_THROUGH} the {READ_PASSAGES} that say most of the question are read"


def _places(found: Why) -> str:
    if found.passage is None:
        return ""
    dense, lexical, fused = (found.standing[name] for name in ("dense", "lexical", "fused"))
    where = f"{found.passage.passage.section}, {found.passage.passage.start}-{found.passage.passage.end}"
    by_words = (
        "in no list by words, as it has no word of the question"
        if lexical.rank is None
        else f"number {lexical.rank:,} by words (BM25 {lexical.score:.2f})"
    )
    both = "" if fused.rank is None else f", number {fused.rank:,} by both ({fused.score:.2f})"
    without = "Without the filters its" if found.without_filters else "Its"
    return (
        f"{without} best passage ({where}) is number {dense.rank:,} by meaning (cosine {dense.score:.2f}), "
        f"{by_words}{both}."
    )


def _sentence(found: Why) -> str:
    if found.sentence is None or found.bar is None:
        return ""
    rank = "" if found.sentence_rank is None else f", number {found.sentence_rank:,} of all that were read"
    would = "scores" if found.sentence_rank is not None else "would score"
    return (
        f"Its best sentence, “{found.sentence.text}”, {would} {found.sentence.score:.2f}{rank}; "
        f"a quote needs {found.bar:.2f}."
    )
