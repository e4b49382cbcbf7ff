"""The text of a JATS article: headings, paragraphs, captions, tables, notes, with their positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from index.records import InTextCitation
from index.sources.build import TextBuilder
from index.sources.jats_cited import Cited
from index.sources.jats_inline import FLOATS, Inline, words
from index.sources.jats_labels import abstract_heading, abstract_label, note_label, section_label
from index.sources.jats_tables import rows
from index.sources.jats_writer import Run
from index.sources.xml_stream import Element

__all__ = ["Body"]

_SECTIONS = frozenset({"sec", "app", "boxed-text", "glossary", "notes"})
_HEADS = frozenset({"title", "label", "subtitle", "sec-meta", "object-id", "alt-title", "caption"})
_GROUPS = frozenset({"fig-group", "table-wrap-group", "app-group", "floats-group", "floats-wrap"})
_IN_FIGURES = frozenset(
    {"p", "attrib", "disp-formula", "list", "def-list", "disp-quote", "preformat", "code"}
)

#: A longer bold beginning of a note is no heading.
_LONGEST = 60

_KINDS = {"fig": "figure", "table-wrap": "table", "supplementary-material": "supplementary"}


class Body:
    """Writes the parts of an article into ``builder`` and keeps where the text cites.

    ``owners`` are the authors' names whose contribution the note with an id tells.
    """

    def __init__(
        self, builder: TextBuilder, cited: Cited, owners: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.builder = builder
        self.cited = cited
        self.citations: list[InTextCitation] = []
        self.owners = owners or {}
        self._notes: list[Element] = []

    def add(self, label: str, runs: Sequence[Run], heading: str = "") -> None:
        """Add paragraphs as one section."""
        runs = [run for run in runs if run.text]
        if not runs:
            return
        self.builder.add(label, "\n\n".join(run.text for run in runs), heading)
        at = self.builder.sections[-1].start
        for run in runs:
            self.citations += run.shifted(at)
            at += len(run.text) + 2

    def heading(self, text: str) -> None:
        """Add a heading's words."""
        if text:
            self.builder.heading(text)

    def paragraph(self, element: Element, floats: list[Element], *, note: bool = False) -> list[Run]:
        """The text of ``element``; what stands apart in it is laid into ``floats``."""
        writer = Inline(self.cited, note=note)
        writer.element(element) if element.tag != "p" else writer.children(element)
        floats.extend(writer.floats)
        self._notes.extend(writer.notes)
        run = writer.run()
        return [run] if run.text else []

    def content(self, element: Element, label: str, heading: str) -> None:
        """Add what is in ``element`` under its heading: paragraphs, then what floats, then parts."""
        runs: list[Run] = []
        floats: list[Element] = []

        def settle() -> None:
            self.add(label, runs, heading)
            runs.clear()
            waiting, floats[:] = list(floats), []
            for one in waiting:
                self.floating(one, label)

        for child in _elements(element):
            if child.tag in _HEADS:
                continue
            if child.tag in _SECTIONS and child.tag != "boxed-text":
                settle()
                self.section(child, label)
            elif child.tag == "fn-group":
                settle()
                self.footnotes(child)
            elif child.tag == "ref-list":
                runs += [run for one in child.findall("p") for run in self.paragraph(one, floats)]
            elif child.tag in FLOATS or child.tag in _GROUPS:
                floats.append(child)
            else:
                runs += self.paragraph(child, floats)
        settle()

    def section(self, element: Element, above: str = "body") -> None:
        """Add a part with its heading, and the parts in it."""
        heading = heading_of(element)
        if element.tag in {"glossary", "notes"}:
            default = "abbreviations" if element.tag == "glossary" else "notes"
            label = note_label(element, heading, heading) if element.tag == "notes" else default
        else:
            label = section_label(element, heading, above)
        self.heading(heading)
        self.content(element, label, heading)

    def footnotes(self, group: Element) -> None:
        """Add a group of notes, each with the label that its heading, its type or its words tell."""
        title = heading_of(group)
        self.heading(title)
        self._footnotes(group.findall("fn"), title)
        floats: list[Element] = []
        for paragraph in group.findall("p"):
            self.add(note_label(group, title, ""), self.paragraph(paragraph, floats), title)

    def footnote(self, note: Element) -> None:
        """Add one note."""
        self._footnotes([note])

    def _footnotes(self, notes: Iterable[Element], title: str = "") -> None:
        floats: list[Element] = []
        told = [self._footnote(note, title, floats) for note in notes]
        for (label, heading), some in groupby(told, key=lambda one: one[:2]):
            runs = [run for _, _, found in some for run in found]
            if heading and heading != title and runs and not runs[0].text.startswith(heading):
                self.heading(heading)
            self.add(label, runs, heading or "Footnote")
        for one in floats:
            self.floating(one, "body")

    def _footnote(self, note: Element, title: str, floats: list[Element]) -> tuple[str, str, list[Run]]:
        """A note's label, heading and paragraphs."""
        runs = self.note(note, floats)
        opening = words(note.find("title") if note.find("title") is not None else note.find("p/bold"))
        heading = title or opening.rstrip(" :.")
        if len(runs) > 1 and runs[0].text.rstrip(" :.") == heading:
            runs = runs[1:]
        elif not title and len(heading) > _LONGEST:
            heading = ""
        text = " ".join(run.text for run in runs)
        label = note_label(note, heading, text)
        owners = self.owners.get(note.get("id", ""), ()) if label == "contributions" else ()
        if runs and owners and not any(name.split()[-1] in text for name in owners):
            lead = f"{', '.join(owners)}: "
            runs[0] = Run(lead + runs[0].text, tuple(runs[0].shifted(len(lead))))
        return label, heading, runs

    def note(self, note: Element, floats: list[Element]) -> list[Run]:
        """The paragraphs of a note, its sign before them."""
        mark = words(note.find("label"))
        runs: list[Run] = []
        for child in _elements(note):
            if child.tag not in _HEADS:
                runs += self.paragraph(child, floats, note=not mark)
        if mark and runs:
            lead = f"{mark} "
            runs[0] = Run(lead + runs[0].text, tuple(runs[0].shifted(len(lead))))
        return runs

    def inline_notes(self) -> None:
        """Add the notes that stood inside the text so far."""
        while self._notes:
            waiting, self._notes = self._notes, []
            self._footnotes(waiting)

    def floating(self, element: Element, above: str = "body") -> None:
        """Add a figure, a table, a box or a group of them."""
        if element.tag == "boxed-text":
            heading = heading_of(element) or words(element.find("caption/title"))
            self.heading(heading)
            self._caption(element, above, heading)
            self.content(element, above, heading)
        elif element.tag in _GROUPS:
            name = words(element.find("label")).rstrip(" .:")
            self.heading(name)
            self._caption(element, "table" if element.tag == "table-wrap-group" else "figure", name)
            for child in _elements(element):
                if child.tag in FLOATS or child.tag in _GROUPS:
                    self.floating(child, above)
                elif child.tag in _SECTIONS:
                    self.section(child, above)
        elif element.tag != "graphic" or element.find("caption") is not None:
            self._figure(element, above)

    def _figure(self, element: Element, above: str) -> None:
        """A figure or a table: its name as a heading, caption, rows, notes."""
        name = words(element.find("label")).rstrip(" .:")
        self.heading(name)
        floats: list[Element] = []
        runs = self._captions(element, floats)
        for child in _elements(element):
            table = child.find("table") if child.tag == "alternatives" else None
            part = child if table is None else table
            if part.tag in {"table", "tgroup"}:
                runs += rows(part, self.cited, self._notes)
            elif part.tag == "table-wrap-foot":
                runs += self._foot(part, floats)
            elif part.tag in _IN_FIGURES:
                runs += self.paragraph(part, floats)
            elif part.tag in FLOATS and part.tag != "graphic":
                floats.append(part)
        self.add(_KINDS.get(element.tag, "figure"), runs, name)
        for one in floats:
            self.floating(one, above)

    def _caption(self, element: Element, label: str, heading: str) -> None:
        floats: list[Element] = []
        runs = self._captions(element, floats)
        if runs and runs[0].text == heading:
            runs = runs[1:]
        self.add(label, runs, heading)

    def _captions(self, element: Element, floats: list[Element]) -> list[Run]:
        runs: list[Run] = []
        for caption in element.findall("caption"):
            if (caption.text or "").strip():
                runs += self.paragraph(caption, floats, note=True)
                continue
            for child in _elements(caption):
                runs += self.paragraph(child, floats, note=True)
        return runs

    def _foot(self, foot: Element, floats: list[Element]) -> list[Run]:
        runs: list[Run] = []
        for child in _elements(foot):
            if child.tag == "fn":
                runs += self.note(child, floats)
            elif child.tag == "fn-group":
                runs += self._foot(child, floats)
            elif child.tag not in {"title", "label"}:
                runs += self.paragraph(child, floats, note=True)
        return runs

    def abstract(self, element: Element) -> None:
        """Add an abstract: the main one part by part, others as one piece of the abstract."""
        printed = heading_of(element)
        heading = printed or abstract_heading(element)
        main = element.tag == "abstract" and not element.get("abstract-type")
        self.heading(printed)
        floats: list[Element] = []
        runs: list[Run] = []
        for child in _elements(element):
            if child.tag in _HEADS:
                continue
            if child.tag == "sec":
                self.add("abstract", runs, heading)
                runs = []
                self._abstract_part(child, heading if not main else "")
            elif child.tag in FLOATS or child.tag in _GROUPS:
                floats.append(child)
            else:
                new = self.paragraph(child, floats)
                opening = _run_in(child) if main else ""
                if opening:
                    self.add("abstract", runs, heading)
                    self.add(abstract_label(opening), new, opening)
                    runs = []
                else:
                    runs += new
        self.add("abstract", runs, heading)
        for one in floats:
            self.floating(one)

    def _abstract_part(self, part: Element, under: str) -> None:
        title = heading_of(part)
        self.heading(title)
        label = "abstract" if under else abstract_label(title)
        self.content(part, label, f"{under}: {title}" if under else title)


def heading_of(element: Element) -> str:
    """A part's heading as printed, its number before it."""
    title = words(element.find("title"))
    label = words(element.find("label"))
    return f"{label} {title}".strip()


def _run_in(paragraph: Element) -> str:
    """The name of a part that a paragraph of an abstract begins with: ``<b>Methods:</b> ...``."""
    first = next(iter(_elements(paragraph)), None)
    if (paragraph.text or "").strip() or first is None or first.tag not in {"bold", "italic"}:
        return ""
    opening = words(first)
    name = opening.rstrip(" .:")
    ends = opening[len(name) :].strip() or (first.tail or "").lstrip().startswith((":", "."))
    return name if ends and len(name) < 40 and abstract_label(name) != "abstract" else ""


def _elements(element: Element) -> list[Element]:
    return [child for child in element if isinstance(child.tag, str)]
