"""HTML of one paper with a quote in its place, of the list of sources, and of what an upload did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from urllib.parse import quote as url_quote

from index.cited import CitedPaper
from index.records import Document, Failure, Reference, Section
from index.reports import Item, Report
from qa.cite import label, vancouver
from qa.notices import doubted
from qa.records import plural
from web.render import Cite, marked, paragraphs, retraction, text

#: Labels whose text is shown, but small.
_SMALL = frozenset({"references", "keywords", "affiliations"})
_REPORT = (
    ("added", "Added"),
    ("merged", "Joined with a paper already in the library"),
    ("replaced", "Replaced by the new version"),
    ("unchanged", "Already in the library"),
    ("skipped", "Left out, removed earlier"),
)


def nothing_shown() -> str:
    """The panel before anything is clicked."""
    return (
        '<section class="lq-panel" aria-label="The paper"><p class="lq-empty">Click a quote, or its number, '
        "to see it where it stands in the paper.</p></section>"
    )


def links(reference: Reference) -> str:
    """The paper's identifiers, each a link that opens in a new tab when the user clicks it."""
    found = [
        ("DOI", reference.doi, "https://doi.org/"),
        ("PubMed", reference.pmid, "https://pubmed.ncbi.nlm.nih.gov/"),
        ("PMC", reference.pmcid, "https://pmc.ncbi.nlm.nih.gov/articles/"),
    ]
    return " ".join(
        f'<a href="{text(base + url_quote(value, safe="/()"))}" target="_blank" '
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
            names = "; ".join(
                f"{paper.number}. {label(paper.reference, paper.reference.title or paper.reference.printed)}"
                for paper in here
            )
            found.append(Cite(one.start, one.end, held, names))
    return found


def paper(
    document: Document,
    content: str,
    sections: Sequence[Section],
    quote: tuple[int, int],
    focus: tuple[int, int],
    cites: Sequence[Cite] = (),
) -> str:
    """The whole text ``content`` of a paper, by sections, with ``quote`` and its ``focus`` marked.

    ``cites`` are where it cites (:func:`cites`).
    ``sections`` are those of ``content``; without them (an earlier text of the paper) it is shown as one.
    """
    reference = document.reference
    body = [
        '<section class="lq-panel" aria-label="The paper" tabindex="0">'
        f"<header>{retraction(reference.retraction)}"
        f"<h2>{text(document.title or 'Without a title')}</h2>"
        f"<p>{text(vancouver(reference, document.title))}</p>"
        f'<p class="lq-links">{links(reference)}</p>{_doubted(document.references)}'
    ]
    if content != document.text.content:
        body.append('<p class="lq-note">This is the earlier text of this paper that was quoted.</p>')
    body.append('</header><div class="lq-text">')
    shown: tuple[str, str] | None = None
    headed = False
    for section in _pieces(content, sections):
        runs = paragraphs(content, section.start, section.end)
        if not runs:
            continue
        if section.label in ("heading", "title"):
            tag = "h3" if section.label == "title" else "h4"
            body += [f"<{tag}>{marked(content, a, b, quote, focus, cites)}</{tag}>" for a, b in runs]
            headed = section.label == "heading"
            continue
        if sections and not headed and (section.label, section.heading) != shown:
            body.append(f'<p class="lq-label">{text(section.heading or section.label)}</p>')
        shown, headed = (section.label, section.heading), False
        size = ' class="lq-small"' if section.label in _SMALL else ""
        body += [f"<p{size}>{marked(content, a, b, quote, focus, cites)}</p>" for a, b in runs]
    body.append("</div></section>")
    return "".join(body)


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


def sources(documents: Sequence[Document], total: int, failures: Sequence[Failure]) -> str:
    """The papers of the library (``total`` in all, perhaps only the first of them), then what failed."""
    if not total and not failures:
        return '<p class="lq-empty">No papers yet.</p>'
    rows = "".join(_source(document) for document in documents)
    more = ""
    if total > len(documents):
        more = (
            f'<p class="lq-note">and {total - len(documents):,} more; '
            "<code>litquote sources</code> lists them all</p>"
        )
    failed = _failed(failures, "Could not be read")
    return f'<ol class="lq-sources">{rows}</ol>{more}{failed}'


def _source(document: Document) -> str:
    reference = document.reference
    who = label(reference, document.title) if reference.authors else str(reference.year or "")
    parts = [part for part in (who, reference.journal) if part]
    notes = "".join(f'<p class="lq-note">{text(note)}</p>' for note in document.notes)
    return (
        f'<li>{retraction(reference.retraction)}<button type="button" data-document="{text(document.id)}">'
        f"{text(document.title or 'Without a title')}</button>"
        f'<p>{text(" · ".join(parts))}</p><p class="lq-links">{links(reference)}</p>{notes}</li>'
    )


def _failed(failures: Sequence[Failure], heading: str, most: int = 50) -> str:
    if not failures:
        return ""
    rows = "".join(
        f"<li><strong>{text(PurePath(f.uri).name or f.uri)}</strong> {text(f.reason)}</li>"
        for f in failures[:most]
    )
    more = f"<li>and {len(failures) - most:,} more</li>" if len(failures) > most else ""
    return f'<h3 class="lq-failed">{heading}</h3><ul class="lq-failures">{rows}{more}</ul>'


def _items(items: Iterable[Item]) -> str:
    return "".join(f"<li>{text(item.title or PurePath(item.uri).name)}</li>" for item in items)


def report(done: Report, most: int = 20) -> str:
    """What adding files did, kind by kind."""
    parts = []
    for kind, words in _REPORT:
        items: list[Item] = getattr(done, kind)
        if items:
            more = f"<li>and {len(items) - most:,} more</li>" if len(items) > most else ""
            parts.append(f"<h3>{words} ({len(items):,})</h3><ul>{_items(items[:most])}{more}</ul>")
    parts.append(_failed(done.failed, f"Failed ({len(done.failed):,})"))
    return f'<section class="lq-report" role="status" aria-label="What was added">{"".join(parts)}</section>'


def adding(files: int, total: int, passages: int) -> str:
    """How far an upload is."""
    words = f"{files:,} of {plural(total, 'file')} read, {plural(passages, 'passage')}"
    return (
        f'<section class="lq-report" role="status"><label>{words}'
        f'<progress max="{max(total, 1)}" value="{files}"></progress></label></section>'
    )


def demo_note(own: str) -> str:
    """In the demo: where papers that are added go."""
    return (
        '<p class="lq-note">This is the demo library. Papers you add start a library of your own at '
        f"<code>{text(own)}</code>, which this page then opens; the demo stays as it is.</p>"
    )


def lacking(count: int, plan: str) -> str:
    """How many papers that the library's papers cite are not in it, and what fetching them would send."""
    words = f"{plural(count, 'paper')} that yours cite {'is' if count == 1 else 'are'} not in this library."
    plan = plan.replace("Asking ", "Fetching them asks ", 1)
    return f'<p class="lq-note lq-lacking">{text(words)} {text(plan)}</p>' if count else ""


def fetching(done: int, total: int) -> str:
    """How far a fetch is."""
    return (
        f'<section class="lq-report" role="status"><label>{done:,} of {plural(total, "paper")} asked for'
        f'<progress max="{max(total, 1)}" value="{done}"></progress></label></section>'
    )


def missed(reasons: Sequence[tuple[str, str]], most: int = 20) -> str:
    """What a fetch did not find, with the reasons."""
    if not reasons:
        return ""
    rows = "".join(f"<li><strong>{text(name)}</strong> {text(why)}</li>" for name, why in reasons[:most])
    more = f"<li>and {len(reasons) - most:,} more</li>" if len(reasons) > most else ""
    return f'<h3 class="lq-failed">Not found ({len(reasons):,})</h3><ul class="lq-failures">{rows}{more}</ul>'
