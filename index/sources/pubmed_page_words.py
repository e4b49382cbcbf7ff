"""The words that PubMed's pages print by themselves: headings, menus, banners, publication types."""

from __future__ import annotations

import re

__all__ = ["heading_of", "is_furniture", "publication_type", "telltales"]

_HEADINGS = frozenset(
    (
        *("abstract", "plain language summary", "conflict of interest statement", "figures", "references"),
        *("similar articles", "cited by", "publication types", "mesh terms", "substances", "associated data"),
        *("supplementary concepts", "personal name as subject", "related information", "grants and funding"),
        *(
            "pubmed disclaimer",
            "supplementary info",
            "miscellaneous",
            "full text sources",
            "research materials",
        ),
        *("other literature sources", "linkout - more resources", "ncbi literature resources"),
        *(
            "comment in",
            "comment on",
            "erratum in",
            "erratum for",
            "update in",
            "update of",
            "original report in",
        ),
        *("retraction in", "retraction of", "partial retraction in", "partial retraction of"),
        *("expression of concern in", "expression of concern for", "summary for patients in"),
        *("republished in", "republished from", "dataset described in", "dataset use reported in"),
        *("corrected and republished in", "corrected and republished from"),
        *("retracted and republished in", "retracted and republished from"),
    )
)

#: Whole lines of menus and banners.
_MENU = frozenset(
    (
        *(
            "dot gov",
            "https",
            "the site is secure.",
            "ncbi homepage",
            "log in",
            "log out",
            "show account info",
            "close",
        ),
        *(
            "account",
            "logged in as:",
            "username",
            "dashboard",
            "publications",
            "account settings",
            "pubmed logo",
        ),
        *(
            "search",
            "search:",
            "advanced",
            "clipboard",
            "user guide",
            "save",
            "email",
            "send to",
            "display options",
        ),
        *(
            "format",
            "full text links",
            "actions",
            "cite",
            "collections",
            "share",
            "permalink",
            "copy",
            "authors",
        ),
        *("page navigation", "title & authors", "add to search", "search in pubmed", "search in nlm catalog"),
        *(
            "saveemailsend to",
            "add to collections",
            "author",
            "citation",
            "create file",
            "cancel",
            "affiliation",
        ),
        *(
            "affiliations",
            "affiliations expand",
            "affiliation expand",
            "affiliations collapse",
            "expand",
            "collapse",
        ),
        *(
            "item in clipboard",
            "free article",
            "free pmc article",
            "no abstract available",
            "see all similar articles",
        ),
        *("main content", "main navigation", "retracted article", "see the retraction notice", "warning"),
        *("see the expression of concern", "abstract pubmed pmid"),
    )
)
_BEGINNINGS = re.compile(
    r"skip to main|u\.?s\.? flag|an official website of the|here['’]s how you know"
    r"|the \.gov means|federal government websites|the https://|official websites use|a \.gov website belongs"
    r"|secure \.gov websites|a lock \(|share sensitive information only|access keys|nih nlm logo"
    r"|clipboard, search history|pmid: ?\d*|pmcid:|doi: |epub (?:ahead|\d{4})|ecollection \d{4}|print \d{4}"
    r"|online ahead of print|.{3,60} full text link$|free article\.|free pmc article\.",
    re.IGNORECASE,
)

#: Publication types that PubMed prints above the title or lists below (NLM, "Publication
#: Characteristics with Scope Notes", 2024), as it spells them.
_TYPES = {
    name.casefold(): name
    for name in (
        *(
            "Meeting Abstract",
            "Review",
            "Systematic Review",
            "Scoping Review",
            "Meta-Analysis",
            "Network Meta-Analysis",
            "Editorial",
        ),
        *(
            "Clinical Trial",
            "Clinical Trial, Phase I",
            "Clinical Trial, Phase II",
            "Clinical Trial, Phase III",
        ),
        *(
            "Clinical Trial, Phase IV",
            "Randomized Controlled Trial",
            "Controlled Clinical Trial",
            "Clinical Study",
        ),
        *(
            "Pragmatic Clinical Trial",
            "Clinical Trial Protocol",
            "Equivalence Trial",
            "Adaptive Clinical Trial",
        ),
        *(
            "Observational Study",
            "Multicenter Study",
            "Comparative Study",
            "Evaluation Study",
            "Validation Study",
        ),
        *(
            "Twin Study",
            "Case Reports",
            "Comment",
            "Letter",
            "News",
            "Practice Guideline",
            "Guideline",
            "Lecture",
        ),
        *("Consensus Development Conference", "Historical Article", "Biography", "Retracted Publication"),
        *("Retraction of Publication", "Published Erratum", "Expression of Concern", "Preprint", "Congress"),
        *("Introductory Journal Article", "Technical Report", "Dataset", "Address", "Interview", "Portrait"),
        *(
            "Corrected and Republished Article",
            "Duplicate Publication",
            "Journal Article",
            "English Abstract",
        ),
    )
}

#: A page's own words, each worth something, some of them enough to be sure of PubMed.
_TELLTALES: tuple[tuple[str, int], ...] = (
    (r"skip to main page content$", 2),
    (r"official websites use \.gov|an official website of the united states government|u\.?s\.? flag", 1),
    (r"access keys ?ncbi homepage", 3),
    (r"nih nlm logo", 1),
    (r"\.\s+(?:1[89]|20)\d\d\b[^.]*[;:.]", 2),
    (r"[^\W\d][^.]{1,80}\.\s+(?:1[89]|20)\d\d\b[^.]*[;:][^.]*\..*\bdoi:", 1),
    (r"doi: 10\.\d{4,9}/", 1),
    (r"affiliations?(?: expand| collapse)?$", 1),
    (r"pmid: ?\d+\s+(?:pmcid: ?pmc\d+\s+)?doi: ?10\.", 3),
    (r"pmid: ?\d+$", 1),
    (r"abstract$", 1),
    (r"pubmed disclaimer$", 3),
    (r"conflict of interest statement$", 1),
    (r"similar articles$", 1),
    (r"cited by$", 1),
    (r"linkout - more resources", 3),
    (r"see all similar articles$", 2),
    (r"publication types$", 1),
    (r"mesh terms$", 1),
)
_TELLTALE = tuple((re.compile(pattern, re.IGNORECASE), worth) for pattern, worth in _TELLTALES)


def publication_type(printed: str) -> str:
    """``printed`` as PubMed spells that publication type, or ``""`` when it is none."""
    plain = printed.strip()
    if plain.startswith("Research Support, "):
        return plain
    return _TYPES.get(plain.rstrip(".").casefold(), "")


def heading_of(line: str) -> str:
    """The page's own heading that ``line`` is, in small letters, or ``""``."""
    plain = line.casefold().rstrip(":")
    if plain.startswith(("linkout - more", "ncbi literature resources")):
        return "linkout - more resources"
    return plain if plain in _HEADINGS else ""


def is_furniture(line: str) -> bool:
    """Whether ``line`` is part of a menu, a banner, an identifier or a type, not of the article."""
    return line.casefold() in _MENU or bool(_BEGINNINGS.match(line) or publication_type(line))


def telltales(text: str) -> tuple[int, int, int]:
    """How much ``text`` looks like a saved page: points, the highest single one, line of the first."""
    first, found = -1, set()
    for number, line in enumerate(filter(None, (line.strip() for line in text.splitlines()))):
        for place, (pattern, _) in enumerate(_TELLTALE):
            if place not in found and pattern.match(line):
                found.add(place)
                first = number if first < 0 else first
    worth = [_TELLTALE[place][1] for place in found]
    return sum(worth), max(worth, default=0), first
