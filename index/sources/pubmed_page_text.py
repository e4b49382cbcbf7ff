"""A PubMed article page that was saved or copied as plain text."""

from __future__ import annotations

import re

from index.records import Author
from index.sources.pubmed_page_record import Notice, SavedPage
from index.sources.pubmed_page_words import heading_of, is_furniture, publication_type
from index.sources.vancouver import find_doi, parse_citation, strip_links
from index.sources.vancouver_authors import western_name

__all__ = ["authors_of_line", "page_of_text"]

#: The range of a line's words in the text; empty for an empty line.
Span = tuple[int, int]

_NOTICE = re.compile(r".+ (?:in|on|of|for|from)$")

_CITATION = re.compile(
    r"(?P<journal>[^\W\d][^.]{0,120})?\.\s*(?P<cited>(?:1[89]|20)\d\d\b[^.;:]*(?:[;:][^.]*(?:\.\d+[^.]*)?)?)\.(?:\s|$)"
)
#: "Lei Wu et al. Front Neurol. ." or "Lei Wu. Front Neurol. 2024."
_SHORT = re.compile(
    r"(?P<names>[^.].{1,80}?)(?P<cut>\s+et al)?\.\s+(?P<journal>[^.]{2,120})"
    r"\.\s*(?P<year>(?:1[89]|20)\d\d[^.]{0,12})?\s*\.$"
)
_IDENTIFIER = re.compile(r"(?:PMID|PMCID|DOI):\s*\S", re.IGNORECASE)
_COPYRIGHT = re.compile(r"(?:copyright\b|©|\(c\)\s)", re.IGNORECASE)
_KEYWORDS = re.compile(r"key ?words?:\s*\S", re.IGNORECASE)
_FIGURE = re.compile(
    r"(?P<label>(?:(?:Supplementary |Extended Data )?(?:Fig(?:ure|\.)?|Scheme|Table|Box|Chart|Plate|Video)"
    r"\s?[A-Z]?\d{1,3}[A-Za-z]?|Graphical abstract))(?:[.:|]*\s*$|[.:|]+\s+(?=\S)|\s+[-–—]\s+)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\s*\d{1,4}\.(?:\s|$)")
_TOTAL = re.compile(r"(?:show|see) all (\d+) references", re.IGNORECASE)
_LABEL = re.compile(r"(?P<label>[^\W\d_a-z][^.:;?!\n]{1,70}?)\s*:\s+(?=\S)")
_KNOWN_LABEL = re.compile(
    r"(?:backgrounds?|introduction|context|rationale|aims?|objectives?|purpose|importance|hypothesis|goals?|methods?"
    r"|materials|patients|participants|subjects|design|study|settings?|interventions?|exposures?|main|primary|secondary"
    r"|measurements?|data|results?|findings?|outcomes?|conclusions?|interpretation|discussion|summary|implications?"
    r"|significance|limitations?|funding|trial|registration|clinical|level|key|what|statement|methodology|search"
    r"|selection|eligibility|case|observations?|recommendations?|systematic|evidence|research|relevance)\b",
    re.IGNORECASE,
)


def page_of_text(text: str) -> SavedPage:
    """The page in ``text``, whose lines end in ``\\n``; its title is empty when none can be told.

    Every part is an exact slice of ``text``.
    """
    page = SavedPage()
    head, regions = _regions(text)
    _head(page, [text[a:b] for a, b in head if a < b])
    for heading, lines in regions:
        if heading in {"abstract", "plain language summary"}:
            _abstract(page, text, lines, heading=heading.capitalize())
        elif heading == "conflict of interest statement":
            page.disclosure += [part for part in _paragraphs(text, lines) if not _COPYRIGHT.match(part)]
        elif heading == "figures":
            _figures(page, text, lines)
        elif heading == "references":
            _references(page, text, lines)
        elif heading == "publication types":
            page.types += filter(None, (publication_type(text[a:b]) for a, b in lines if a < b))
        elif heading == "mesh terms":
            page.mesh += [text[a:b].split(" / ")[0].rstrip("*") for a, b in lines if a < b]
        elif _NOTICE.match(heading):
            _notices(page, [text[a:b] for a, b in lines if a < b], heading.capitalize())
    return page


def _regions(text: str) -> tuple[list[Span], list[tuple[str, list[Span]]]]:
    """The lines above the first heading, and each heading (in small letters) with the lines below it.

    A line is the range of its words. Headings before the line with the date and volume are the
    page's table of contents.
    """
    lines: list[Span] = []
    for match in re.finditer(r"[^\n]*\n|[^\n]+", text):
        words = match[0].strip()
        start = match.start() + (match[0].index(words) if words else 0)
        lines.append((start, start + len(words)))
    named = [heading_of(text[a:b]) for a, b in lines]
    first = next((n for n, heading in enumerate(named) if heading), len(lines))
    cited = next((n for n, (a, b) in enumerate(lines) if _CITATION.match(text[a:b])), 0)
    above = [text[a:b] for n, (a, b) in enumerate(lines[:cited]) if n > first and a < b and not named[n]]
    begin = cited if sum(not is_furniture(line) for line in above) <= 3 else 0
    head: list[Span] = []
    regions: list[tuple[str, list[Span]]] = []
    for n, line in enumerate(lines):
        if named[n] and n >= begin:
            regions.append((named[n], []))
        elif named[n]:
            continue
        else:
            (regions[-1][1] if regions else head).append(line)
    return head, regions


def _head(page: SavedPage, lines: list[str]) -> None:
    """Title, authors, journal, date and identifiers from the lines above the abstract."""
    cited = next((n for n, line in enumerate(lines) if _CITATION.match(line)), None)
    found = _CITATION.match(lines[cited]) if cited is not None else None
    if cited is not None and found:
        page.citation = found["cited"] + "."
        page.journal = (found["journal"] or "").strip() or _journal_above(lines[:cited])
    page.types += filter(None, map(publication_type, lines))
    page.retracted = any(re.fullmatch(r"retracted article\.?", line, re.IGNORECASE) for line in lines)
    told = [line for line in lines if re.search(r"\b(?:doi|PMID|PMCID):", line, re.IGNORECASE)]
    for line in told:
        pmid = re.search(r"\bPMID:\s*(\d{1,8})\b", line)
        pmcid = re.search(r"\bPMCID:\s*(PMC\d+)", line, re.IGNORECASE)
        page.doi = page.doi or find_doi(line)
        page.pmid = page.pmid or (pmid[1] if pmid else "")
        page.pmcid = page.pmcid or (pmcid[1].upper() if pmcid else "")
    below = lines[cited + 1 :] if cited is not None else lines
    words = [line for line in below if not is_furniture(line) and re.search(r"[^\W\d_]{2}", line)]
    twice = next((line for line in words if words.count(line) > 1), "")
    if cited is not None or twice:
        page.title = twice or (words[0] if words else "")
    else:
        page.title = next((line for line in words if len(line.split()) >= 4), "")
    if page.title:
        _authors(page, lines[lines.index(page.title) + 1 :])


def _journal_above(lines: list[str]) -> str:
    """The journal, which stands alone above the date where the page's menu was saved with it."""
    for line in reversed(lines):
        if re.match(r"actions$|search in |add to search$", line, re.IGNORECASE):
            continue
        plain = not is_furniture(line) and len(line) <= 80 and line[0].isupper() and line[-1] not in ".:;,?!"
        return line if plain else ""
    return ""


def _authors(page: SavedPage, lines: list[str]) -> None:
    """Fill in the authors from the list below the title, else from the short line "A B et al. J. ."."""
    listed: list[str] = []
    reading = True
    for line in lines:
        short = _SHORT.match(line)
        if short and (short["cut"] or page.title in lines):
            page.journal = page.journal or short["journal"].strip()
            if not page.authors and not listed:
                page.authors = (western_name(short["names"]),)
                page.authors_complete = not short["cut"]
        elif (
            re.match(r"affiliations?\b", line, re.IGNORECASE) or line == page.title or _IDENTIFIER.match(line)
        ):
            reading = False
        elif reading and not is_furniture(line):
            listed.append(line)
    authors, complete = authors_of_line(" ".join(listed))
    if authors:
        page.authors, page.authors_complete = authors, complete


def authors_of_line(line: str) -> tuple[tuple[Author, ...], bool]:
    """``"Lei Wu 1 2, Jing Lu # 3; MS Study Group"`` as authors, and whether the list is whole.

    Nothing is returned for a line that is not a list of names.
    """
    line, cut = re.subn(r"[,;]?\s*\bet al\b\.?.*$|[,;]?\s*(?:\.\.\.|…)\s*$", "", line)
    names = [re.sub(r"(?:[\s,]*[\d#*†‡§¶¹²³⁰-⁹]+)+$", "", part).strip() for part in re.split(r"[,;]", line)]
    names = [name for name in names if name]
    likely = all(
        len(name.split()) <= 12 and not re.search(r"[.?!:]\s|\d{2}", name) and name[0].isalpha()
        for name in names
    )
    people = sum(2 <= len(name.split()) <= 6 and name.split()[-1][0].isupper() for name in names)
    if not names or not likely or people * 2 < len(names):
        return (), True
    return tuple(western_name(name) for name in names), not cut


def _paragraphs(text: str, lines: list[Span]) -> list[str]:
    """Runs of lines without an empty one between them; a line with a label begins a new one."""
    found: list[list[int]] = []
    open_ = False
    for a, b in lines:
        if a == b:
            open_ = False
        elif (
            open_
            and not _KEYWORDS.match(text[a:b])
            and not _COPYRIGHT.match(text[a:b])
            and not _label(text[a:b])
        ):
            found[-1][1] = b
        else:
            found.append([a, b])
            open_ = True
    return [text[a:b] for a, b in found]


def _label(paragraph: str) -> re.Match[str] | None:
    label = _LABEL.match(paragraph)
    return label if label and _KNOWN_LABEL.match(label["label"]) else None


def _abstract(page: SavedPage, text: str, lines: list[Span], *, heading: str) -> None:
    parts = _paragraphs(text, lines)
    body = [part for part in parts if not _KEYWORDS.match(part) and not _COPYRIGHT.match(part)]
    known = [label for label in map(_label, body) if label]
    structured = len(known) >= 2 or any(len(label["label"].split()) <= 3 for label in known)
    for part in parts:
        label = _LABEL.match(part) if structured else None
        if _KEYWORDS.match(part):
            page.keywords = page.keywords or part
        elif re.match(r"no abstract available\b|in .{3,40} only$", part, re.IGNORECASE) or part not in body:
            continue
        elif label and len(label["label"].split()) <= 8:
            page.abstract.append((label["label"], part[label.end() :], True))
        else:
            page.abstract.append((heading, part, False))


def _figures(page: SavedPage, text: str, lines: list[Span]) -> None:
    """Pairs of label and caption: the label stands once or twice above the caption, or before it."""
    label, captions = "", list[tuple[str, str]]()
    for a, b in lines:
        if a == b:
            continue
        match = _FIGURE.match(text[a:b])
        label = match["label"] if match else label
        caption = text[a + (match.end() if match else 0) : b]
        if caption:
            captions.append((label, caption))
    whole = [(label, caption) for label, caption in captions if not caption.endswith(("…", "..."))]
    labels = {label for label, _ in whole}
    page.figures += list(dict.fromkeys(whole))
    page.cut_figures += len({label for label, _ in captions} - labels)


def _references(page: SavedPage, text: str, lines: list[Span]) -> None:
    """Entries by their list number where there are numbers, else one to a line."""
    entries: list[list[int]] = []
    numbered = sum(bool(_NUMBERED.match(text[a:b])) for a, b in lines) > 1
    for a, b in lines:
        total = _TOTAL.match(text[a:b])
        if total:
            page.total = int(total[1])
        elif a == b or re.match(r"show all|see all|show less", text[a:b], re.IGNORECASE):
            continue
        elif numbered and entries and not _NUMBERED.match(text[a:b]):
            entries[-1][1] = b
        else:
            entries.append([a, b])
    for a, b in entries:
        printed = strip_links(text[a:b])
        if re.search(r"[^\W\d_]{2}", printed):
            page.references.append(parse_citation(printed, number=len(page.references) + 1))


def _notices(page: SavedPage, lines: list[str], heading: str) -> None:
    """Each notice is some lines, the last of which holds its PMID, or one line with a DOI."""
    printed = ""
    for line in lines:
        pmid = re.search(r"\bPMID:\s*(\d{1,8})", line)
        if _CITATION.match(line) or (find_doi(line) and not printed):
            printed = re.sub(r"\s*\bPMID:.*$", "", line)
        if pmid:
            page.notices.append(Notice(heading, printed, pmid[1]))
            printed = ""
    if printed:
        page.notices.append(Notice(heading, printed))
