"""Full-text articles in JATS XML (PubMed Central, publishers; NLM's older tag sets too), plain or gzip'd.

A file holds one ``article`` or, as answers of PMC's services do, several inside a wrapper
(``pmc-articleset``, ``OAI-PMH``). Decision letters, replies and translations printed with a paper
(``sub-article``, ``response``) are documents of their own, linked with it. Streaming: one article is
in memory at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from index.errors import SourceError
from index.records import Document, Failure, Link, Reference, identifiers
from index.registrations import Number, numbers, own_numbers
from index.sources.build import TextBuilder, make_document
from index.sources.decoding import decode_head
from index.sources.formats import root_element
from index.sources.gzipped import head_of, unpacked
from index.sources.jats_body import Body
from index.sources.jats_inline import words
from index.sources.jats_matter import (
    affiliations,
    back,
    front_notes,
    keywords,
    owners,
    reference_sections,
)
from index.sources.jats_record import article_reference, links, meta_of, sub_reference
from index.sources.jats_references import cited_by, reference_list, references
from index.sources.xml_stream import BrokenXML, Element, records

__all__ = ["NAME", "VERSION", "read", "recognises"]

NAME = "jats"
VERSION = "2"

_PAGES = frozenset({"html", "head", "body", "div"})
_FRONT = re.compile(r"<(?:[\w-]+:)?(?:article-meta|journal-meta|front-stub)[\s>/]")
_ARTICLE = re.compile(r"<(?:[\w-]+:)?article[\s>]")
_DTD = re.compile(
    r"//DTD (?:JATS|(?:NLM )?(?:Journal )?(?:Archiving|Publishing|Article Authoring)|ARTICLE SET)"
)
_WRAPPERS = frozenset({"pmc-articleset", "article"})

_PARTS = ("sub-article", "response")

#: What cannot be without a text of its own.
_UNREADABLE = "the article has neither a title nor any text; download it again"


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` is JATS XML, whatever its name."""
    try:
        text = decode_head(head_of(head))
    except SourceError:
        return False
    root = root_element(text).rpartition(":")[2]
    if not root or root.lower() in _PAGES:
        return False
    if root in _WRAPPERS and _DTD.search(text):
        return True
    return _ARTICLE.search(text) is not None and _FRONT.search(text) is not None


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """Every article in the file at ``path``, in order, as a Document or a Failure.

    ``source`` is the SHA-256 of its bytes, ``name`` its name. Where the XML breaks off, the complete
    articles before that are yielded and then a Failure that says how far it got. Raises SourceError
    when there is no whole article, when the XML declares entities, and for a damaged gzip file.
    """
    seen, ordinal = 0, 1
    with unpacked(path) as stream:
        try:
            for article in records(stream, {"article"}, anywhere=True):
                seen += 1
                for item in _documents(article, source=source, name=name, ordinal=ordinal):
                    ordinal += 1
                    yield item
        except BrokenXML as error:
            if not seen:
                raise SourceError(f"the JATS XML is not well formed ({error}); download it again") from error
            so_far = "1 complete article" if seen == 1 else f"{seen} complete articles"
            reason = f"the XML breaks off after {so_far} ({error}); download it again"
            yield Failure(f"{name}#{ordinal}", reason)
            return
    if not seen:
        raise SourceError(
            "the file holds no article; PubMed Central may not give it out: save its page instead"
        )


def _documents(article: Element, *, source: str, name: str, ordinal: int) -> Iterator[Document | Failure]:
    """The article and what is printed with it."""
    try:
        _drop_namespaces(article)
        parts = [part for part in article.iter(*_PARTS)]
        for part in parts:
            part.getparent().remove(part)  # type: ignore[union-attr]  # a part has a parent
        reference = article_reference(article)
        letters = _letters(parts, reference, source=source, name=name, ordinal=ordinal + 1)
        told = [Link(_LINKS.get(kind, "part"), alias, title) for _, kind, alias, title in letters]
        yield _document(article, reference, source=source, ordinal=ordinal, more=tuple(told))
    except (ValueError, RecursionError) as error:
        yield Failure(f"{name}#{ordinal}{_named(article)}", _reason(error))
        return
    for item, *_ in letters:
        yield item


def _reason(error: Exception) -> str:
    deep = "the article's elements are nested too deeply; its text cannot be read"
    return deep if isinstance(error, RecursionError) else str(error)


def _named(article: Element) -> str:
    meta = meta_of(article)
    ids = [words(one) for one in meta.findall("article-id")] if meta is not None else []
    return f" ({ids[0]})" if ids and ids[0] else ""


#: Kinds of parts and what the paper's link to them is called.
_LINKS = {
    "translation": "translation",
    "correction": "erratum",
    "retraction": "retraction",
    "decision-letter": "peer-review",
    "reviewer-report": "peer-review",
    "referee-report": "peer-review",
    "editor-report": "peer-review",
    "aggregated-review-documents": "peer-review",
    "reply": "peer-review",
    "author-comment": "peer-review",
    "response": "peer-review",
}


def _letters(
    parts: list[Element], parent: Reference, *, source: str, name: str, ordinal: int
) -> list[tuple[Document | Failure, str, str, str]]:
    """The documents of the parts printed with a paper: with their kind, alias and title."""
    found: list[tuple[Document | Failure, str, str, str]] = []
    paper = next((one for one in identifiers(parent) if not one.startswith("title:")), "")
    for place, part in enumerate(parts, ordinal):
        kind = part.get("article-type") or part.get("response-type") or part.tag
        try:
            reference = sub_reference(part, parent)
            if reference.doi and reference.doi.casefold() == parent.doi.casefold():
                reference = replace(reference, doi="")
            relation = _LINKS.get(kind, "part")
            link = Link(f"{relation}-of", paper, parent.title)
            item: Document | Failure = _document(part, reference, source=source, ordinal=place, more=(link,))
        except ValueError as error:
            found.append((Failure(f"{name}#{place}", str(error)), kind, "", ""))
            continue
        alias = next((one for one in identifiers(reference) if not one.startswith("title:")), "")
        found.append((item, kind, alias, reference.title))
    return found


def _drop_namespaces(article: Element) -> None:
    for element in article.iter():
        if isinstance(element.tag, str) and "}" in element.tag:
            element.tag = element.tag.rpartition("}")[2]


def _document(
    article: Element, reference: Reference, *, source: str, ordinal: int, more: tuple[Link, ...]
) -> Document:
    meta = meta_of(article)
    if meta is None:
        raise ValueError(_UNREADABLE)
    refs = reference_list(article)
    builder = TextBuilder()
    body = Body(builder, cited_by(refs), owners(meta))
    builder.add("title", reference.title)
    for abstract in [*meta.findall("abstract"), *meta.findall("trans-abstract")]:
        body.abstract(abstract)
    abstracts = len(builder.sections)
    keywords(builder, meta)
    main = article.find("body")
    if main is not None:
        body.content(main, "body", "")
    for floats in [*article.findall("floats-group"), *article.findall("floats-wrap")]:
        for one in floats:
            if isinstance(one.tag, str):
                body.floating(one)
    body.inline_notes()
    for part in article.findall("back"):
        back(body, part)
    front_notes(body, article, meta)
    body.inline_notes()
    if len(builder.sections) == 0:
        raise ValueError(_UNREADABLE)
    trials = _trials(article, builder, abstracts)
    cited = references(refs)
    if cited:
        reference_sections(builder, article, cited)
    affiliations(builder, meta)
    document = make_document(
        builder,
        source=source,
        extractor=f"{NAME}/{VERSION}",
        ordinal=ordinal,
        reference=replace(reference, trials=trials),
        references=cited,
        links=(*links(article), *more),
        notes=() if main is not None or article.tag != "article" else (_NO_BODY,),
    )
    return replace(document, citations=tuple(sorted(body.citations, key=lambda one: one.start)))


_NO_BODY = "the file holds no full text of this article, only its record and abstract"


def _trials(article: Element, builder: TextBuilder, abstracts: int) -> tuple[str, ...]:
    """Registration numbers of this paper's own trial.

    Where they are tagged, and where its text names them (:func:`index.registrations.own_numbers`).
    """
    found: list[Number] = []
    for one in article.iter("related-object", "ext-link", "article-id"):
        kinds = " ".join(one.get(name, "") for name in ("source-type", "ext-link-type", "content-type"))
        if re.search(r"clinical-?trial|trial-?regist|clintrial", kinds, re.IGNORECASE):
            found += numbers(" ".join((one.get("document-id", ""), words(one))))
    found += own_numbers(builder.content, builder.sections, abstracts)
    return tuple(dict.fromkeys(number.text for number in found))
