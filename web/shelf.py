"""HTML of the library: the table of its papers, their reference lists, and what failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from index.cited import CitedPaper
from index.library import Library
from index.records import Document, Failure, Retraction
from qa.cite import label, vancouver
from qa.evidence import abstract_only
from qa.records import plural
from web.papers import links
from web.render import button, retraction, text

#: Rows of one page of the table, and papers listed at all; ``litquote sources`` lists them all.
PAGE = 50
MOST = 20_000
_TICKED = 'data-form=".lq-references"'
#: What a paper can be, in the words of the page.
STATUSES = ("full text", "abstract only", "retracted", "doubted")


@dataclass(frozen=True, slots=True)
class Row:
    """A paper in the table; ``types`` are PubMed's publication types, ``status`` one of STATUSES or ""."""

    id: str
    title: str
    label: str
    journal: str
    year: int | None
    types: tuple[str, ...]
    status: str
    links: str
    notes: tuple[str, ...]
    notice: Retraction | None
    lists: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the table is shown: words to find, a type, a year, a status; the order, and the page from 0.

    ``open`` is the paper whose reference list is unfolded.
    """

    words: str = ""
    kind: str = ""
    year: str = ""
    status: str = ""
    order: str = "added"
    down: bool = False
    page: int = 0
    open: str = ""


_ORDERS: Mapping[str, Callable[[Row], Any]] = {
    "title": lambda row: row.title.casefold(),
    "author": lambda row: row.label.casefold(),
    "journal": lambda row: (not row.journal, row.journal.casefold()),
    "year": lambda row: row.year or 0,
    "status": lambda row: row.status,
}


def rows(library: Library) -> list[Row]:
    """The first MOST papers of the library, in the order they were added."""
    found: list[Row] = []
    for number, segment in library.segments.items():
        listing = set(segment.records.rows_with_references())
        for at, _ in segment.records.document_ids():
            if at not in segment.deleted:
                found.append(_row(library.marks.document(number, at), at in listing))
            if len(found) == MOST:
                return found
    return found


def _row(document: Document, lists: bool) -> Row:
    reference = document.reference
    notice = reference.retraction
    if notice is not None and notice.kind in {"retracted", "concern"}:
        status = "retracted" if notice.kind == "retracted" else "doubted"
    else:
        status = "abstract only" if abstract_only(document) else "full text"
    return Row(
        document.id,
        document.title or "Without a title",
        label(reference, document.title) if reference.authors else "",
        reference.journal,
        reference.year,
        tuple(reference.publication_types),
        status,
        links(reference),
        tuple(document.notes),
        notice,
        lists,
    )


def chosen(papers: Sequence[Row], asked: Asked) -> list[Row]:
    """The papers that ``asked`` finds, in its order. All of its words must stand in a row."""
    words = asked.words.casefold().split()
    found = [
        row
        for row in papers
        if (not asked.kind or asked.kind in row.types)
        and (not asked.year or str(row.year or "") == asked.year)
        and (not asked.status or row.status == asked.status)
        and all(word in _searched(row) for word in words)
    ]
    if asked.order in _ORDERS:
        found.sort(key=_ORDERS[asked.order], reverse=asked.down)
    return found


def _searched(row: Row) -> str:
    return f"{row.title} {row.label} {row.journal} {row.year or ''} {row.id} {' '.join(row.types)}".casefold()


def table(
    papers: Sequence[Row],
    asked: Asked,
    *,
    total: int,
    library: str,
    unfolded: str = "",
    can_change: bool = True,
) -> str:
    """The table of papers (``total`` in the library); ``unfolded`` is shown under the paper that is open."""
    if not total:
        return '<p class="lq-empty">No papers yet.</p>'
    found = chosen(papers, asked)
    last = max((len(found) - 1) // PAGE, 0)
    page = min(max(asked.page, 0), last)
    shown = found[page * PAGE : (page + 1) * PAGE]
    head = _head("Paper", ("title", "author", "journal"), asked)
    head += _head("Year", ("year",), asked) + _head("Status", ("status",), asked)
    body = "".join(_tr(row, library, asked, unfolded, can_change) for row in shown)
    more = ""
    if total > len(papers):
        more = (
            f'<p class="lq-note">The first {len(papers):,} of {total:,} papers are listed here; '
            "<code>litquote sources</code> lists all.</p>"
        )
    count = f"{plural(len(found), 'paper')}" + (f" of {total:,}" if len(found) != total else "")
    return (
        f'<div class="lq-sources"><p class="lq-note" role="status">{count}</p>{more}'
        f'<table><caption class="lq-hidden">Papers of this library</caption>'
        f'<thead><tr>{head}<th scope="col"><span class="lq-hidden">Actions</span></th></tr></thead>'
        f"<tbody>{body}</tbody></table>{_pager(page, last)}</div>"
    )


def _head(words: str, orders: Sequence[str], asked: Asked) -> str:
    """A column's head: its name, or where it can be sorted by several things, these."""
    sort = ""
    if asked.order in orders:
        sort = f' aria-sort="{"descending" if asked.down else "ascending"}"'
    buttons = []
    for order in orders:
        now = asked.order == order
        arrow = f'<span aria-hidden="true"> {"▼" if asked.down else "▲"}</span>' if now else ""
        name = order.capitalize() if len(orders) > 1 else words
        value = {"order": order, "down": now and not asked.down}
        buttons.append(button(f"{name}{arrow}", "select", value))
    return f'<th scope="col"{sort}>{"".join(buttons)}</th>'


def _tr(row: Row, library: str, asked: Asked, unfolded: str, can_change: bool) -> str:
    value = {"library": library, "document": row.id}
    about = " · ".join(filter(None, (row.label, row.journal, ", ".join(row.types))))
    notes = "".join(f'<p class="lq-note">{text(note)}</p>' for note in row.notes)
    is_open = asked.open == row.id
    tools = ""
    if row.lists:
        shut = {"id": "" if is_open else row.id}
        tools += button(
            "References", "expand", shut, name=f"References of {row.title}",
            more=f'aria-expanded="{str(is_open).lower()}"',
        )  # fmt: skip
    if can_change:
        name = f"Remove {row.title} from the library"
        sure = button("Remove from the library", "delete", {"id": row.id}, kind="lq-danger", name=name)
        tools += (
            f'<details class="lq-remove" data-key="remove {text(row.id)}">'
            f'<summary aria-label="Remove {text(row.title)}">Remove…</summary>{sure}</details>'
        )
    more = f'<tr class="lq-unfolded"><td colspan="4">{unfolded}</td></tr>' if is_open and unfolded else ""
    return (
        f"<tr><td>{retraction(row.notice)}{button(text(row.title), 'click', value, kind='lq-title')}"
        f'<p>{text(about)}</p><p class="lq-links">{row.links}</p>{notes}</td>'
        f"<td>{row.year or ''}</td>"
        f'<td class="lq-{row.status.replace(" ", "-")}">{row.status}</td>'
        f'<td class="lq-row-tools">{tools}</td></tr>{more}'
    )


def _pager(page: int, last: int) -> str:
    if not last:
        return ""
    buttons = "".join(
        button(words, "select", {"page": to}, more="" if 0 <= to <= last else "disabled")
        for to, words in ((page - 1, "Previous"), (page + 1, "Next"))
    )
    told = f"<span>page {page + 1} of {last + 1}</span>"
    return f'<nav class="lq-pager" aria-label="Pages of the table">{buttons}{told}</nav>'


def references(papers: Sequence[CitedPaper], document: str, library: str, plan: str) -> str:
    """The reference list of a paper with what is held, missing, retracted; missing ones can be ticked."""
    counts: dict[str, int] = {}
    for paper in papers:
        counts[paper.status] = counts.get(paper.status, 0) + 1
    told = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items()))
    value = {"library": library, "references_of": document}
    rows = "".join(_reference(paper, library) for paper in papers)
    fetch = ""
    if any(not paper.document_id for paper in papers):
        fetch = (
            f'<p class="lq-note">{text(plan)}</p>'
            f"{button('Fetch the ticked ones', 'download', value, kind='lq-do', more=_TICKED)} "
            '<button type="button" class="lq-plain" data-tick="all">Tick all missing</button>'
        )
    return f'<div class="lq-references"><p class="lq-note">{told}</p><ol>{rows}</ol>{fetch}</div>'


def _reference(paper: CitedPaper, library: str) -> str:
    said = paper.reference.printed or vancouver(paper.reference)
    notice = retraction(paper.retraction)
    if paper.document_id:
        value = {"library": library, "document": paper.document_id}
        inner = f'<span class="lq-held">held</span> {button(text(said), "click", value, kind="lq-title")}'
    else:
        inner = f'<label><input type="checkbox" value="{paper.number}"> <span>{text(said)}</span></label>'
    return f'<li value="{paper.number}">{notice}{inner}</li>'


def failed(failures: Sequence[Failure], heading: str, most: int = 50) -> str:
    """What could not be read, with the reasons; nothing where all was."""
    if not failures:
        return ""
    items = "".join(
        f"<li><strong>{text(PurePath(f.uri).name or f.uri)}</strong> {text(f.reason)}</li>"
        for f in failures[:most]
    )
    more = f"<li>and {len(failures) - most:,} more</li>" if len(failures) > most else ""
    return f'<h3 class="lq-failed">{heading}</h3><ul class="lq-failures">{items}{more}</ul>'


def types(papers: Sequence[Row]) -> list[str]:
    """The publication types of the papers listed, in alphabetical order."""
    return sorted({kind for row in papers for kind in row.types}, key=str.casefold)


def years(papers: Sequence[Row]) -> list[str]:
    """The years of the papers listed, the latest first."""
    return [str(year) for year in sorted({row.year for row in papers if row.year}, reverse=True)]
