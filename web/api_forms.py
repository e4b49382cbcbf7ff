"""What the endpoints take and return, for their documentation; a test holds real answers against it.

Answers are written by :mod:`qa.service` and sent as they are: these forms only describe them.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from qa.service import MOST_CHARACTERS, MOST_CLOSEST, MOST_HITS, MOST_LISTED

Values = str | list[str] | None


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FilterForm(_Form):
    """What a search may return, as the filters of the command line; of several values one must fit."""

    years: str | int | None = Field(None, description="2015-2020, 2015-, -2020 or 2018")
    journal: Values = Field(None, description="journal, its name in full or abbreviated")
    author: Values = Field(None, description="author: Wu, 'Wu X' or 'Wu, Xin'")
    type: Values = Field(None, description="publication type of PubMed, e.g. Review")
    design: Values = Field(None, description="study design, e.g. randomised trial")
    section: Values = Field(None, description="label of a section, e.g. results")
    document: Values = Field(None, description="id, DOI, PMID or PMCID of a paper")
    retracted: Literal["only", "no"] | None = Field(None, description="only retracted papers, or none")


class AskForm(_Form):
    """A question."""

    question: str = Field(max_length=MOST_CHARACTERS, description="in full words")
    filters: FilterForm | None = None


class SearchForm(AskForm):
    """A question and how many passages."""

    k: int = Field(10, ge=1, le=MOST_HITS, description="how many passages")


class ShowForm(_Form):
    """A document."""

    id: str = Field(max_length=MOST_CHARACTERS, description="id, DOI, PMID or PMCID")


class CheckForm(ShowForm):
    """A document whose citations are checked."""

    sentence: int | None = Field(None, ge=1, description="only this one of its sentences that cite, from 1")
    k: int = Field(3, ge=1, le=MOST_CLOSEST, description="closest sentences of each cited paper")


class SourcesForm(_Form):
    """A part of the list of documents."""

    offset: int = Field(0, ge=0, description="the place of the first")
    limit: int = Field(MOST_LISTED, ge=1, le=MOST_LISTED, description="how many at most")


class Problem(_Form):
    """Why a request is not answered, in one sentence."""

    error: str


class Notice(_Form):
    """What stands against a paper: retracted, concern or correction."""

    kind: str
    date: str
    notice: str
    origin: str


class Citation(_Form):
    """A paper as it is cited: in full, and as CSL-JSON. authors_complete false: the source said "et al."."""

    text: str
    csl: dict[str, Any]
    authors_complete: bool


class Span(_Form):
    """Code points of a text; end is not part of it."""

    start: int
    end: int


class Place(Span):
    """Another place where the same is said."""

    document_id: str
    section: str
    page: int | None
    text_sha256: str
    label: str
    retraction: Notice | None = None


class CitedNotice(_Form):
    """A retracted or doubted paper that a quote cites."""

    number: int | None
    label: str
    doi: str
    pmid: str
    retraction: Notice


class Listed(_Form):
    """A place in the reference list of a held paper."""

    document_id: str
    number: int
    label: str


class Quote(Span):
    """Whole sentences of a paper, verbatim: text is [start:end] of the text named text_sha256.

    focus are the words that answer; confidence is the probability (0 to 1) that the quote answers.
    """

    text: str
    document_id: str
    focus: Span
    confidence: float
    section: str
    page: int | None
    text_sha256: str
    retraction: Notice | None
    citation: Citation
    designs: list[str] = []
    abstract_only: bool = False
    also: list[Place] = []
    study: str = ""
    cites: list[CitedNotice] = []
    listed_in: list[Listed] = []


class Lead(Listed):
    """A paper that is not held, but whose title fits."""

    title: str
    doi: str | None
    pmid: str | None
    command: str


class Expansion(_Form):
    """Another form of an abbreviation that was searched for, too."""

    from_: str = Field(alias="from")
    to: str


class Answer(_Form):
    """quotes, best first, or status not_found with the nearest sentences (which do not seem to answer)."""

    schema_: int = Field(alias="schema")
    question: str
    completed_question: str
    status: Literal["answered", "not_found"]
    summary: str
    quotes: list[Quote]
    nearest: list[Quote]
    leads: list[Lead] = []
    expansions: list[Expansion]
    library: dict[str, Any]
    filters: dict[str, Any] = {}
    calibrated: bool


class Hit(Span):
    """A passage; score: higher is better; parts: what vectors and words gave."""

    document_id: str
    text: str
    text_sha256: str
    section: str
    page: int | None
    score: float
    parts: dict[str, float]
    expansions: list[Expansion]
    retraction: Notice | None
    citation: Citation


class Found(_Form):
    """Passages, best first."""

    question: str
    expansions: list[Expansion]
    filters: dict[str, Any] = {}
    hits: list[Hit]


class ListedDocument(_Form):
    """A document of the library."""

    document_id: str
    title: str
    aliases: list[str]
    retraction: Notice | None
    citation: Citation


class Source(_Form):
    """A file or record that was added, and the reason where it could not be read."""

    uri: str
    sha256: str
    documents: list[str]
    failure: str | None


class Sources(_Form):
    """The documents of the library; its place and sources where it is not open for reading only."""

    library: str = ""
    generation: int
    reader: str = ""
    documents: list[ListedDocument]
    sources: list[Source] = []
    total: int
    offset: int


class Closest(Span):
    """A sentence of a cited paper; score from about 0 to 1. Closeness is no verdict."""

    text: str
    document_id: str
    section: str
    page: int | None
    text_sha256: str
    score: float


class CheckedReference(_Form):
    """A paper that a sentence cites: held, missing or retracted, with its closest sentences."""

    number: int
    status: str
    document_id: str | None
    retraction: Notice | None
    label: str
    closest: list[Closest]


class CitingSentence(Span):
    """A sentence that cites."""

    number: int
    text: str
    document_id: str
    section: str
    text_sha256: str
    references: list[CheckedReference]


class Checked(_Form):
    """The sentences of a document that cite held papers."""

    document_id: str
    sentences: list[CitingSentence]


class Item(_Form):
    """A document that a file brought."""

    uri: str
    document_id: str
    title: str


class Failure(_Form):
    """A file, or a record in it, that could not be read."""

    uri: str
    reason: str


class Report(_Form):
    """What became of the files."""

    added: list[Item]
    merged: list[Item]
    replaced: list[Item]
    unchanged: list[Item]
    skipped: list[Item]
    failed: list[Failure]
    apart: list[Failure]
    seconds: float
    documents_per_second: float
    generation: int


class Document(BaseModel):
    """A document: text.content is its text, to which all positions refer; sections, pages, references."""

    id: str
    title: str
    text: dict[str, Any]
    reference: dict[str, Any]
    sections: list[dict[str, Any]]
    pages: list[dict[str, Any]]
    references: list[dict[str, Any]]
    citation: Citation
    related: list[dict[str, Any]]
