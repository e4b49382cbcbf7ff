"""What became of the quotes of a saved question: new, gone, moved, or retracted since.

The same words elsewhere have moved; a quote that is gone has a reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from index.errors import UsageError
from index.library import Library
from index.records import Filters, Retraction
from qa.assistant import Assistant
from qa.cite import label_of
from qa.extract import SAME_WORDS, Candidate, Judged
from qa.notices import sentence
from qa.records import Answer, Quote
from qa.user_store import now

#: What may have become of a quote.
KINDS = ("new", "gone", "moved", "retracted")


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a quote: ``kind`` is one of KINDS, ``why`` says it in words.

    ``quote`` is the quote as it is now (one that is gone: as it was), ``before`` as it was, where it was.
    """

    kind: str
    quote: Quote
    before: Quote | None = None
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        before = self.before.to_dict() if self.before is not None else None
        label = self.quote.citation.label
        return {
            "kind": self.kind,
            "why": self.why,
            "label": label,
            "quote": self.quote.to_dict(),
            "before": before,
        }


@dataclass(frozen=True, slots=True)
class Diff:
    """What a run changed; ``same`` quotes stand as they stood. ``first``: nothing was there to compare with.

    ``saved`` is the number of the saved question, ``before`` the generation of the baseline.
    """

    saved: int
    question: str
    at: str
    before: int | None
    generation: int
    changes: tuple[Change, ...]
    same: int
    quotes: int
    first: bool = False

    @property
    def summary(self) -> str:
        """``"1 new, 2 gone, 5 as before"``."""
        counts = Counter(one.kind for one in self.changes)
        said = [f"{counts[kind]} {'now ' * (kind == 'retracted')}{kind}" for kind in KINDS if counts[kind]]
        return ", ".join([*said, f"{self.same} as before"])

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {
            "saved": self.saved,
            "question": self.question,
            "at": self.at,
            "generation": {"before": self.before, "now": self.generation},
            "first": self.first,
            "summary": self.summary,
            "changes": [one.to_dict() for one in self.changes],
            "same": self.same,
            "quotes": self.quotes,
        }


def compare(
    assistant: Assistant,
    filters: Filters | None,
    baseline: tuple[Quote, ...] | None,
    answer: Answer,
    ranked: Sequence[Candidate],
    judged: Sequence[Judged],
) -> Diff:
    """What became of the quotes of ``baseline`` (None: there is none) in ``answer``, and why.

    ``ranked`` and ``judged`` are how the answer came about. Hold the library's lock over this.
    """
    changes: list[Change] = []
    same = 0
    pairs, new, gone = _paired(assistant.library, baseline or (), answer.quotes)
    for before, quote in pairs:
        if why := _noticed(before, quote):
            changes.append(Change("retracted", quote, before, why))
        elif why := _elsewhere(before, quote):
            changes.append(Change("moved", quote, before, why))
        else:
            same += 1
    first = baseline is None
    if not first:
        changes += [Change("new", one) for one in new]
    for one in gone:
        changes.append(Change("gone", one, one, _why(assistant, one, filters, ranked, judged)))
    changes.sort(key=lambda one: KINDS.index(one.kind))
    count = len(answer.quotes)
    return Diff(
        0,
        answer.question,
        now(),
        None,
        int(answer.library["generation"]),
        tuple(changes),
        count if first else same,
        count,
        first,
    )


def _words(quote: Quote) -> str:
    return " ".join(quote.text.split())


def _paired(
    library: Library, before: Sequence[Quote], after: Sequence[Quote]
) -> tuple[list[tuple[Quote, Quote]], list[Quote], list[Quote]]:
    """Old quotes with the new ones that say the same, the surest kind of sameness first; new and old left."""
    names = {one.document_id: _present(library, one.document_id) for one in before}

    def same_paper(old: Quote, new: Quote) -> bool:
        return names[old.document_id] == new.document_id

    rules: tuple[Callable[[Quote, Quote], bool], ...] = (
        lambda old, new: same_paper(old, new) and _words(old) == _words(new),
        lambda old, new: old.text_sha256 == new.text_sha256 and old.start < new.end and new.start < old.end,
        lambda old, new: same_paper(old, new) and (_words(old) in _words(new) or _words(new) in _words(old)),
        lambda old, new: _words(old) == _words(new),
    )
    left, fresh = list(before), list(after)
    pairs = []
    for rule in rules:
        for old in list(left):
            match = next((new for new in fresh if rule(old, new)), None)
            if match is not None:
                pairs.append((old, match))
                left.remove(old)
                fresh.remove(match)
    return pairs, fresh, left


def _present(library: Library, name: str) -> str:
    """The id of the paper of that name today; "" where it is held no more."""
    try:
        return library.resolve(name)
    except UsageError:
        return ""


def _noticed(before: Quote, quote: Quote) -> str:
    """What stands against the paper, or against one it cites, since then."""
    if quote.retraction is not None and not _same_notice(before.retraction, quote.retraction):
        return sentence(quote.retraction)
    known = {(one.number, one.retraction.kind) for one in before.cites}
    new = [one for one in quote.cites if (one.number, one.retraction.kind) not in known]
    return f"cites {'; '.join(map(str, new))}" if new else ""


def _same_notice(before: Retraction | None, after: Retraction) -> bool:
    return before is not None and before.kind == after.kind


def _elsewhere(before: Quote, quote: Quote) -> str:
    if before.document_id != quote.document_id:
        return f"was quoted from {before.citation.label}, now from {quote.citation.label}"
    if before.text_sha256 != quote.text_sha256:
        return "the paper has another text now"
    if (before.start, before.end) != (quote.start, quote.end):
        return "it is quoted with more or less of the text around it"
    return ""


def _why(
    assistant: Assistant,
    quote: Quote,
    filters: Filters | None,
    ranked: Sequence[Candidate],
    judged: Sequence[Judged],
) -> str:
    """Why a quote of before is none now."""
    library = assistant.library
    name = _present(library, quote.document_id)
    if not name:
        return "the paper was removed"
    if filters is not None and name not in {one.id for one in library.documents(filters)}:
        return "the filters leave the paper out now"
    content = library.document(name).text.content
    if _words(quote) not in " ".join(content.split()):
        return "the paper has another text now, without these words"
    mine = [one for one in ranked if one.hit.passage.document_id == name and _within(one, quote)]
    for candidate, verdict, other in judged:
        if candidate in mine and verdict == SAME_WORDS and other is not None:
            paper = label_of(library.summary(other.hit.passage.document_id))
            return f"{paper} says the same in the same words and is quoted"
    if not mine:
        return "other passages come before it now"
    best = max(one.score for one in mine)
    top = ranked[0].score
    bar = assistant.calibration.bar if best == top else assistant.calibration.bar_beside(top)
    return f"no longer above the bar ({best:.2f}; the bar is {bar:.2f})"


def _within(candidate: Candidate, quote: Quote) -> bool:
    return " ".join(candidate.text.split()) in _words(quote)
