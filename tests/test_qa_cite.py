"""Citations: exact strings, and that a cut author list is never printed as whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.records import Author, Document, Reference, Text
from index.sources import reader_for
from qa.cite import citation, csl, label, vancouver

AUTHORS = tuple(Author(f"Name{n}", f"Given{n} Middle") for n in range(1, 8))


def test_the_seed_is_cited_as_the_page_allows(seed: Path) -> None:
    (document,) = reader_for(seed, seed.name).read(seed, source="0" * 64, name=seed.name)
    assert isinstance(document, Document)
    cited = citation(document)
    assert cited.label == "Wu et al. 2024"
    assert cited.text == (
        "Wu L, et al. Stem cell therapies: a new era in the treatment of multiple sclerosis. "
        "Front Neurol. 2024;15:1389697. doi:10.3389/fneur.2024.1389697"
    )
    assert cited.authors_complete is False
    assert cited.csl == {
        "id": "doi:10.3389/fneur.2024.1389697",
        "type": "article-journal",
        "title": "Stem cell therapies: a new era in the treatment of multiple sclerosis",
        "author": [{"family": "Wu", "given": "Lei"}, {"literal": "et al."}],
        "container-title": "Front Neurol",
        "issued": {"date-parts": [[2024, 5, 9]]},
        "volume": "15",
        "page": "1389697",
        "DOI": "10.3389/fneur.2024.1389697",
        "URL": "https://doi.org/10.3389/fneur.2024.1389697",
    }
    assert cited.to_dict() == {"text": cited.text, "csl": cited.csl, "authors_complete": False}


def test_of_seven_authors_six_are_printed_and_all_exported() -> None:
    seven = Reference(title="T", authors=AUTHORS, journal="J", year=2020)
    assert (
        vancouver(seven) == "Name1 GM, Name2 GM, Name3 GM, Name4 GM, Name5 GM, Name6 GM, et al. T. J. 2020."
    )
    assert [author["family"] for author in csl(seven)["author"]] == [f"Name{n}" for n in range(1, 8)]
    six = Reference(title="T", authors=AUTHORS[:6], journal="J", year=2020)
    assert vancouver(six) == "Name1 GM, Name2 GM, Name3 GM, Name4 GM, Name5 GM, Name6 GM. T. J. 2020."


@pytest.mark.parametrize(
    ("reference", "printed"),
    [
        (Reference(title="What is MS?", journal="JAMA", year=2022, volume="328", pages="2078"),
         "What is MS? JAMA. 2022;328:2078."),
        (Reference(title="T", journal="J", year=2019, volume="36", issue="3", pages="2977-2990", pmid="7"),
         "T. J. 2019;36(3):2977-90. PMID 7."),
        (Reference(title="T", journal="J", volume="3", pages="99-101", doi="10.1/x(2)"),
         "T. J. 3:99-101. doi:10.1/x(2)"),
        (Reference(title="T", journal="J", year=2019, pages="R67-R99"), "T. J. 2019:R67-R99."),
        (Reference(title="T", journal="J", year=2019, pages="12-12"), "T. J. 2019:12."),
        (Reference(title="T", journal="J"), "T. J."),
        (Reference(title="T", year=2019), "T. 2019."),
        (Reference(title="Fish fauna", authors=(Author("Ding", "R"),), publisher="Example Press", year=1994),
         "Ding R. Fish fauna. Example Press. 1994."),
        (Reference(title="T", authors=(Author(literal="World Example Organization"),), year=2014),
         "World Example Organization. T. 2014."),
        (Reference(title="T", authors=(Author("O'Hara", "Jean-Marie"), Author("de la Cruz", "D-E"))),
         "O'Hara JM, de la Cruz DE. T."),
        (Reference(), ""),
    ],
)  # fmt: skip
def test_what_is_unknown_is_left_out(reference: Reference, printed: str) -> None:
    assert vancouver(reference) == printed


@pytest.mark.parametrize(
    ("authors", "complete", "printed"),
    [
        (0, True, "A long title of many… 2020"),
        (1, True, "Name1 2020"),
        (1, False, "Name1 et al. 2020"),
        (2, True, "Name1 and Name2 2020"),
        (2, False, "Name1 et al. 2020"),
        (3, True, "Name1 et al. 2020"),
    ],
)
def test_the_short_label(authors: int, complete: bool, printed: str) -> None:
    reference = Reference(authors=AUTHORS[:authors], authors_complete=complete, year=2020)
    assert label(reference, "A long title of many words in a row") == printed


def test_a_label_needs_neither_year_nor_authors_nor_title() -> None:
    assert label(Reference(), "Short title") == "Short title"
    assert label(Reference(authors=(Author(literal="The Group"),))) == "The Group"
    assert label(Reference(year=2020)) == "2020"


def test_a_document_without_a_record_is_cited_by_its_own_title() -> None:
    text = Text.of("x", source="0" * 64, extractor="test/1")
    cited = citation(Document("file:1", text, "My notes", Reference()))
    assert (cited.label, cited.text) == ("My notes", "My notes.")
    assert cited.csl == {"id": "file:1", "type": "article-journal", "title": "My notes"}


def test_csl_knows_books_groups_and_partial_dates() -> None:
    book = Reference(
        title="T",
        authors=(Author(literal="The Group"), Author("Lee")),
        date="2019-03",
        publisher="Press",
        pmid="7",
        pmcid="PMC8",
        language="eng",
        publication_types=("Book Chapter",),
    )
    assert csl(book, item_id="pmid:7") == {
        "id": "pmid:7",
        "type": "chapter",
        "title": "T",
        "author": [{"literal": "The Group"}, {"family": "Lee"}],
        "issued": {"date-parts": [[2019, 3]]},
        "publisher": "Press",
        "PMID": "7",
        "PMCID": "PMC8",
        "language": "eng",
    }


@given(st.integers(0, 9), st.booleans(), st.one_of(st.none(), st.integers(1900, 2030)))
def test_a_cut_author_list_is_never_printed_as_whole(count: int, complete: bool, year: int | None) -> None:
    authors = (*AUTHORS, *AUTHORS)[:count]
    reference = Reference(title="T", authors=authors, authors_complete=complete, year=year)
    exported = csl(reference).get("author", [])
    cut = bool(count) and not complete
    assert (exported[-1:] == [{"literal": "et al."}]) is cut
    assert len(exported) == count + cut
    assert ("et al" in vancouver(reference)) is (bool(count) and (cut or count > 6))
    assert not (cut and count == 1 and len(exported) == 1)
