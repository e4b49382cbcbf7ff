"""PubMed XML: exports of a search, E-utilities' answers, books, and publishers' deposits, plain or gzip'd.

Roots: ``PubmedArticleSet`` (articles and books), ``PubmedBookArticleSet``, a single ``PubmedArticle``
or ``PubmedBookArticle``, and ``ArticleSet``. Streaming: one record is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from index.errors import SourceError
from index.records import Document, Failure
from index.sources.build import TextBuilder, label_for, make_document
from index.sources.decoding import decode_head
from index.sources.formats import root_element
from index.sources.gzipped import head_of, unpacked
from index.sources.pubmed_links import links, references
from index.sources.pubmed_record import article_reference, book_reference, deposit_reference
from index.sources.xml_stream import BrokenXML, Element, plain, records

__all__ = ["NAME", "VERSION", "read", "recognises"]

NAME = "pubmed-xml"
VERSION = "1"

_ROOTS = frozenset(
    {"PubmedArticleSet", "PubmedBookArticleSet", "PubmedArticle", "PubmedBookArticle", "ArticleSet"}
)

#: A record's element: how to make its bibliographic record, and where its text stands.
_RECORDS = {
    "PubmedArticle": (article_reference, "MedlineCitation/Article", "MedlineCitation"),
    "PubmedBookArticle": (book_reference, "BookDocument", "BookDocument"),
    "Article": (deposit_reference, ".", "."),
}

#: NLM's categories of abstract sections and our labels.
_CATEGORIES = {
    "BACKGROUND": "background",
    "OBJECTIVE": "background",
    "METHODS": "methods",
    "RESULTS": "results",
    "CONCLUSIONS": "conclusions",
}

#: Stands in place of an abstract that the record does not hold.
_PLACEHOLDER = "abstract available from the publisher"


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` is PubMed XML, whatever its name."""
    try:
        return root_element(decode_head(head_of(head))) in _ROOTS
    except SourceError:
        return False


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """Every record in the file at ``path``, in order, as a Document or a Failure.

    ``source`` is the SHA-256 of its bytes, ``name`` its name. Where the XML breaks off, the complete
    records before that are yielded and then a Failure that says how far it got. Raises SourceError
    when there is no record at all, when the XML declares entities, and for a damaged gzip file.
    """
    seen = 0
    with unpacked(path) as stream:
        try:
            for record in records(stream, _RECORDS):
                seen += 1
                yield _document(record, source=source, name=name, ordinal=seen)
        except BrokenXML as error:
            so_far = "1 complete record" if seen == 1 else f"{seen} complete records"
            yield Failure(
                f"{name}#{seen + 1}", f"the XML breaks off after {so_far} ({error}); download it again"
            )
            return
    if not seen:
        raise SourceError("the PubMed XML holds no article; repeat the search or the export")


def _document(record: Element, *, source: str, name: str, ordinal: int) -> Document | Failure:
    make_reference, text_path, citation_path = _RECORDS[record.tag]
    try:
        reference = make_reference(record)
        body, citation = record.find(text_path), record.find(citation_path)
        builder = TextBuilder()
        builder.add("title", _printed_title(body) or reference.title)
        _sections(builder, body, citation)
        if not builder.content:
            raise ValueError("the record has neither a title nor an abstract; look it up in PubMed")
        cited, notes = references(record)
        return make_document(
            builder,
            source=source,
            extractor=f"{NAME}/{VERSION}",
            ordinal=ordinal,
            reference=reference,
            references=cited,
            links=links(record),
            notes=notes,
        )
    except ValueError as error:
        pmid = plain(record.find(f"{citation_path}/PMID"))
        return Failure(f"{name}#{ordinal}" + f" (PMID {pmid})" * bool(pmid), str(error))


def _printed_title(body: Element | None) -> str:
    """The title as it stands in the record, with its full stop and the brackets of a translation."""
    for path in ("ArticleTitle", "VernacularTitle", "Book/BookTitle"):
        title = plain(body.find(path)) if body is not None else ""
        if title and title.strip("[]. ").lower() != "not available":
            return title
    return ""


def _sections(builder: TextBuilder, body: Element | None, citation: Element | None) -> None:
    if body is None or citation is None:
        return
    for abstract in body.findall("Abstract"):
        _abstract(builder, abstract, "Abstract", labels=True)
    others = citation.findall("OtherAbstract") + (
        body.findall("OtherAbstract") if body is not citation else []
    )
    for abstract in others:
        _abstract(builder, abstract, _kind(abstract), labels=False)
    statement = citation.find("CoiStatement")
    if statement is None:
        statement = body.find("CoiStatement")
    builder.add("disclosure", plain(statement), "Conflict of interest statement")


def _kind(abstract: Element) -> str:
    """A heading for an ``OtherAbstract``: ``"Abstract (rus)"``, ``"Plain language summary (eng)"``."""
    kind, language = abstract.get("Type", ""), abstract.get("Language", "")
    named = kind.replace("-", " ").capitalize() if "-" in kind else "Abstract"
    told = [kind if kind.lower() != "publisher" and "-" not in kind else "", language]
    return f"{named} ({', '.join(filter(None, told))})" if any(told) else named


def _abstract(builder: TextBuilder, abstract: Element, heading: str, *, labels: bool) -> None:
    """Add the parts of ``abstract``; ``labels``: give each the label of its category or heading."""
    for part in abstract.findall("AbstractText") or [abstract]:
        text = plain(part)
        if not text or text.rstrip(".").lower() == _PLACEHOLDER:
            continue
        printed = " ".join(part.get("Label", "").split())
        if printed.upper() in {"", "UNLABELLED", "UNLABELED"}:
            builder.add("abstract", text, heading)
            continue
        builder.heading(printed)
        category = _CATEGORIES.get(part.get("NlmCategory", "").upper(), "")
        label = category or label_for(printed, default="abstract")
        builder.add(label if labels else "abstract", text, printed if labels else f"{heading}: {printed}")
