"""The commands about what papers cite: references (held, missing, retracted; exports), check."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from index.cited import CitedPaper, cited, missing, with_references
from index.errors import UsageError
from index.library import Library
from index.records import Document
from qa import check as checking
from qa import exports, terminal
from qa.arguments import library_path, print_json
from qa.cite import citation, csl, label, vancouver
from qa.notices import word
from qa.progress import announce, complain


def references(arguments: argparse.Namespace) -> int:
    """``litquote references``."""
    with Library.open(library_path(arguments)) as library:
        if arguments.export:
            return _export(arguments, library)
        if arguments.id or len(with_references(library)) == 1:
            return _listed(arguments, library)
        return _counted(arguments, library)


def _export(arguments: argparse.Namespace, library: Library) -> int:
    """Write what is missing; papers that a list of identifiers cannot name are said."""
    names = [arguments.id] if arguments.id else []
    found = [paper.reference for paper, _ in missing(library, names)]
    text = exports.FORMATS[arguments.export](found)
    if arguments.output:
        try:
            Path(arguments.output).write_text(text, "utf-8", newline="")
        except OSError as error:
            raise UsageError(f"{arguments.output} cannot be written ({error.strerror})") from error
    else:
        sys.stdout.write(text)
    if arguments.export == "ids" and (nameless := sum(not exports.identifier(one) for one in found)):
        complain(
            UsageError(
                f"{nameless} of {len(found)} missing papers have no identifier in the list and are left out; "
                "--export ris has them all"
            ),
            0,
        )
    return 0


def _listed(arguments: argparse.Namespace, library: Library) -> int:
    document = library.summary(arguments.id or with_references(library)[0].id)
    papers = cited(library, document.id)
    if arguments.missing:
        papers = [paper for paper in papers if not paper.document_id]
    if arguments.json:
        print_json(
            {
                "document_id": document.id,
                "citation": citation(document).to_dict(),
                "references": [paper.to_dict() | {"csl": csl(paper.reference)} for paper in papers],
            }
        )
    else:
        print(listing(document, papers, whole=not arguments.missing, demo=arguments.demo))
    return 0


def listing(
    document: Document, papers: Sequence[CitedPaper], *, whole: bool = True, demo: bool = False
) -> str:
    """A reference list for people: each paper's number and status, and what to do about those missing."""
    blocks = [terminal.paragraph(citation(document).text)]
    for paper in papers:
        reference = paper.reference
        said = vancouver(reference) if reference.title else reference.printed or vancouver(reference)
        status = paper.status.upper() if paper.status == "retracted" else paper.status
        if paper.status == "retracted":
            status += ", held" if paper.document_id else ", missing"
        elif paper.retraction is not None:
            status += f", {word(paper.retraction).upper()}"
        where = f" as {paper.document_id}" if paper.document_id else ""
        blocks.append(terminal.paragraph(f"{paper.number}. [{status}{where}] {said}"))
    lacking = sum(not paper.document_id for paper in papers)
    if not papers:
        blocks.append("It lists no references." if whole else "It has no missing references.")
    elif lacking:
        blocks.append(
            f"{lacking:,} of {len(papers):,} missing. Fetch them: "
            f"litquote fetch --references-of {document.id}{' --demo' * demo}\n"
            "Without network, a list to take elsewhere: "
            f"litquote references {document.id} --export ris{' --demo' * demo}"
        )
    else:
        blocks.append(f"All {len(papers):,} are held.")
    return "\n".join(blocks)


def _counted(arguments: argparse.Namespace, library: Library) -> int:
    """How many references each document has, and how many of them are held, missing and retracted."""
    rows = []
    for document in with_references(library):
        papers = cited(library, document.id)
        rows.append(
            {
                "document_id": document.id,
                "references": len(papers),
                "held": sum(bool(paper.document_id) for paper in papers),
                "missing": sum(not paper.document_id for paper in papers),
                "retracted": sum(paper.status == "retracted" for paper in papers),
                "label": label(document.reference, document.title),
            }
        )
    if arguments.json:
        print_json({"documents": rows})
    elif not rows:
        print("No document of this library lists references.")
    else:
        heads = ("ID", "REFERENCES", "HELD", "MISSING", "RETRACTED", "PAPER")
        print(terminal.table([tuple(map(str, row.values())) for row in rows], heads))
    return 0


def check(arguments: argparse.Namespace) -> int:
    """``litquote check``."""
    if arguments.k < 1:
        raise UsageError(f"-k is {arguments.k}; ask for at least one sentence")
    with Library.open(library_path(arguments)) as library:
        announce(library.manifest.encoder.name)
        found = checking.check(library, arguments.id, sentence=arguments.sentence, most=arguments.k)
        document = library.summary(arguments.id)
    if arguments.csv == "-":
        checking.write_csv(found, sys.stdout)
    elif arguments.csv:
        try:
            # Spreadsheets take UTF-8 for what it is only behind its mark.
            with Path(arguments.csv).open("w", encoding="utf-8-sig", newline="") as stream:
                checking.write_csv(found, stream)
        except OSError as error:
            raise UsageError(f"{arguments.csv} cannot be written ({error.strerror})") from error
    elif arguments.json:
        print_json({"document_id": document.id, "sentences": [one.to_dict() for one in found]})
    else:
        print(checked(document, found))
    return 0


def checked(document: Document, found: Sequence[checking.CitingSentence]) -> str:
    """Citing sentences for people, each above the closest sentences of what it cites."""
    blocks = [terminal.paragraph(citation(document).text)]
    for one in found:
        lines = [terminal.paragraph(f"{one.number}. “{one.text}” ({one.section} {one.start}-{one.end})")]
        for reference in one.references:
            paper = reference.paper
            lines.append(f"    [{paper.number}] {reference.label}: {paper.status}")
            for near in reference.closest:
                page = f", p. {near.page}" if near.page is not None else ""
                place = f"{near.document_id}:{near.start}-{near.end}, {near.section}{page}"
                lines.append(terminal.indented(f"{near.score:.2f} “{near.text}” ({place})", "        "))
            if paper.document_id and not reference.closest:
                lines.append("        no sentence of it can be quoted")
        blocks.append("\n".join(lines))
    if not found:
        blocks.append(
            "No sentence of it cites a paper that this library holds. Fetch what it cites: "
            f"litquote fetch --references-of {document.id}"
        )
    else:
        blocks.append("Closeness is no verdict: read both.")
    return "\n\n".join(blocks)
