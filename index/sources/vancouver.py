"""One printed reference in Vancouver style, as PubMed and the journals print it, to its record.

The style is that of the NLM ("Citing Medicine", 2nd ed., 2007, NCBI Bookshelf NBK7256) with the
variants that publishers send: Frontiers' ``Journal. (2022) 328:2078``, ``Journal 2019;36:2977–90``
without a stop, the American Society for Microbiology's year after the authors, and
``Journal 59, 369–382``. A piece that cannot be told is left empty.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.records import Reference
from index.sources.vancouver_authors import AuthorList, leading_authors

__all__ = ["Place", "dated", "find_doi", "full_pages", "parse_citation", "place_of", "strip_links"]

#: A list of three hundred authors fits; what is longer is no reference.
_LONGEST = 6000
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_YEAR = r"(?P<year>1[6-9]\d\d|20\d\d)[a-h]?"
_PLAIN_YEAR = r"(?:1[6-9]\d\d|20\d\d)[a-h]?"
_DATE = (
    rf"{_YEAR}(?:[-–/]\d{{2,4}})?"
    rf"(?:,?\s+(?:(?P<month>{_MONTH})(?P<span>\s?[-–/]\s?(?:\d{{4}}\s)?{_MONTH})?(?:\s+(?P<day>\d{{1,2}})(?:[-–]\d{{1,2}})?)?"
    r"|Spring|Summer|Autumn|Fall|Winter))?"
)
_EXTRA = r"(?:[\s_]?(?:Suppl?|Supplement|Pt|Part|Spec No)\.?(?:\s?[A-Z]?\d*[A-Z]?(?=[\s:;,.()]|$))?)"
_VOLUME = rf"(?P<volume>[A-Z]{{0,3}}\d{{1,5}}[A-Z]?(?:\s?[-–]\s?\d{{1,4}})?{_EXTRA}*|Suppl(?:\s\d+)?)"
_ISSUE = r"(?:\s*\((?P<issue>[^()]{1,40})\))"
_ONE_PAGE = r"(?:[A-Za-z]{0,6}\.?\d[\w.]*\w|[A-Za-z]{0,6}\d|[ivxlc]{1,7}(?=\s?[-–—‐‑−]\s?[ivxlc]))"
_PAGES = rf"(?P<pages>{_ONE_PAGE}(?:\s?[-–—‐‑−]\s?[A-Za-z]{{0,6}}\d*\w*)?(?:,\s?\d+[-–]\d+)*)"

#: Where a reference stands in its journal, tried in order; each has some of the named groups.
_PLACES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\w/]){_DATE}\s*;\s*(?:vol\.?\s*)?{_VOLUME}{_ISSUE}?(?:\s*[:,]\s*{_PAGES})?",
        rf"(?<![\w/]){_DATE}\s*;\s*{_ISSUE}(?:\s*:\s*{_PAGES})?",
        rf"\({_DATE}\)[,:]?\s*{_VOLUME}{_ISSUE}?(?:\s*[:,.]\s*{_PAGES})?",
        rf"(?<![\w/]){_DATE}\s*[:,]\s*{_VOLUME}{_ISSUE}?\s*:\s*{_PAGES}",
        rf"(?<=[\w.)])[,.]?\s+{_VOLUME}{_ISSUE}?\s*[:,]\s*{_PAGES}\s*\({_DATE}\)",
        rf"(?<=[\w.)])[,.]?\s+{_VOLUME}{_ISSUE}?\s*[:,]\s*{_PAGES}[,;.]\s*{_DATE}(?=\W*$)",
        rf"(?<![\w/]){_DATE}\s*[;:]\s*{_PAGES}(?=\W*$)",
    )
)
#: The year stood elsewhere: "Journal 59, 369–382", "Journal 4(2).122–56".
_PLACE_WITHOUT_YEAR = re.compile(
    rf"(?<=[\w.)])[,.]?\s+(?:vol\.?\s*)?{_VOLUME}{_ISSUE}?\s*[:,.]\s*(?:pp?\.?\s*)?{_PAGES}(?=\W*$)"
)
_YEAR_LAST = re.compile(rf"[.,;:]?\s*\(?(?<![\w/-]){_DATE}\)?\W*$")
_YEAR_FIRST = re.compile(rf"\(?{_DATE}\)?(?:[.,:]\s*|(?<=\))\s*)")
#: Names in a way that is not understood, then the year: the rest is still title and journal.
_NAMES_THEN_YEAR = re.compile(
    rf"([^\d?!]{{3,600}}?)(?:\.+\s+(?={_DATE}[.,:]\s+\D{{8}})|[\s.]+(?=\({_PLAIN_YEAR}\)[.,:]?\s+\D{{8}}))"
)
#: A place whose punctuation was lost: "N Engl J Med 373123–1352015".
_RUN_TOGETHER = re.compile(r"\d[A-Za-z]*[-–][A-Za-z]*\d{5,}(?:\s?suppl.*)?\W*$", re.IGNORECASE)
_BOOK_PAGES = re.compile(r"[.,;:]\s*pp?\.?\s*(\d+\s?[-–]\s?\d+)\W*$")
_PUBLISHER = re.compile(
    r"(?:^|(?<=[.?!])\s+)(?:[A-Z][^.:;?!]{2,40}|[A-Z][\w ]{2,30}, D\.C\.):\s"
    r"(?P<publisher>[^:;.]{2,80})[;,.]?\s*$"
)
_PUBLISHED = re.compile(
    rf"\bPublished (?:online|ahead of print)[: ]+(?:{_MONTH} \d{{1,2}}, )?(?=(?:19|20)\d\d)"
)

_DOI = re.compile(
    r"(?:(?:https?://)?(?:dx\.)?doi\.org/|\bdoi\s*[:=]?\s*|(?<![\w/.]))(10\.\d{4,9}/[^\s\"<>]+)",
    re.IGNORECASE,
)
_PMID = re.compile(r"\b(?:PMID|PubMed(?: ID)?)\s*:\s*(\d{1,8})?\b\.?", re.IGNORECASE)
_PMCID = re.compile(r"\b(?:PMCID\s*:\s*)?(PMC\d{3,9})\b\.?|\bPMCID:", re.IGNORECASE)
_NOISE = re.compile(
    r"\[(?:PMC free article|PubMed|CrossRef|Google Scholar|DOI|Free (?:PMC )?article)\]"
    r"|\b(?:Epub|eCollection|Print)\s+(?:ahead of print\s*)?\d{4}[^.;]*[.;]?"
    r"|[;,.]?\s*(?:author reply|discussion|quiz)\s+[\w\s,–-]+(?=[.;]|$)"
    r"|\[?\b(?:Accessed|Cited|Retrieved|Updated|Modified)\b(?: on)?:?\s[^\];.]*(?:\d{4})\]?[;.]?|\[Internet\]"
    r"|;\s?:(?:null)?(?=\W*$)"
    r"|\bAvailable (?:from|at|online)\b.*$|(?:Online: )?https?://\S+|\bURL:?\s*$",
    re.IGNORECASE,
)
_LINKS = re.compile(r"(?:\s+-\s+(?:DOI|PMC|PubMed|Free article|Europe PMC))+\s*$", re.IGNORECASE)
_NUMBER = re.compile(r"^\s*(?:\[\d{1,4}\]|\d{1,4}\.)\s+(?=\S)")
#: Abbreviated words that end in a stop inside a journal's name ("J. Neurol. Sci.").
_ABBREVIATED = re.compile(
    r"(?:[A-Z]|[A-Z]\.(?:[A-Z]\.?)+|Acad|Acta|Adv|Am|Anal|Anat|Anim|Ann|Annu|Antimicrob|Appl|Arch|Arterioscler|Assoc|Behav"
    r"|Biochem|Bioinform|Biol|Biomed|Biophys|Biotechnol|Br|Brit|Bull|Can|Cardiol|Cardiovasc|Chem|Chemother|Circ|Clin|Cogn|Commun"
    r"|Comp|Comput|Contemp|Crit|Curr|Dent|Dermatol|Dev|Diagn|Dis|Ecol|Educ|Eff|Endocr|Endocrinol|Eng|Environ|Epidemiol|Eur|Evol"
    r"|Exp|Fam|Fed|Front|Gastroenterol|Gen|Genet|Genom|Geriatr|Gynecol|Haematol|Health|Hematol|Hepatol|Hum|Hypertens|Imaging|Immun|Immunol"
    r"|Infect|Inflamm|Inst|Int|Intern|Invest|Jpn|Lab|Lett|Lipidol|Mar|Mater|Math|Med|Mem|Metab|Methods|Microbiol|Mod|Mol|Natl|Nat"
    r"|Nephrol|Neural|Neurobiol|Neurochem|Neurol|Neurophysiol|Neurosci|Neurosurg|Nucl|Nutr|Obstet|Occup|Oncol|Ophthalmol|Opin|Org"
    r"|Orthop|Oxf|Pathol|Pediatr|Pharm|Pharmacol|Pharmacother|Philos|Phys|Physiol|Plast|Pol|Pract|Prev|Proc|Prog|Proteom|Psychiatr"
    r"|Psychol|Public|Q|Radiat|Radiol|Rehabil|Rep|Reprod|Res|Respir|Rev|Rheumatol|Scand|Sci|Semin|Ser|Soc|Stand|Stat|Stem|Struct"
    r"|Sur|Surg|Surv|Symp|Syst|Technol|Ther|Thromb|Top|Toxicol|Trans|Transl|Transplant|Treat|Trends|Trop|Univ|Urol|Vasc|Vet"
    r"|Virol|Vis|Zool)\.$"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a journal: ISO ``date`` as far as known, volume, issue, full pages; the range it matched."""

    start: int
    end: int
    year: int | None = None
    date: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""


def strip_links(printed: str) -> str:
    """``printed`` without its list number and PubMed's "- DOI - PMC - PubMed" links; else as it is."""
    return _NUMBER.sub("", _LINKS.sub("", printed), count=1).strip()


def find_doi(text: str) -> str:
    """The first DOI in ``text`` or ``""``; it keeps balanced brackets and loses closing punctuation."""
    match = _DOI.search(text)
    return _trimmed(match[1]) if match else ""


def _trimmed(doi: str) -> str:
    while doi:
        last = doi[-1]
        unbalanced = last in ")]}" and doi.count(last) > doi.count({")": "(", "]": "[", "}": "{"}[last])
        if last in ".,;:'\"”’…" or unbalanced:
            doi = doi[:-1]
        else:
            break
    return doi


def full_pages(pages: str) -> str:
    """A page range written out: ``"2977–90"`` -> ``"2977-2990"``, ``"R67-99"`` -> ``"R67-R99"``.

    Ranges that do not shorten, lists and article numbers keep their digits; dashes become ``-``.
    """
    plain = re.sub(r"\s?[–—‐‑−-]\s?", "-", pages).strip(" .,;")
    match = re.fullmatch(r"([A-Za-z]*)(\d+)([A-Za-z]?)-([A-Za-z]*)(\d+)([A-Za-z]?)", plain)
    if not match or match[4] not in ("", match[1]):
        return plain
    first, last = match[2], match[5]
    if len(last) < len(first):
        whole = first[: len(first) - len(last)] + last
        if int(whole) < int(first):
            return plain
        last = whole
    return f"{match[1]}{first}{match[3]}-{match[1]}{last}{match[6]}"


def _iso(match: re.Match[str]) -> str:
    """``"2024-05-09"``, ``"2024-05"`` or ``"2024"`` from the groups of ``_DATE``; a span has no month."""
    found = match.groupdict()
    if not found.get("month") or found.get("span"):
        return found["year"] or ""
    month = f"{found['year']}-{MONTHS.index(found['month'][:3].lower()) + 1:02}"
    day = int(found["day"] or 0)
    return f"{month}-{day:02}" if 1 <= day <= 31 else month


def dated(text: str) -> tuple[int | None, str]:
    """The year and ISO date that ``text`` opens with (``"2024 May 9."``), or None and ``""``."""
    match = re.match(_DATE, text.strip(" .;("))
    return (int(match["year"]), _iso(match)) if match else (None, "")


def place_of(text: str) -> Place | None:
    """Year, volume, issue and pages in ``text`` ("2024 May;15(3):123-9"), or None."""
    for pattern in _PLACES:
        if match := pattern.search(text):
            break
    else:
        match = _PLACE_WITHOUT_YEAR.search(text)
        if not match:
            return None
    found = match.groupdict()
    year = int(found["year"]) if found.get("year") else None
    return Place(
        match.start(),
        match.end(),
        year,
        _iso(match) if year else "",
        re.sub(r"\s?[–/-]\s?", "-", (found.get("volume") or "").strip()),
        re.sub(r"\s?[–-]\s?", "-", (found.get("issue") or "").strip()),
        full_pages(found.get("pages") or ""),
    )


def _journal_and_title(head: str, *, journal_follows: bool) -> tuple[str, str]:
    """``head``, which lies between the authors and the place, as (title, journal)."""
    parts = [
        part
        for part in re.split(r"(?<=[.?!])\s+|(?<=[a-z]{3}[.?!])(?=[A-Z][a-z]+ )", head.strip())
        if part.strip(" .")
    ]
    if not parts:
        return "", ""
    if not journal_follows:
        return parts[0].rstrip(" ."), ""
    first = last = len(parts) - 1
    run = last
    while run > 0:
        known = all(_ABBREVIATED.match(word.rstrip(".") + ".") for word in parts[run - 1].split())
        if not known and not re.fullmatch(r"[A-Z][\w.&-]{0,14}\.", parts[run - 1]):
            break
        run -= 1
        first = run if known else first
    journal = " ".join(parts[first:]).strip(" ,;:")
    journal = journal.rstrip(".") + "." if first < last else journal.rstrip(".")
    title = " ".join(parts[:first]).rstrip(" .,;")
    if (len(journal.split()) > 12 and ":" not in journal) or journal.endswith(("?", "!")):
        return (title or head.strip().rstrip(" ."), "")  # a sentence, so no journal was printed
    return title, journal


def parse_citation(printed: str, *, number: int | None = None) -> Reference:
    """The record of one printed reference; never raises.

    ``printed`` may open with its list number and end with PubMed's link words; ``number`` is its
    place in the citing paper's list, from 1. ``Reference.printed`` is the entry without those.
    """
    entry = strip_links(printed)
    text = " ".join(entry.split())[:_LONGEST]
    pmid, pmcid = _PMID.search(text), _PMCID.search(text)
    doi = find_doi(text)
    for pattern in (_DOI, _PMID, _PMCID, _PUBLISHED, _NOISE):
        text = pattern.sub(" ", text)
    text = re.sub(r"\bdoi\s*:?\s*$", "", " ".join(text.split()), flags=re.IGNORECASE).strip(" ,;")
    names, rest = leading_authors(text), text
    year, date = None, ""
    unknown = _NAMES_THEN_YEAR.match(text)
    short = unknown and all(len(name.split()) <= 5 for name in re.split(r"[,;]| and ", unknown[1]))
    if unknown and short and not names.end <= unknown.end() <= names.end + 1:
        names = AuthorList(complete=False, end=unknown.end())
    rest = text[names.end :]
    opening = _YEAR_FIRST.match(rest)
    if opening and (names.end or opening[0].startswith("(")):
        year, date, rest = int(opening["year"]), _iso(opening), rest[opening.end() :]
    if place := place_of(rest):
        title, journal = _journal_and_title(rest[: place.start], journal_follows=True)
        publisher = ""
    else:
        place, title, journal, publisher = _without_place(rest, alone=not names.end)
    if re.search(r"\bet\.? al\b", title):  # names that were not understood
        title = re.split(r"\bet\.? al\b", title)[-1].lstrip(" .,;:")
    return Reference(
        title=title if re.search(r"[^\W\d_]{2}", title) else "",
        authors=names.authors,
        authors_complete=names.complete and not re.search(r"\bet\.? al\b", text),
        journal=journal if re.search(r"[^\W\d_]", journal) else "",
        year=place.year or year,
        date=place.date or date,
        volume=place.volume,
        issue=place.issue,
        pages=place.pages,
        publisher=publisher,
        doi=doi,
        pmid=(pmid[1] or "") if pmid else "",
        pmcid=(pmcid[1] or "").upper() if pmcid else "",
        number=number,
        printed=entry,
    )


def _without_place(rest: str, *, alone: bool) -> tuple[Place, str, str, str]:
    """Place (the year at most), title, journal and publisher of a reference without volume and pages.

    ``alone``: no authors stood before ``rest``, so a single sentence may be anything and is no title.
    """
    place, publisher = Place(0, 0), ""
    if _RUN_TOGETHER.search(rest):
        return place, "", "", ""
    pages = _BOOK_PAGES.search(rest)
    rest = rest[: pages.start()] if pages else rest
    last = _YEAR_LAST.search(rest)
    if last:
        place = Place(0, 0, int(last["year"]), _iso(last), pages=full_pages(pages[1]) if pages else "")
        rest = rest[: last.start()]
    house = _PUBLISHER.search(rest)
    if house and (last or len(house["publisher"].split()) <= 5):
        publisher, rest = house["publisher"].strip(), rest[: house.start()]
    several = bool(last) and not publisher and bool(re.search(r"[.?!]\s+\S", rest))
    title, journal = _journal_and_title(rest, journal_follows=several)
    if several and last and last[0].startswith(";"):  # "Happiness. Penguin; 2005." is a book
        publisher, journal = journal, ""
    if alone and not several and not publisher:
        title = ""
    return place, title, journal, publisher
