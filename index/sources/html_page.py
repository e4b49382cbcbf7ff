"""Web pages: articles as publishers and PubMed Central show them, and plain pages with text.

The article's own text without the site's navigation; headings, captions, tables, the reference list and
the places that point into it keep their kind. The record comes from the page's tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from index.errors import SourceError
from index.records import Document, Failure
from index.sources.article_tree import ArticleTree
from index.sources.decoding import decode_head
from index.sources.formats import root_element
from index.sources.html_convert import Converter
from index.sources.html_main import main_part
from index.sources.html_meta import PageRecord, cited_records, page_record, title_of
from index.sources.html_open import Measures, declared, parse, read_bytes
from index.sources.html_references import reference_ids
from index.sources.xml_stream import Element, all_text

__all__ = ["NAME", "VERSION", "read", "recognises"]

NAME = "html"
VERSION = "1"

_ROOTS = frozenset(
    {"html", "head", "body", "div", "p", "span", "table", "main", "article", "section", "meta"}
)
_MARKDOWN = frozenset({".md", ".markdown"})

#: A page of fewer words, that no tags call an article, is no text.
_FEWEST = 40

_GATES = re.compile(
    r"(?:sign|log) ?in (?:to|with|using|required)|enable (?:javascript|cookies)"
    r"|javascript is (?:disabled|required|not enabled)"
    r"|checking your browser|verify(?:ing)? you are (?:a )?human|are you a robot|access denied"
    r"|captcha|page not found|error 40[34]",
    re.IGNORECASE,
)
_RECORD = re.compile(r"[A-Z][\w-]*\s*::=\s*\{")


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` is a web page, whatever its name."""
    try:
        text = decode_head(head)
    except SourceError:
        return False
    start = text.lstrip()
    if start[:2] == "PK" or not start.startswith("<"):
        return False
    page = (
        re.match(r"(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<!doctype html", start, re.IGNORECASE | re.DOTALL)
        is not None
    )
    name = root_element(text).rpartition(":")[2].lower()
    if suffix in _MARKDOWN and name != "html" and not page:
        return False
    if name == "article" and re.search(r"<front\b|DTD JATS|Archiving and Interchange", text):
        return False
    return page or name in _ROOTS


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """The one document in the page at ``path``; ``source`` is the SHA-256 of its bytes, ``name`` its name.

    A page is read whole; one larger than 40 MB is refused. Raises SourceError when the page holds no
    text of substance (a sign-in page, a list of links, a page that a script fills) or is no page.
    """
    root = parse(declared(read_bytes(path)))
    _refuse_record(root)
    told = PageRecord(root)
    reference = page_record(told)
    measures = Measures(root)
    main, parts = main_part(root, measures)
    is_article = told.is_article or parts >= 3
    title = reference.title or title_of(root, main, told)
    tree = ArticleTree()
    cited, entries = reference_ids(main)
    Converter(tree, measures, title=title, cited=cited, entries=entries, is_article=is_article).write(main)
    _refuse_empty(tree, root, measures, is_article=is_article)
    try:
        yield tree.document(
            replace(reference, title=title or name),
            source=source,
            extractor=f"{NAME}/{VERSION}",
            front=is_article,
            tagged=cited_records(told),
        )
    except (ValueError, RecursionError) as error:
        raise SourceError("the page holds no text that can be read; save the article's text alone") from error


def _refuse_record(root: Element) -> None:
    """Refuse a page that prints a record for programs (ASN.1) rather than an article."""
    printed = next(root.iter("pre"), None)
    if printed is not None and _RECORD.search(all_text(printed)[:500]):
        raise SourceError(
            "this page prints a record for programs (ASN.1), not an article;"
            " export the record from PubMed as MEDLINE or XML and add that"
        )


def _refuse_empty(tree: ArticleTree, root: Element, measures: Measures, *, is_article: bool) -> None:
    """Refuse a page without text of substance, with the reason."""
    words = tree.words()
    if words >= (15 if is_article else _FEWEST):
        return
    body = next(root.iter("body"), root)
    shown = " ".join(all_text(body)[:20000].split())
    if _GATES.search(shown):
        reason = "it asks to sign in, for a script or for a check"
    elif measures.density(body) > 0.5 and measures.text.get(body, 0) > 200:
        reason = "it is a list of links"
    else:
        reason = "its text may be filled in by a script after loading"
    raise SourceError(
        f"the page holds no article text ({reason}); open the article in a browser and save the page there,"
        " or add its PDF"
    )
