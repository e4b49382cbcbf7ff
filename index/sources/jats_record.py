"""The bibliographic record of a JATS article, and what it says of other papers.

Elements and values: JATS tag library; "PubMed Central Tagging Guidelines" (related articles, article types).
"""

from __future__ import annotations

import re
from dataclasses import replace

from index.records import Link, Reference, Retraction
from index.sources.jats_inline import words
from index.sources.jats_names import HREF, contributors, date, identifier, pages
from index.sources.xml_stream import XML_LANG, Element

__all__ = ["article_reference", "links", "meta_of", "retraction", "sub_reference"]

#: ``article-type`` and PubMed's publication types.
_TYPES: dict[str, tuple[str, ...]] = {
    "research-article": ("Journal Article",),
    "brief-report": ("Journal Article",),
    "rapid-communication": ("Journal Article",),
    "methods-article": ("Journal Article",),
    "data-paper": ("Journal Article", "Dataset"),
    "review-article": ("Journal Article", "Review"),
    "systematic-review": ("Journal Article", "Systematic Review"),
    "meta-analysis": ("Journal Article", "Meta-Analysis"),
    "case-report": ("Journal Article", "Case Reports"),
    "clinical-trial": ("Journal Article", "Clinical Trial"),
    "study-protocol": ("Journal Article", "Clinical Trial Protocol"),
    "protocol": ("Journal Article",),
    "guideline": ("Journal Article", "Guideline"),
    "editorial": ("Editorial",),
    "letter": ("Letter",),
    "article-commentary": ("Comment",),
    "reply": ("Letter", "Comment"),
    "discussion": ("Comment",),
    "correction": ("Published Erratum",),
    "addendum": ("Published Erratum",),
    "corrected-article": ("Journal Article", "Corrected and Republished Article"),
    "retraction": ("Retraction of Publication",),
    "partial-retraction": ("Retraction of Publication",),
    "retracted-article": ("Journal Article", "Retracted Publication"),
    "expression-of-concern": ("Expression of Concern",),
    "news": ("News",),
    "in-brief": ("News",),
    "obituary": ("Biography",),
    "meeting-report": ("Congress",),
    "preprint": ("Preprint",),
}

#: ``related-article-type``: what it is called where PubMed XML says the same.
_RELATED = {
    "corrected-article": "erratum-for",
    "correction": "erratum",
    "correction-forward": "erratum",
    "corrigendum": "erratum",
    "erratum": "erratum",
    "addendum": "erratum",
    "addended-article": "erratum-for",
    "retracted-article": "retraction-of",
    "retraction": "retraction",
    "retraction-forward": "retraction",
    "partial-retraction": "partial-retraction-of",
    "partial-retraction-forward": "partial-retraction",
    "object-of-concern": "expression-of-concern-for",
    "expression-of-concern": "expression-of-concern",
    "concern-forward": "expression-of-concern",
    "expression-of-concern-forward": "expression-of-concern",
    "commentary-article": "comment-on",
    "commentary": "comment",
    "letter": "comment",
    "reply": "comment",
    "updated-article": "update-of",
    "update": "update",
    "preprint": "preprint",
    "companion": "companion",
}

#: Articles that are notices themselves: "retraction" there points to the paper, not to a notice against it.
_NOTICES = frozenset({"retraction", "partial-retraction", "correction", "expression-of-concern", "addendum"})

_TURNED = {
    "retraction": "retraction-of",
    "partial-retraction": "partial-retraction-of",
    "expression-of-concern": "expression-of-concern-for",
    "erratum": "erratum-for",
}

_ORIGIN = "JATS, related-article"
_TITLED = re.compile(r"\W*(?:retracted|withdrawn)(?: article| paper)?\s*(?:[:\]]|[-–—] )", re.IGNORECASE)

#: Two-letter languages and PubMed's three letters for them (ISO 639-2/B).
_LANGUAGES = {
    "en": "eng", "fr": "fre", "de": "ger", "es": "spa", "pt": "por", "it": "ita", "ru": "rus", "zh": "chi",
    "ja": "jpn", "ko": "kor", "pl": "pol", "tr": "tur", "nl": "dut", "cs": "cze", "hu": "hun", "sv": "swe",
    "da": "dan", "no": "nor", "fi": "fin", "uk": "ukr", "ro": "rum", "hr": "hrv", "sr": "srp", "el": "gre",
    "fa": "per", "ar": "ara", "he": "heb",
}  # fmt: skip

#: When a journal's issue appeared comes first, as in PubMed; a repository's release is no publication.
_DATE_ORDER = ("ppub", "epub-ppub", "collection", "epub", "pub", "")
_NO_DATE = frozenset(
    {"pmc-release", "received", "accepted", "rev-recd", "rev-request", "retracted", "corrected"}
)


def meta_of(article: Element) -> Element | None:
    """The ``article-meta`` of an article, or the ``front-stub`` of a part of one."""
    for path in ("front/article-meta", "front-stub", "front"):
        if (found := article.find(path)) is not None:
            return found
    return None


def article_reference(article: Element) -> Reference:
    """The record of an ``article``. Raises ValueError when it has no front."""
    meta = meta_of(article)
    if meta is None:
        raise ValueError("the article has no front matter (title, journal, identifiers); download it again")
    journal = article.find("front/journal-meta")
    authors, complete = contributors(meta)
    year, iso = _published(meta)
    ids = _identifiers(meta)
    title = _title(meta)
    kinds = _types(article)
    keywords, mesh = _keywords(meta)
    reference = Reference(
        title=title,
        authors=authors,
        authors_complete=complete,
        journal=_journal(journal),
        year=year,
        date=iso,
        volume=words(meta.find("volume")),
        issue=words(meta.find("issue")),
        pages=pages(meta),
        publisher=words(journal.find("publisher/publisher-name")) if journal is not None else "",
        doi=ids.get("doi", ""),
        pmid=ids.get("pmid", ""),
        pmcid=ids.get("pmcid", ""),
        url=_url(ids),
        language=_language(article),
        publication_types=kinds,
        keywords=keywords,
        mesh=mesh,
    )
    return replace(reference, retraction=retraction(article, reference))


def sub_reference(part: Element, parent: Reference) -> Reference:
    """The record of a letter, reply or translation printed with a paper: its own, else the paper's."""
    own = article_reference(part)
    kind = part.get("article-type", "").replace("-", " ")
    named = own.title or kind.capitalize() or "Response"
    whole = kind == "translation" and own.title
    return replace(
        own,
        title=named if whole else f"{named}: {parent.title}",
        authors=own.authors or (parent.authors if kind == "translation" else ()),
        journal=parent.journal,
        year=own.year or parent.year,
        date=own.date or parent.date,
        volume=own.volume or parent.volume,
        issue=own.issue or parent.issue,
        publisher=parent.publisher,
        language=own.language or ("" if kind == "translation" else parent.language),
        retraction=None,
    )


def _title(meta: Element) -> str:
    groups = meta.findall("title-group") or [meta]
    for path in ("article-title", "trans-title-group/trans-title", "trans-title", "alt-title"):
        title = words(groups[0].find(path))
        if title:
            below = words(groups[0].find("subtitle")) if path == "article-title" else ""
            closed = title if re.search(r"(?:\b[A-Z]\.){2}$|\.\.$", title) else title.removesuffix(".")
            return f"{closed.rstrip(':')}{'' if closed[-1:] in '?!' else ':'} {below}" if below else closed
    product = meta.find("product")
    return words(product.find("source")) if product is not None else ""


def _journal(journal: Element | None) -> str:
    if journal is None:
        return ""
    for path in (
        "journal-id[@journal-id-type='nlm-ta']",
        "journal-id[@journal-id-type='iso-abbrev']",
        "journal-title-group/abbrev-journal-title",
        "abbrev-journal-title",
        "journal-title-group/journal-title",
        "journal-title",
        "journal-id",
    ):
        if name := words(journal.find(path)):
            return name
    return ""


def _identifiers(meta: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in meta.findall("article-id"):
        field, value = identifier(element.get("pub-id-type", ""), words(element))
        if field:
            found.setdefault(field, value)
    return found


def _url(ids: dict[str, str]) -> str:
    if "pmcid" in ids:
        return f"https://pmc.ncbi.nlm.nih.gov/articles/{ids['pmcid']}/"
    if "pmid" in ids:
        return f"https://pubmed.ncbi.nlm.nih.gov/{ids['pmid']}/"
    return f"https://doi.org/{ids['doi']}" if "doi" in ids else ""


def _published(meta: Element) -> tuple[int | None, str]:
    """Year and date of publication; a year alone is made precise by another date in that year."""
    dates = [one for one in meta.findall("pub-date") if _kind(one) not in _NO_DATE]
    dates.sort(
        key=lambda one: _DATE_ORDER.index(_kind(one)) if _kind(one) in _DATE_ORDER else len(_DATE_ORDER)
    )
    told = [date([one]) for one in dates]
    told = [one for one in told if one[0] is not None]
    if not told:
        return date(
            [*meta.findall("pub-history/event/date"), *meta.findall("history/date[@date-type='accepted']")]
        )
    year, iso = told[0]
    if len(iso) == 4:
        iso = max((one[1] for one in told if one[0] == year), key=len)
    return year, iso


def _kind(element: Element) -> str:
    """The kind of a ``pub-date`` in the words of the older tag sets."""
    kind = (element.get("pub-type") or element.get("date-type") or "").lower()
    printed = element.get("publication-format", "").lower()
    if kind in {"pub", "publication"} and printed in {"print", "ppub"}:
        return "ppub"
    if kind in {"pub", "publication"} and printed in {"electronic", "online", "epub"}:
        return "epub"
    return kind


def _types(article: Element) -> tuple[str, ...]:
    kind = article.get("article-type", "").strip().lower()
    if kind in {"", "other"}:
        return ()
    return _TYPES.get(kind, (kind.replace("-", " ").capitalize(),))


def _language(article: Element) -> str:
    code = article.get(XML_LANG, "").lower().partition("-")[0]
    return _LANGUAGES.get(code, code if len(code) == 3 else "")


def _keywords(meta: Element) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The authors' keywords, and MeSH headings where a group says that it holds those."""
    found: dict[str, None] = {}
    mesh: dict[str, None] = {}
    for group in meta.findall("kwd-group"):
        kind = group.get("kwd-group-type", "").lower()
        if kind.startswith("abbr"):
            continue
        into = mesh if kind == "mesh" else found
        for one in group.iter("kwd", "compound-kwd-part"):
            if name := words(one).strip(" ;,"):
                into[name] = None
    return tuple(found), tuple(mesh)


def _related(article: Element) -> list[tuple[str, str, str]]:
    """Kind, alias and printed words of each related paper."""
    meta = meta_of(article)
    if meta is None:
        return []
    notice = article.get("article-type", "").lower() in _NOTICES
    found = []
    for one in [*meta.findall("related-article"), *article.findall("response/front-stub/related-article")]:
        printed_kind = one.get("related-article-type", "").lower()
        kind = _RELATED.get(printed_kind, printed_kind)
        if notice:
            kind = _TURNED.get(kind, kind)
        target = _alias(one)
        note = words(one) or ("" if target else one.get(HREF, ""))
        if kind:
            found.append((kind, target, note))
    for one in meta.findall("pub-history/event/self-uri[@content-type='preprint']"):
        field, value = identifier("doi", one.get(HREF, ""))
        found.append(
            ("preprint", f"doi:{value.casefold()}" if field else "", "" if field else one.get(HREF, ""))
        )
    return found


def _alias(related: Element) -> str:
    """The alias of the paper a ``related-article`` names."""
    kind = related.get("ext-link-type", "").lower()
    for given, value in (
        (kind, related.get(HREF, "")),
        ("doi", related.get(HREF, "")),
        (kind, words(related)),
    ):
        field, told = identifier(given, value.rpartition("/")[2] if given.startswith("pm") else value)
        if field:
            return f"{field}:{told.casefold() if field == 'doi' else told}"
    return ""


def links(article: Element) -> tuple[Link, ...]:
    """Corrections, retractions, comments, companions and preprints that the front names."""
    return tuple(dict.fromkeys(Link(*one) for one in _related(article)))


def retraction(article: Element, reference: Reference) -> Retraction | None:
    """The notice against the paper that its own front names, or that its title begins with."""
    for kind, verdict in (
        ("retraction", "retracted"),
        ("partial-retraction", "concern"),
        ("expression-of-concern", "concern"),
    ):
        for told, target, note in _related(article):
            if told == kind:
                partly = "partial retraction" if kind.startswith("partial") else ""
                named = target.replace("pmid:", "PMID ").replace("doi:", "doi ").replace("pmcid:", "")
                return Retraction(verdict, "", ", ".join(filter(None, (partly, named or note))), _ORIGIN)
    if "Retracted Publication" in reference.publication_types:
        return Retraction("retracted", origin="JATS, article-type")
    if _TITLED.match(reference.title) and article.get("article-type", "").lower() not in _NOTICES:
        return Retraction("retracted", origin="JATS, title")
    return None
