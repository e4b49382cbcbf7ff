"""HTML of an evidence table: papers in rows, questions in columns, quotes in the cells."""

from __future__ import annotations

from qa.records import Quote, plural
from qa.table import MARKS, Cell, EvidenceTable, Row
from web import cards
from web.render import FORM, Layer, Markup, button, marked, pressed, retraction, text

#: Rows drawn; the files hold all.
MOST = 200


def evidence(made: EvidenceTable, library: str = "") -> str:
    """The papers that answer a question of ``made``, or are marked, then how many do not."""
    rows = [row for row in made.rows if any(cell.quotes for cell in row.cells) or row.mark or row.note]
    shown = rows[:MOST]
    heads = "".join(f'<th scope="col">{text(question)}</th>' for question in made.questions)
    body = "".join(_row(row, library) for row in shown)
    told = f"{plural(len(rows), 'paper')} of {len(made.rows):,} with a quote or a mark."
    if len(rows) > len(shown):
        told += f" The first {len(shown):,} are shown; the files hold all."
    sure = "" if made.calibrated else f" {cards.UNCALIBRATED_MEANS}"
    return (
        f'<div class="lq-evidence-table" data-announce="{text(told)}">'
        f'<p class="lq-note">{text(told + sure)}</p>'
        f'<div class="lq-wide" tabindex="0" role="region" aria-label="Evidence table"><table>'
        f'<thead><tr><th scope="col">Paper</th>{heads}</tr></thead><tbody>{body}</tbody></table></div></div>'
    )


def _row(row: Row, library: str) -> str:
    label = row.citation.label
    buttons = "".join(
        button(
            mark, "tick", {"document": row.document_id, "mark": "" if row.mark == mark else mark},
            name=f"{mark.capitalize()} {label}", more=pressed(row.mark == mark),
        )
        for mark in MARKS
    )  # fmt: skip
    keep = button("Keep", "edit", {"document": row.document_id}, name=f"Keep the note on {label}", more=FORM)
    note = (
        f'<div class="lq-form"><label>Note <input type="text" name="note" value="{text(row.note)}"></label>'
        f"{keep}</div>"
    )
    cells = "".join(f"<td>{_cell(cell, library)}</td>" for cell in row.cells)
    kind = f' class="lq-{row.mark}"' if row.mark else ""
    return (
        f'<tr{kind}><th scope="row">{retraction(row.retraction)}<strong>{text(label)}</strong> '
        f'{text(row.title)}<div class="lq-judging">{buttons}</div>{note}</th>{cells}</tr>'
    )


def _cell(cell: Cell, library: str) -> str:
    if cell.best is None:
        return '<span class="lq-note">nothing found</span>'
    more = "".join(_quote(quote, library) for quote in cell.quotes[1:])
    rest = (
        f"<details><summary>{plural(len(cell.quotes) - 1, 'more quote')}</summary>{more}</details>"
        if more
        else ""
    )
    return _quote(cell.best, library) + rest


def _quote(quote: Quote, library: str) -> str:
    shift = quote.start
    focus = Layer(quote.focus[0] - shift, quote.focus[1] - shift, "<mark>", "</mark>")
    words = marked(quote.text, 0, len(quote.text), Markup([focus]))
    sure = text(cards.confidence(quote.confidence))
    return f"<blockquote>{words}</blockquote><p>{text(quote.place)}, {sure} {cards.show(quote, library)}</p>"
