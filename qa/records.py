"""What an answer is made of. Positions as in :mod:`index.records`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from index.records import Reference, Retraction
from qa.notices import CitedNotice, cites, notice_dict, sentence, word

SCHEMA = 1


def in_bytes(count: int) -> str:
    """``"999 bytes"``, ``"1.2 MB"``, ``"34 GB"``: by powers of 1,000."""
    if count < 1000:
        return plural(count, "byte")
    for power, unit in enumerate(("kB", "MB", "GB"), 1):
        size = count / 1000**power
        if size < 999.5 or unit == "GB":
            return f"{size:,.1f} {unit}" if size < 9.95 else f"{size:,.0f} {unit}"
    raise AssertionError("unreachable")


def plural(count: int, noun: str, nouns: str = "") -> str:
    """``"1 paper"``, ``"2 papers"``; ``nouns`` where an "s" is not enough."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


@dataclass(frozen=True, slots=True)
class Citation:
    """How a paper is cited: ``label`` short ("Wu et al. 2024"), ``text`` in full, ``csl`` as CSL-JSON.

    With ``authors_complete`` false the source printed "et al."; ``text`` and ``csl`` then say so too.
    """

    label: str
    text: str
    csl: Mapping[str, Any]
    authors_complete: bool

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {"text": self.text, "csl": dict(self.csl), "authors_complete": self.authors_complete}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sentence stands; ``label`` is its paper's citation label, positions as those of a quote."""

    document_id: str
    text_sha256: str
    start: int
    end: int
    section: str
    page: int | None
    label: str
    retraction: Retraction | None = None

    def __str__(self) -> str:
        page = f", p. {self.page}" if self.page is not None else ""
        against = f", {word(self.retraction).upper()}" if self.retraction is not None else ""
        return f"{self.label} ({self.section}{page}{against})"

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form; ``retraction`` only where there is one."""
        return {
            "document_id": self.document_id,
            "start": self.start,
            "end": self.end,
            "section": self.section,
            "page": self.page,
            "text_sha256": self.text_sha256,
            "label": self.label,
            **({"retraction": notice_dict(self.retraction)} if self.retraction else {}),
        }


@dataclass(frozen=True, slots=True)
class ListedIn:
    """A place in a reference list: ``label`` is the citation label of the paper whose list it is."""

    document_id: str
    number: int
    label: str

    def __str__(self) -> str:
        return f"reference {self.number} of {self.label}"

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {"document_id": self.document_id, "number": self.number, "label": self.label}


@dataclass(frozen=True, slots=True)
class Lead:
    """A paper that is not held but may answer by its title: number ``number`` in the list of a held one."""

    document_id: str
    number: int
    label: str
    reference: Reference

    def __str__(self) -> str:
        return (
            f"Reference {self.number} of {self.label} may answer this; it is not in your library: "
            f"{self.reference.title}"
        )

    @property
    def command(self) -> str:
        """What fetches it."""
        one = self.reference
        name = f"pmid:{one.pmid}" if one.pmid else f"doi:{one.doi}" if one.doi else ""
        return f"litquote fetch {name or f'--references-of {self.document_id} --number {self.number}'}"

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        one = self.reference
        return {
            "document_id": self.document_id,
            "number": self.number,
            "label": self.label,
            "title": one.title,
            "doi": one.doi or None,
            "pmid": one.pmid or None,
            "command": self.command,
        }


@dataclass(frozen=True, slots=True)
class Quote:
    """A run of whole sentences of a paper.

    ``text`` is the slice ``[start:end]`` of the text named ``text_sha256``, taken when the answer
    was made; ``focus`` are positions in that same text, inside the quote. ``score`` is the raw score
    (higher is better), ``confidence`` the probability (0 to 1) that the quote answers the question.
    ``also`` are other places where the same is said in the same words; ``study`` names the study that the
    paper reports by its trial registration number, "" where none is known. ``retraction`` is what stands
    against the paper, ``cites`` the retracted (or doubted) papers that the quote itself cites. ``listed_in``
    are places in the reference lists of held papers that name this one (the first three). ``designs`` are
    the paper's study designs (:data:`index.designs.DESIGNS`); with ``abstract_only`` the library holds no
    more of it.
    """

    document_id: str
    text_sha256: str
    start: int
    end: int
    focus: tuple[int, int]
    text: str
    section: str
    heading: str
    page: int | None
    score: float
    confidence: float
    citation: Citation
    retraction: Retraction | None = None
    also: tuple[Place, ...] = ()
    study: str = ""
    cites: tuple[CitedNotice, ...] = ()
    listed_in: tuple[ListedIn, ...] = ()
    designs: tuple[str, ...] = ()
    abstract_only: bool = False

    @property
    def cited_as(self) -> str:
        """The full citation; for a paper that a held one cites: ``"…, reference 4 of Wu et al. 2024"``."""
        places = "; ".join(map(str, self.listed_in))
        return f"{self.citation.text} ({places})" if places else self.citation.text

    @property
    def place(self) -> str:
        """Where in the paper it stands, for people: ``"Figure 1, caption"``, ``"abstract, p. 2"``."""
        if self.section in {"figure", "table"}:
            name = f"{self.heading or self.section.capitalize()}, caption"
        elif self.heading and self.heading.casefold() != self.section:
            name = self.heading
        else:
            name = self.section
        return f"{name}, p. {self.page}" if self.page is not None else name

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form; what stands behind ``citation`` only where there is any."""
        return {
            "text": self.text,
            "document_id": self.document_id,
            "start": self.start,
            "end": self.end,
            "focus": {"start": self.focus[0], "end": self.focus[1]},
            "confidence": round(self.confidence, 4),
            "section": self.section,
            "page": self.page,
            "text_sha256": self.text_sha256,
            "retraction": notice_dict(self.retraction) if self.retraction is not None else None,
            "citation": self.citation.to_dict(),
            **({"also": [place.to_dict() for place in self.also]} if self.also else {}),
            **({"study": self.study} if self.study else {}),
            **({"cites": [one.to_dict() for one in self.cites]} if self.cites else {}),
            **({"listed_in": [one.to_dict() for one in self.listed_in]} if self.listed_in else {}),
            **({"designs": list(self.designs)} if self.designs else {}),
            **({"abstract_only": True} if self.abstract_only else {}),
        }


def also_in(quote: Quote) -> str:
    """``"also in Wu 2024 (results); Li 2020 (abstract)"``, or nothing."""
    return f"also in {'; '.join(map(str, quote.also))}" if quote.also else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` is ``"answered"`` (``quotes``, best first) or ``"not_found"`` (``nearest`` and ``leads``).

    To a question for several things ("Which …?") quotes that answer anew come before those that repeat.
    "Not found" is a result, not an error. ``trace`` says what each stage saw and how long it took
    (milliseconds), under ``"filters"`` how many passages and papers each filter left out on its own
    (:meth:`index.selection.Selection.to_dict`), under ``"limits"`` the filters themselves, under
    ``"fingerprints"`` those of encoder and reader, under ``"expansions"`` which other forms of abbreviations
    were searched for (a list of ``{"from", "to"}``); ``library`` which generation and encoder answered.
    """

    question: str
    completed_question: str
    status: str
    quotes: tuple[Quote, ...] = ()
    nearest: tuple[Quote, ...] = ()
    library: Mapping[str, Any] = field(default_factory=dict)
    trace: Mapping[str, Any] = field(default_factory=dict)
    leads: tuple[Lead, ...] = ()

    @property
    def summary(self) -> str:
        """``"4 quotes from 3 papers"``, ``"… of 2 studies"`` where papers share one; or "not found"."""
        if self.status == "not_found":
            return "Not found in your library."
        papers = {quote.document_id: quote.study or quote.document_id for quote in self.quotes}
        line = f"{plural(len(self.quotes), 'quote')} from {plural(len(papers), 'paper')}"
        studies = len(set(papers.values()))
        return line if studies == len(papers) else f"{line} of {plural(studies, 'study', 'studies')}"

    def __str__(self) -> str:
        quotes = (
            "\n".join([
                f"[{n}] “{quote.text}”\n    {quote.cited_as} — {quote.place}",
                *([f"    !! {sentence(quote.retraction)}"] if quote.retraction else []),
                *([f"    !! {cites(quote.cites)}"] if quote.cites else []),
                *([f"    {also_in(quote)}"] if quote.also else []),
            ])
            for n, quote in enumerate(self.quotes, 1)
        )  # fmt: skip
        return "\n\n".join([self.summary, *map(str, self.leads), *quotes])

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form, ``schema`` 1; ``filters`` only where there were any."""
        filters = self.trace.get("filters")
        return {
            "schema": SCHEMA,
            "question": self.question,
            "completed_question": self.completed_question,
            "status": self.status,
            "summary": self.summary,
            "quotes": [quote.to_dict() for quote in self.quotes],
            "nearest": [quote.to_dict() for quote in self.nearest],
            **({"leads": [lead.to_dict() for lead in self.leads]} if self.leads else {}),
            "expansions": list(self.trace.get("expansions", ())),
            "library": dict(self.library),
            **({"filters": filters} if filters else {}),
        }
