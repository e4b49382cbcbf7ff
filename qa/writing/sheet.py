"""What an exported answer says, in the order it says it; how it looks is the formats' own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from qa import terminal
from qa.bibliography import Entry, bibliography, style_called
from qa.calibration import confidence_word
from qa.notices import cites, sentence
from qa.records import Quote, also_in, plural
from qa.sealed import Sealed, SealedAnswer

MEASURED = (
    "Confidence is the probability that a quote answers the question, as measured on questions with known "
    "answers."
)
UNMEASURED = (
    "Confidence is uncalibrated for this embedding model and reader: only the order of the quotes counts."
)
CHECK = (
    "To check each quote against its source: litquote verify ANSWER.json, with the JSON export of this "
    "answer (--file PAPER.pdf checks against the original file)."
)
_FIELDS = {
    "years": "years", "documents": "papers", "sections": "sections", "publication_types": "types",
    "journals": "journals", "authors": "authors", "designs": "designs", "retracted": "retracted",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """A quote, the ``number``-th of its answer: ``before``, ``focus`` and ``after`` joined are its text.

    ``cited`` is its citation and ``anchor`` the number of its entry in the bibliography. ``lines`` say where
    it stands and how sure it is, ``warnings`` what stands against the paper.
    """

    number: int
    before: str
    focus: str
    after: str
    cited: str
    anchor: int
    lines: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def text(self) -> str:
        """The quote's text."""
        return self.before + self.focus + self.after


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An answer: its question, ``facts`` (names and values), what was found, and what may answer instead."""

    question: str
    facts: tuple[tuple[str, str], ...]
    summary: str
    quotes: tuple[ShownQuote, ...]
    leads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything an export shows, in its order; ``provenance`` are names and values."""

    title: str
    answers: tuple[ShownAnswer, ...]
    confidence: str
    entries: tuple[Entry, ...]
    provenance: tuple[tuple[str, str], ...]
    check: str = CHECK


def sheet(sealed: Sealed, style: str = "vancouver") -> Sheet:
    """What a sealed document shows, its bibliography in ``style``. Raises UsageError for an unknown style."""
    shown = [quote for one in sealed.answers for quote in (*one.answer.quotes, *one.answer.nearest)]
    papers = {one.document_id: sealed.papers[one.document_id].record for one in shown}
    entries = bibliography(papers.items(), style)
    known = {entry.key: entry for entry in entries}
    measured = all(one.calibrated for one in sealed.answers)
    return Sheet(
        title="Answers from the papers" if len(sealed.answers) > 1 else "Answer from the papers",
        answers=tuple(_answer(one, known) for one in sealed.answers),
        confidence=(MEASURED if measured else UNMEASURED) if shown else "",
        entries=tuple(entries),
        provenance=tuple(_provenance(sealed, style_called(style).name)),
    )


def _answer(one: SealedAnswer, known: Mapping[str, Entry]) -> ShownAnswer:
    answer = one.answer
    facts = [("Asked", when(one.asked_at))]
    if answer.completed_question != answer.question:
        facts.append(("Searched for", answer.completed_question))
    if answer.trace["completion"]["documents"]:
        facts.append(("Asked of", "the paper quoted before"))
    if line := terminal.also_searched(answer.trace["expansions"]):
        facts.append(("Also searched", line.partition(": ")[2]))
    facts.append(("Filters", limits(one.limits) or "none"))
    if answer.trace["filters"]:
        facts.append(("Counts", terminal.filtered(answer.trace["filters"])))
    found, summary = answer.status == "answered", answer.summary
    if not found and answer.nearest:
        summary += " The nearest sentences, which do not seem to answer:"
    shown = answer.quotes if found else answer.nearest
    quotes = tuple(
        _quote(quote, n, known[quote.document_id], one.calibrated) for n, quote in enumerate(shown, 1)
    )
    return ShownAnswer(answer.question, tuple(facts), summary, quotes, tuple(map(str, answer.leads)))


def _quote(quote: Quote, number: int, entry: Entry, calibrated: bool) -> ShownQuote:
    first, last = (place - quote.start for place in quote.focus)
    sure = f"{confidence_word(quote.confidence)}, {quote.confidence:.2f}"
    lines = [quote.place, f"confidence: {sure}{'' if calibrated else ' (uncalibrated)'}"]
    if quote.listed_in:
        lines.append("; ".join(map(str, quote.listed_in)))
    if quote.also:
        lines.append(also_in(quote))
    if quote.study:
        lines.append(f"study {quote.study}")
    if quote.abstract_only:
        lines.append("the library holds the abstract only")
    lines.append(f"{quote.document_id}:{quote.start}-{quote.end}, text {quote.text_sha256[:12]}")
    warnings = [sentence(quote.retraction)] if quote.retraction is not None else []
    if quote.cites:
        warnings.append(cites(quote.cites))
    return ShownQuote(
        number,
        quote.text[:first],
        quote.text[first:last],
        quote.text[last:],
        f"{quote.citation.label} {entry.mark}" if entry.numbered else entry.mark,
        entry.number,
        tuple(lines),
        tuple(warnings),
    )


def when(at: str) -> str:
    """An ISO time for people: ``"2026-11-23 10:11 UTC"``; what is none is left as it is."""
    try:
        return datetime.fromisoformat(at).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return at


def limits(values: Mapping[str, Any]) -> str:
    """The filters that were set: ``"years 2015 to 2020; journals BMJ, Lancet"``."""
    said = []
    for name, value in values.items():
        if name == "years":
            first, last = (str(year) if year is not None else "" for year in value)
            words = f"{first} to {last}" if first and last else f"from {first}" if first else f"to {last}"
        elif isinstance(value, bool):
            words = "only" if value else "none"
        else:
            words = ", ".join(map(str, value))
        said.append(f"{_FIELDS.get(name, name)} {words}")
    return "; ".join(said)


def _provenance(sealed: Sealed, style: str) -> Iterator[tuple[str, str]]:
    made, library = sealed.made, sealed.library
    yield "Made", f"{when(made.get('at', ''))} with litquote {made.get('litquote', '')}"
    asked = dict.fromkeys(str(one.answer.library.get("generation", "?")) for one in sealed.answers)
    yield (
        "Library",
        f"generation {' and '.join(asked)}; sealed at generation {library.get('generation', '?')}",
    )
    yield "Embedding model", _printed(library.get("encoder"), library.get("encoder_fingerprint"))
    for one in {str(a.answer.library.get("reader")): a.answer.library for a in sealed.answers}.values():
        yield "Reader", _printed(one.get("reader") or "none", one.get("reader_fingerprint"))
    for text in sealed.texts.values():
        names = ", ".join(text.source_names) or "a file"
        read = f"{text.length:,} characters, read by {text.reader} from {names}" if text.length else "gone"
        yield (
            f"Text {text.sha256[:12]}",
            f"SHA-256 {text.sha256}; {read}"
            + (f" (SHA-256 {text.source_sha256})" if text.source_sha256 else ""),
        )
    yield "Style of the references", style
    yield "Seal", f"{sealed.seal} over {plural(len(sealed.answers), 'answer')}"


def _printed(name: Any, fingerprint: Any) -> str:
    return f"{name} ({str(fingerprint)[:12]})" if fingerprint else str(name)
