"""What stands before and behind the body of a JATS article: statements, notes, lists, licence."""

from __future__ import annotations

import re

from index.records import Reference
from index.sources.build import TextBuilder
from index.sources.jats_body import Body, heading_of
from index.sources.jats_inline import words
from index.sources.jats_labels import note_label
from index.sources.jats_names import HREF, author
from index.sources.jats_writer import Run
from index.sources.xml_stream import Element, all_text

__all__ = ["affiliations", "back", "front_notes", "keywords", "owners", "reference_sections"]


def keywords(builder: TextBuilder, meta: Element) -> None:
    """Add each group of keywords."""
    for group in meta.findall("kwd-group"):
        listed = [words(one) for one in group.iter("kwd", "compound-kwd")]
        builder.add("keywords", "; ".join(filter(None, listed)), heading_of(group) or "Keywords")


def back(body: Body, element: Element) -> None:
    """Add acknowledgements, appendices, notes: all in a ``back`` but the reference list."""
    for child in element:
        if not isinstance(child.tag, str) or child.tag in {"ref-list", "bio", "title", "label"}:
            continue
        if child.tag == "ack":
            heading = heading_of(child)
            body.heading(heading)
            body.content(child, "acknowledgements", heading or "Acknowledgements")
        elif child.tag == "fn-group":
            body.footnotes(child)
        elif child.tag == "fn":
            body.footnote(child)
        elif child.tag in {"app-group", "sec", "app", "glossary", "notes"}:
            for part in child.findall("app") if child.tag == "app-group" else [child]:
                body.section(part)
        else:
            floats: list[Element] = []
            body.add("notes", body.paragraph(child, floats))
            for one in floats:
                body.floating(one)


def front_notes(body: Body, article: Element, meta: Element) -> None:
    """Add the statements that the front holds: authors' notes, funding, data, licence."""
    for notes in meta.findall("author-notes"):
        for note in notes.findall("fn"):
            text = " ".join(words(one) for one in note.findall("p"))
            if note_label(note, "", text) != "notes":
                body.footnote(note)
    for notes in article.findall("front/notes"):
        body.section(notes)
    _funding(body, meta)
    for custom in meta.iter("custom-meta"):
        name, value = words(custom.find("meta-name")), custom.find("meta-value")
        if value is not None and re.search(r"availability|conflict|competing|ethic", name, re.IGNORECASE):
            runs = [run for run in body.paragraph(value, []) if run.text not in body.builder.content]
            if runs:
                body.heading(name)
                body.add(note_label(custom, name, ""), runs, name)
    _licence(body, meta)


def _funding(body: Body, meta: Element) -> None:
    for group in meta.findall("funding-group"):
        statements = [run for one in group.findall("funding-statement") for run in body.paragraph(one, [])]
        if not statements:
            for award in group.findall("award-group"):
                funder = "; ".join(filter(None, (_funder(one) for one in award.findall("funding-source"))))
                numbers = ", ".join(filter(None, map(words, award.findall("award-id"))))
                told = f"{funder}: {numbers}" if funder and numbers else funder or numbers
                statements.append(Run(told))
        body.add("funding", [run for run in statements if run.text not in body.builder.content], "Funding")


def _funder(source: Element) -> str:
    named = source.find(".//institution")
    return words(named) if named is not None else words(source)


def _licence(body: Body, meta: Element) -> None:
    """The copyright and the licence, which are read but not searched."""
    holder = meta.find("permissions")
    runs: list[Run] = []
    for one in meta if holder is None else holder:
        if one.tag == "copyright-statement":
            runs += body.paragraph(one, [])
        elif one.tag == "license":
            told = [run for part in one if part.tag in {"p", "license-p"} for run in body.paragraph(part, [])]
            address = one.get(HREF) or words(one.find("license_ref"))
            told = told or [Run(" ".join(all_text(one).split()))]
            runs += told
            if address and not any(address in run.text for run in told):
                runs.append(Run(address))
    body.add("licence", runs, "Copyright and licence")


def reference_sections(builder: TextBuilder, article: Element, cited: tuple[Reference, ...]) -> None:
    """Add the reference list, one section an entry."""
    title = next((heading_of(one) for one in article.iter("ref-list")), "") or "References"
    builder.heading(title)
    for entry in cited:
        builder.add("references", f"{entry.number}. {entry.printed}", title)


def owners(meta: Element) -> dict[str, list[str]]:
    """The authors that point to a note, by its id."""
    found: dict[str, list[str]] = {}
    for contrib in meta.iter("contrib"):
        person = author(name) if (name := contrib.find("name")) is not None else None
        for pointer in contrib.findall("xref"):
            if person is not None:
                named = f"{person.given} {person.family}".strip()
                found.setdefault(pointer.get("rid", ""), []).extend([named] if named else [])
    return found


def affiliations(builder: TextBuilder, meta: Element) -> None:
    """Add where the authors work."""
    listed = [
        *meta.findall("aff"),
        *meta.findall("contrib-group/aff"),
        *meta.findall("contrib-group/contrib/aff"),
    ]
    told = list(dict.fromkeys(filter(None, map(words, listed))))
    builder.add("affiliations", "\n".join(told), "Affiliations")
