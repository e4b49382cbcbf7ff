"""HTML of one paper: its text by sections, the quotes in their places, what it cites and where to find it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote as url_quote

from index.cited import CitedPaper
from index.records import Document, Reference, Section
from qa.check import CitingSentence, Closest
from qa.cite import label, vancouver
from qa.notices import doubted
from qa.records import plural
from web.fragments import text_fragment
from web.render import Layer, Markup, act, button, marked, paragraphs, retraction, spot, text, wanted

#: Labels whose text is shown, but small.
_SMALL = frozenset({"references", "keywords", "affiliations"})
#: Papers with fewer headings need no table of contents.
_FEW = 2


def nothing_shown() -> str:
    """The panel before anything is clicked."""
    return (
        '<section class="lq-panel" aria-label="The paper"><p class="lq-empty">Click a quote, or its number, '
        "to see it where it stands in the paper.</p></section>"
    )


@dataclass(frozen=True, slots=True)
class Other:
    """Another quote of the conversation: positions, and what is said of it ("Question 2, quote 1")."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Cite:
    """Where a text cites: ``document_id`` is the held paper's, or "" where none of those cited is held;
    ``names`` what is cited there, ``missing`` the numbers of the references that are not held.
    """

    start: int
    end: int
    document_id: str
    names: str
    missing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Aside:
    """What is shown below the paragraph that holds ``position``, as HTML."""

    position: int
    html: str


@dataclass(frozen=True, slots=True)
class View:
    """A paper as it is shown: ``content`` is the text quoted, an earlier one perhaps, ``sections`` its own.

    ``quote`` and ``focus`` are marked, the ``others`` of the conversation less so; ``cites`` are where the
    text cites, ``citing`` the sentences that can be checked; ``pages`` is the image of a PDF's page.
    """

    document: Document
    content: str
    sections: Sequence[Section] = ()
    quote: tuple[int, int] = (0, 0)
    focus: tuple[int, int] = (0, 0)
    others: Sequence[Other] = ()
    cites: Sequence[Cite] = ()
    citing: Sequence[tuple[int, int]] = ()
    asides: Sequence[Aside] = ()
    pages: str = ""
    library: str = ""
    spot: Mapping[str, Any] = field(default_factory=dict)


def links(reference: Reference, fragment: str = "") -> str:
    """The paper's identifiers, each a link that opens in a new tab when the user clicks it.

    ``fragment`` makes the browser scroll to a sentence there (:mod:`web.fragments`).
    """
    found = [
        ("DOI", reference.doi, "https://doi.org/"),
        ("PubMed", reference.pmid, "https://pubmed.ncbi.nlm.nih.gov/"),
        ("PMC", reference.pmcid, "https://pmc.ncbi.nlm.nih.gov/articles/"),
    ]
    return " ".join(
        f'<a href="{text(base + url_quote(value, safe="/()") + fragment)}" target="_blank" '
        f'rel="noopener noreferrer">{name} {text(value)}</a>'
        for name, value, base in found
        if value
    )


def _pieces(content: str, sections: Sequence[Section]) -> Iterator[Section]:
    """The sections in order, and what stands between them, so that the whole text is shown."""
    at = 0
    for section in sorted(sections, key=lambda s: s.start):
        if section.start > at:
            yield Section(at, section.start, "body")
        yield Section(max(at, section.start), section.end, section.label, section.heading)
        at = max(at, section.end)
    yield Section(at, len(content), "body")


def cites(document: Document, listed: Sequence[CitedPaper]) -> list[Cite]:
    """Where the text of ``document`` cites, with what: of several papers the first that is held is shown."""
    papers = {paper.number: paper for paper in listed}
    found = []
    for one in document.citations:
        here = [papers[number] for number in one.reference_numbers if number in papers]
        if here:
            held = next((paper.document_id for paper in here if paper.document_id), "")
            names = "; ".join(_named(paper) for paper in here)
            lacking = tuple(paper.number for paper in here if not paper.document_id)
            found.append(Cite(one.start, one.end, held, names, lacking))
    return found


def _named(paper: CitedPaper) -> str:
    return f"{paper.number}. {label(paper.reference, paper.reference.title or paper.reference.printed)}"


def paper(view: View) -> str:
    """The whole text of a paper, by sections, with the quote in its place."""
    document = view.document
    reference = document.reference
    fragment = text_fragment(view.content, *view.focus) if view.focus[1] else ""
    source = '<span class="lq-note">open at the source:</span> ' if links(reference) else ""
    headings: list[tuple[str, str]] = []
    body = _text(view, headings)
    earlier = ""
    if view.content != document.text.content:
        earlier = '<p class="lq-note">This is the earlier text of this paper that was quoted.</p>'
    return (
        '<section class="lq-panel" aria-label="The paper" tabindex="0">'
        f"<header>{retraction(reference.retraction)}"
        f"<h2>{text(document.title or 'Without a title')}</h2>"
        f"<p>{text(vancouver(reference, document.title))}</p>"
        f'<p class="lq-links">{source}{links(reference, fragment)}</p>'
        f"{_doubted(document.references)}{earlier}{_contents(headings)}</header>{view.pages}"
        f'<div class="lq-text">{body}</div></section>'
    )


def _text(view: View, headings: list[tuple[str, str]]) -> str:
    """The text's paragraphs; the headings on the way are noted (anchor, words)."""
    content, sections, markup = view.content, view.sections, _markup(view)
    body: list[str] = []
    shown: tuple[str, str] | None = None
    headed = False

    def anchor(words: str) -> str:
        headings.append((f"lq-part-{len(headings) + 1}", words))
        return headings[-1][0]

    for section in _pieces(content, sections):
        runs = paragraphs(content, section.start, section.end)
        if not runs:
            continue
        if section.label in ("heading", "title"):
            tag = "h3" if section.label == "title" else "h4"
            for a, b in runs:
                name = f' id="{anchor(content[a:b])}"' if tag == "h4" else ""
                body.append(f"<{tag}{name}>{marked(content, a, b, markup)}</{tag}>")
            headed = section.label == "heading"
            continue
        if sections and not headed and (section.label, section.heading) != shown:
            words = section.heading or section.label
            body.append(f'<p class="lq-label" id="{anchor(words)}">{text(words)}</p>')
        shown, headed = (section.label, section.heading), False
        size = ' class="lq-small"' if section.label in _SMALL else ""
        for a, b in runs:
            body.append(f"<p{size}>{marked(content, a, b, markup)}</p>")
            body += [one.html for one in view.asides if a <= one.position < b]
    return "".join(body)


def _markup(view: View) -> Markup:
    layers = [_cite(view, one) for one in view.cites]
    layers.append(Layer(*view.focus, "<b>", "</b>"))
    layers += [
        Layer(one.start, one.end, f'<span class="lq-other" title="{text(one.name)}">', "</span>")
        for one in view.others
    ]
    layers.append(Layer(*view.quote, "<mark>", "</mark>"))
    checks = {
        end: f'<button type="button" class="lq-check" aria-label="Check sentence {number} against what it '
        f'cites" title="What do the papers cited here say?" {act("click", {**view.spot, "check": number})}>'
        "</button>"
        for number, (_, end) in enumerate(view.citing, 1)
    }
    return Markup(layers, checks)


def _cite(view: View, one: Cite) -> Layer:
    value: dict[str, Any]
    if one.missing:
        value = {**view.spot, "cites": list(one.missing), "at": one.start}
        title = f"Not in this library: {one.names}" if not one.document_id else one.names
        kind = "lq-cite lq-lacks" if not one.document_id else "lq-cite"
    else:
        value = {"library": view.library, "document": one.document_id}
        title, kind = one.names, "lq-cite"
    if one.missing and one.document_id:
        value["held"] = one.document_id
    opening = f'<button type="button" class="{kind}" {act("click", value)} title="{text(title)}">'
    return Layer(one.start, one.end, opening, "</button>")


def _contents(headings: Sequence[tuple[str, str]]) -> str:
    """The table of contents, folded; nothing for a paper of a section or two."""
    if len(headings) <= _FEW:
        return ""
    items = "".join(
        f'<li><button type="button" class="lq-plain" data-goto="{name}">{text(words)}</button></li>'
        for name, words in headings
    )
    return (
        '<details class="lq-contents" data-key="contents"><summary>Contents</summary>'
        f'<nav aria-label="Contents"><ol>{items}</ol></nav></details>'
    )


def _doubted(references: Sequence[Reference]) -> str:
    """The retracted papers that a paper cites, folded away; nothing where it cites none."""
    found = doubted(references)
    if not found:
        return ""
    rows = "".join(
        f"<li>{text(f'{one.number}. ' if one.number is not None else '')}{text(one.printed or one.title)}"
        f"{retraction(one.retraction)}</li>"
        for one in found
    )
    head = f"Cites {plural(len(found), 'paper')} retracted or doubted"
    return f'<details class="lq-means lq-doubted"><summary>{head}</summary><ul>{rows}</ul></details>'


def listed(papers: Sequence[CitedPaper], document: str, library: str, plan: str = "") -> str:
    """References of a paper, below the paragraph that cites them: held ones open, others can be fetched.

    ``plan`` says what fetching would ask of whom.
    """
    rows = "".join(_listed(paper, document, library) for paper in papers)
    note = f'<p class="lq-note">{text(plan)}</p>' if plan else ""
    return f'<aside class="lq-aside" aria-label="What is cited here"><ul>{rows}</ul>{note}</aside>'


def _listed(paper: CitedPaper, document: str, library: str) -> str:
    said = f"{paper.number}. {paper.reference.printed or vancouver(paper.reference)}"
    if paper.document_id:
        value = {"library": library, "document": paper.document_id}
        what = button("Open", "click", value)
    else:
        what = button("Fetch it", "download", wanted(library, document, paper.number))
    return f"<li>{retraction(paper.retraction)}{what} {text(said)}</li>"


def checked(found: CitingSentence, library: str) -> str:
    """For each paper that a sentence cites its closest sentences with their scores, and no verdict."""
    parts = []
    for one in found.references:
        parts.append(f"<h5>{one.paper.number}. {text(one.label)}</h5>{retraction(one.paper.retraction)}")
        if not one.paper.document_id:
            parts.append(f"<ul>{_listed(one.paper, found.document_id, library)}</ul>")
            continue
        rows = "".join(
            f"<li>{button('Show', 'click', _at(near, library))} “{text(near.text)}” "
            f"<small>{text(_place(near))}, score {near.score:.2f}</small></li>"
            for near in one.closest
        )
        parts.append(f"<ul>{rows}</ul>" if rows else '<p class="lq-note">It has no text to compare.</p>')
    return (
        f'<aside class="lq-aside" aria-label="Sentence {found.number}, checked">'
        f'<p class="lq-note">The closest sentences of what “{text(found.text)}” cites. The score says how '
        f"alike they are; whether they support it is for you to judge.</p>{''.join(parts)}</aside>"
    )


def _at(near: Closest, library: str) -> dict[str, Any]:
    span = (near.start, near.end)
    return spot(library, near.document_id, near.text_sha256, span, span)


def _place(near: Closest) -> str:
    return f"{near.section}, p. {near.page}" if near.page is not None else near.section
