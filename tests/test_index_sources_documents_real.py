"""Real pages, Word documents and e-books, each compared with its file by hand."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from index.errors import SourceError
from index.records import Document
from index.sources import docx, epub, html_page, pdf, reader_for

#: file, title, first author, year, DOI, PMID, entries of the reference list, places that cite
PAGES = [
    ("contentmine__04-00932-fulltext.html",
     "Volatile Metabolite Profiling of Durum Wheat Kernels Contaminated by"
     " Fusarium poae", "Laddomada", 2014, "10.3390/metabo4040932", "", 44, 34),
    ("contentmine__247835-fulltext.html",
     "Effect of Irrigation and Preplant Nitrogen Fertilizer Source on Maize in"
     " the Southern Great Plains", "Bushong", 2014, "10.1155/2014/247835", "", 31, 33),
    ("contentmine__e04407-fulltext.html",
     "Genetic transformation of structural and functional circuitry rewires the"
     " Drosophila brain", "Sen", 2015, "10.7554/eLife.04407", "", 51, 41),
    ("contentmine__fpsyg-05-01582-fulltext.html",
     "Tracking the evolutionary origins of dog-human cooperation: the"
     " “Canine Cooperation Hypothesis”", "Range", 2015, "10.3389/fpsyg.2014.01582", "", 97, 69),
    ("contentmine__journal.pone.0115884-fulltext.html",
     "A Novel Reproductive Mode in Frogs: A New Species of Fanged"
     " Frog with Internal Fertilization and Birth of Tadpoles", "Iskandar",
     2014, "10.1371/journal.pone.0115884", "",
     25, 28),
    ("contentmine__trialsjournal.com_content_15_1_511-fulltext.html",
     "A core outcome set for clinical trials on"
     " non-specific low back pain: study protocol for the development of a core domain set", "Chiarotto",
     2014,
     "10.1186/1745-6215-15-511", "25540987", 38, 55),
]  # fmt: skip

#: file, title, first author, year
OTHERS = [
    ("docx/docling-project__Strict.docx", "docling-project__Strict.docx", "", None),
    ("docx/docling-project__docx_comments.docx", "Document with Comments", "", None),
    ("docx/docling-project__docx_lists.docx", "Test Document", "", None),
    ("docx/docling-project__textbox.docx",
     "Chiayi County Shuishang Township Nanjing Elementary School Affiliated"
     " Kindergarten", "", None),
    ("docx/docling-project__unit_test_headers_numbered.docx", "Test Document", "", None),
    ("docx/docling-project__word_sample.docx", "Swimming in the lake", "Duck", None),
    ("docx/elifesciences__minimal-office-open.docx", "Minimal Example", "", None),
    ("docx/future-house__dummy.docx", "Integration of AI Agents and RAG", "", None),
    ("docx/future-house__dummy_jap.docx", "AIエージェントとRAGの統合", "", None),
    ("docx/hembabu78github__Independent_Claim_Verification_Annotation_Protocol_V1.0.docx",
     "Independent Claim Verification Annotation Protocol", "", None),
    ("epub/docling-project__epub_purvis_poetry.epub", "Poetry", "Purvis", 2023),
    ("epub/jgm__features.epub", "EPUBTEST 0100 - Reflowable Content Tests", "Gylling", None),
    ("epub/jgm__formatting.epub", "EPUBTEST 0101 - Styling Tests", "Gylling", None),
    ("epub/jgm__wasteland.epub", "The Waste Land", "Eliot", 2011),
]  # fmt: skip


def read(path: Path) -> Document:
    reader = reader_for(path, path.name)
    assert reader in {html_page, docx, epub, pdf}
    (document,) = reader.read(path, source="0" * 64, name=path.name)
    assert isinstance(document, Document)
    return document


@pytest.mark.parametrize("told", PAGES, ids=lambda told: told[0])
def test_a_real_article_page_has_its_record_and_its_references(shared: Path, told: tuple[str, ...]) -> None:
    name, title, author, year, doi, pmid, entries, places = told
    document = read(shared / "files" / "html" / name)
    record = document.reference
    assert (record.title, record.authors[0].family, record.year) == (title, author, year)
    assert (record.doi, record.pmid) == (doi, pmid)
    assert len(document.references) == entries
    assert len(document.citations) == places
    labels = {section.label for section in document.sections}
    assert {"background", "references"} <= labels
    content = document.text.content
    for word in ("Google Scholar", "Download figure", "Share this", "Log in", "cookies", "PowerPoint"):
        assert word not in content


@pytest.mark.parametrize("told", OTHERS, ids=lambda told: str(told[0]))
def test_a_real_document_or_book_has_its_title_author_and_year(shared: Path, told: tuple[str, ...]) -> None:
    name, title, author, year = told
    record = read(shared / "files" / name).reference
    first = record.authors[0] if record.authors else None
    assert (record.title, (first.family or first.literal) if first else "") == (title, author)
    assert record.year == year


def test_a_record_printed_for_programs_is_refused(shared: Path) -> None:
    path = shared / "files" / "html" / "biopython__pubmed3.html"
    with pytest.raises(SourceError, match="record for programs"):
        list(html_page.read(path, source="0" * 64, name=path.name))


#: Tables are pictures or links on two of these pages, so that only their PDFs hold them.
_APART = frozenset(
    {"references", "affiliations", "licence", "keywords", "heading", "title", "table", "front"}
)


def words(document: Document) -> Counter[str]:
    found: Counter[str] = Counter()
    for section in document.sections:
        if section.label not in _APART:
            found.update(re.findall(r"\w+", document.text.content[section.start : section.end].casefold()))
    return found


@pytest.mark.parametrize(
    "stem",
    [
        "contentmine__04-00932-fulltext",
        "contentmine__journal.pone.0115884-fulltext",
        "contentmine__trialsjournal.com_content_15_1_511-fulltext",
    ],
)
def test_a_page_and_the_pdf_of_its_article_tell_the_same(shared: Path, stem: str) -> None:
    page = words(read(shared / "files" / "html" / f"{stem}.html"))
    paper = words(read(shared / "files" / "pdf" / f"{stem}.pdf"))
    both = sum((page & paper).values())
    assert both / sum(page.values()) > 0.97
    assert both / sum(paper.values()) > 0.96
