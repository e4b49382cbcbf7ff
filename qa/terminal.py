"""What the command line prints for people. Strings only; printing is the command line's."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from index.library import Library
from index.records import Document, Failure, Hit, Retraction
from index.related import Related
from index.reports import Item, Report
from qa.calibration import confidence_word
from qa.cite import citation, label
from qa.notices import CitedNotice, cites, doubted, told, word
from qa.records import Answer, Quote, also_in, plural


def width() -> int:
    """Columns to fill."""
    return min(shutil.get_terminal_size((100, 24)).columns, 120)


def indented(text: str, indent: str = "    ") -> str:
    """``text`` filled to the width of the terminal, every line behind ``indent``."""
    return textwrap.fill(
        " ".join(text.split()),
        width(),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
    )


def paragraph(text: str) -> str:
    """``text`` filled to the width of the terminal."""
    return indented(text, "")


def quote(quote: Quote, number: int, *, calibrated: bool) -> str:
    """A quote with its citation, place and confidence."""
    lines = [indented(f"[{number}] “{quote.text}”", "")]
    lines += [indented(line) for line in warnings(quote.retraction, quote.cites)]
    lines.append(indented(quote.cited_as))
    sure = f"{confidence_word(quote.confidence)}, {quote.confidence:.2f}"
    if not calibrated:
        sure += " (uncalibrated)"
    lines.append(f"    {quote.place} · {sure} · {quote.document_id}:{quote.start}-{quote.end}")
    if quote.also:
        lines.append(indented(also_in(quote)))
    return "\n".join(lines)


def warnings(notice: Retraction | None, cited: Sequence[CitedNotice] = ()) -> list[str]:
    """What stands against a paper, and which retracted ones are cited, a line each."""
    found = []
    if notice is not None:
        mark = "!!" if notice.kind != "correction" else "!"
        words = (f"{mark} {word(notice).upper()}", notice.date, told(notice))
        found.append(" ".join(filter(None, words)))
    return found + ([f"!! {cites(cited)}"] if cited else [])


def searched_for(answer: Answer) -> str:
    """``"Searched for: …"`` where a follow-up question was completed, else nothing."""
    if answer.completed_question == answer.question:
        return ""
    papers = answer.trace.get("completion", {}).get("documents")
    return f"Searched for: {answer.completed_question}" + (" In the paper quoted before." if papers else "")


def answer(answer: Answer, *, demo: bool = False) -> str:
    """An answer: its quotes, or that nothing was found, with where to look and what came nearest."""
    calibrated = bool(answer.trace.get("calibrated"))
    if answer.status == "answered":
        head, shown = answer.summary, answer.quotes
    else:
        head = answer.summary
        for lead in answer.leads:
            head += f"\n\n{indented(str(lead), '')}\n    {lead.command}{' --demo' * demo}"
        if answer.nearest:
            head += (
                "\n\n" * bool(answer.leads)
                + " " * (not answer.leads)
                + "The nearest sentences, which do not seem to answer:"
            )
        shown = answer.nearest
    if line := also_searched(answer.trace.get("expansions", ())):
        head += f"\n{line}"
    if answer.trace.get("filters"):
        head += f"\n{filtered(answer.trace['filters'])}"
    head = "\n\n".join(filter(None, (searched_for(answer), head)))
    return "\n\n".join([head, *(quote(q, n, calibrated=calibrated) for n, q in enumerate(shown, 1))])


#: The fields of a filter as people call them, and one of their values.
_FILTERS = {
    "years": ("years", ""),
    "documents": ("document", ""),
    "sections": ("section", "no section"),
    "publication_types": ("type", "no paper of the type"),
    "journals": ("journal", "no paper in the journal"),
    "authors": ("author", "no paper by"),
    "designs": ("design", "no paper of the design"),
    "retracted": ("retraction", ""),
}


def filtered(counts: Mapping[str, Any]) -> str:
    """One line on what filters leave and what each leaves out (:meth:`Selection.to_dict`)."""
    left, whole = counts["left"], counts["all"]
    by = [f"{name} {counts[field]['passages']:,}" for field, (name, _) in _FILTERS.items() if field in counts]
    missing = whole["passages"] - left["passages"]
    line = (
        f"Filters left out {missing:,} of {plural(whole['passages'], 'passage')} "
        f"(each alone: {', '.join(by)}); "
        f"searched: {left['passages']:,} in {plural(left['documents'], 'paper')}."
    )
    unknown = [
        f"{_FILTERS[field][1]} “{value}”" for field, values in counts["unknown"].items() for value in values
    ]
    return line + (f" Your library has {'; '.join(unknown)}." if unknown else "")


def also_searched(expansions: Iterable[Mapping[str, str]]) -> str:
    """The other forms of abbreviations that were searched for, on a line of its own; empty for none."""
    forms = ", ".join(f"{form['to']} ({form['from']})" for form in expansions)
    return f"also searched: {forms}" if forms else ""


def hits(found: Sequence[Hit], library: Library, expansions: Iterable[Mapping[str, str]] = ()) -> str:
    """Passages found, with what each stage gave them."""
    blocks = [line] if (line := also_searched(expansions)) else []
    for number, hit in enumerate(found, 1):
        document = library.summary(hit.passage.document_id)
        parts = ", ".join(f"{name} {value:.3f}" for name, value in hit.parts.items())
        name = label(document.reference, document.title)
        head = f"{number}. {name} · {hit.passage.section} · {hit.score:.3f} ({parts})"
        against = "".join(f"{indented(line)}\n" for line in warnings(document.reference.retraction))
        blocks.append(f"{head}\n{against}{indented(hit.text)}\n    {hit.passage.id}")
    return "\n\n".join(blocks if found else [*blocks, "Nothing found."])


def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> str:
    """Columns as wide as their content, the last one cut to the width of the terminal."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head) - 1)]
    left = max(20, width() - sum(widths) - 2 * len(widths))

    def line(row: Sequence[str]) -> str:
        cells = [cell.ljust(w) for cell, w in zip(row, widths, strict=False)]
        last = " ".join(row[-1].split())
        return "  ".join([*cells, last if len(last) <= left else last[: left - 1] + "…"]).rstrip()

    return "\n".join(line(row) for row in (head, *rows))


def sources(library: Library, documents: Iterable[Document]) -> str:
    """The documents of a library, and the sources that failed."""
    rows = []
    for document in documents:
        reference = document.reference
        first = reference.authors[0] if reference.authors else None
        author = (first.family or first.literal)[:24] if first else ""
        mark = {"retracted": "RETRACTED ", "concern": "CONCERN ", "correction": "CORRECTED "}.get(
            reference.retraction.kind if reference.retraction else "", ""
        )
        rows.append(
            (
                document.id[:40],
                str(reference.year or ""),
                author,
                reference.journal[:30],
                mark + document.title,
            )
        )
    head = f"{library.path} (generation {library.manifest.generation}): " + ", ".join(
        (plural(len(library), "document"), plural(library.passage_count, "passage"))
    )
    if library.manifest.reader != "default":
        head += f", reader {library.manifest.reader}"
    blocks = [head]
    if rows:
        blocks.append(table(rows, ("ID", "YEAR", "AUTHOR", "JOURNAL", "TITLE")))
    failures = library.failures()
    if failures:
        blocks.append(
            "Still failing:\n" + "\n".join(indented(f"{f.uri}: {f.reason}", "  ") for f in failures)
        )
    return "\n\n".join(blocks)


def report(report: Report, *, most: int = 20) -> str:
    """What an addition did: a table of what changed, every failure with its reason, and the counts."""
    notes = {
        "merged": "joined with the same paper from another source",
        "skipped": "removed earlier; name the file itself to have it back",
    }
    rows, counts = [], []
    for kind in ("added", "merged", "replaced", "unchanged", "skipped"):
        items: list[Item] = getattr(report, kind)
        if not items:
            continue
        counts.append(f"{len(items):,} {kind}" + (f" ({notes[kind]})" if kind in notes else ""))
        if kind != "unchanged":
            rows += [(kind, item.document_id, item.title or item.uri) for item in items[:most]]
            if len(items) > most:
                rows.append((kind, "…", f"and {len(items) - most:,} more"))
    if report.failed:
        counts.append(f"{len(report.failed):,} failed")
    rate = f", {report.rate:.1f} documents/s" if report.rate else ""
    blocks = [table(rows, ("STATUS", "ID", "TITLE"))] if rows else []
    if report.failed:
        blocks.append(failures(report.failed))
    if report.apart:
        lines = (indented(f"{one.uri}: {one.reason}", "  ") for one in report.apart)
        blocks.append("Attached, but another paper:\n" + "\n".join(lines))
    done = "; ".join(counts) or "nothing to do"
    blocks.append(f"{done}. {report.seconds:.1f} s{rate}, generation {report.generation}.")
    return "\n\n".join(blocks)


def failures(found: Sequence[Failure]) -> str:
    """What could not be read, each with its reason."""
    return "\n".join(["FAILED", *(indented(f"{one.uri}: {one.reason}", "  ") for one in found)])


def document(document: Document, beside: Sequence[Related] = ()) -> str:
    """A whole document, by sections, with the papers it cites and the held papers ``beside`` it."""
    blocks = [indented(citation(document).text, ""), f"id: {document.id}"]
    if document.aliases:
        blocks[-1] += "\nalso: " + ", ".join(a for a in document.aliases if not a.startswith("title:"))
    blocks += [indented(line, "") for line in warnings(document.reference.retraction)]
    blocks += [f"note: {note}" for note in document.notes]
    blocks += [indented(f"{one.kind}: {one.title} ({one.document_id})", "") for one in beside]
    content = document.text.content
    for section in document.sections:
        text = content[section.start : section.end]
        if section.label == "heading":
            blocks.append(f"## {text}")
        elif section.label not in {"title", "references"}:
            blocks.append(f"{text}\n    [{section.label} {section.start}-{section.end}]")
    if document.references:
        listed = [
            "\n".join([f"{n}. {r.printed or r.title}", *(f"   {line}" for line in warnings(r.retraction))])
            for n, r in enumerate(document.references, 1)
        ]
        against = doubted(document.references)
        count = f" ({plural(len(against), 'reference')} retracted or doubted, marked !!)" if against else ""
        blocks.append(f"References{count}:\n" + "\n".join(listed))
    return "\n\n".join(blocks)
