"""RIS records become documents, whoever wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.records import Author, Document, Failure, Link, Retraction
from index.sources import reader_for, ris


def read(folder: Path, text: str) -> list[Document | Failure]:
    path = folder / "a.ris"
    path.write_text(text, "utf-8", newline="")
    assert reader_for(path, "a.txt") is ris
    return list(ris.read(path, source="0" * 64, name="a.ris"))


def one(folder: Path, text: str) -> Document:
    (found,) = read(folder, text)
    assert isinstance(found, Document), found
    return found


def test_scopus(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        "TY  - JOUR\nTI  - Salt in cells\nT2  - Journal of Salt\nJ2  - J. Salt\nVL  - 16\nIS  - "
        "3\nC7  - 1254\n"
        "PY  - 2018\nDO  - 10.1234/aeee\nAU  - Vaimann, T.\nAU  - de la Cruz, M.\nAB  - Salt "
        "matters. © 2018\n"
        "KW  - salt\nKW  - cells\nN1  - Export Date: 12 May 2022; Cited By: 9\nM3  - Review\nDB  - Scopus\n"
        "C2  - 30301458\nLA  - English\nUR  - https://www.scopus.com/inward/record.uri?eid=2-s2.0-1\nER  -\n",
    )
    reference = found.reference
    assert reference.authors == (Author("Vaimann", "T."), Author("de la Cruz", "M."))
    assert (reference.journal, reference.year, reference.pages) == ("Journal of Salt", 2018, "1254")
    assert (reference.doi, reference.pmid, reference.language) == ("10.1234/aeee", "30301458", "eng")
    assert reference.publication_types == ("Journal Article", "Review")
    assert reference.keywords == ("salt", "cells")


def test_endnote_from_pubmed(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        "TY  - JOUR\nAB  - BACKGROUND: One. METHODS: Two. RESULTS: Three.\nAN  - 21553931\nAU  - Wu, L.\n"
        "DA  - Jun 3\nDP  - NLM\nET  - 2011/05/11\nKW  - Humans\n*Stroke/diagnosis/*therapy\nLA  - eng\n"
        "N1  - 1179-1926\nWu, Lei\nJournal Article\nMulticenter Study\nSwitzerland\n"
        "Comment in: Lancet. 2012;1:2. PMID: 99999\nPY  - 2011\nSP  - 349-69\nT2  - Clin Test\nTI  - Salt.\n"
        "VL  - 50\nID  - 369\nER  - \n",
    )
    reference = found.reference
    assert reference.pmid == "21553931"
    assert (reference.date, reference.pages) == ("2011-06-03", "349-369")
    assert reference.mesh == ("Humans", "Stroke/diagnosis", "Stroke/therapy")
    assert reference.publication_types == ("Journal Article", "Multicenter Study")
    assert found.links == (Link("comment", "pmid:99999", "Lancet. 2012;1:2."),)
    assert [s.label for s in found.sections if s.label != "heading"] == [
        "title",
        "background",
        "methods",
        "results",
    ]


def test_ovid_numbers_its_records_and_lists_what_they_cite(tmp_path: Path) -> None:
    cited = "".join(
        f"M1  - Kendall, P.C. (199{n}). Treating anxiety disorders in children: results. J Test, "
        f"62(1), 100-110"
        f" https://pubmed.ncbi.nlm.nih.gov/8034812{n}\n"
        for n in range(4)
    )
    found = one(
        tmp_path,
        "2. \nTY  - JOUR\nDB  - APA PsycInfo <2021>\nID  - 2021-94054-001\nDO  - "
        "https://dx.doi.org/10.1186/s1\n"
        "T1  - Salt and children.\nA1  - Keefer, Amy\nY1  - 2021//\nN2  - Background: One. Methods: Two.\n"
        f"KW  - *Salt\n{cited}ER  - \n",
    )
    assert (found.reference.title, found.reference.year, found.reference.pmid) == (
        "Salt and children",
        2021,
        "",
    )
    assert found.reference.doi == "10.1186/s1"
    assert found.reference.keywords == ("Salt",)
    assert [cited.year for cited in found.references] == [1990, 1991, 1992, 1993]


def test_zotero_and_web_of_science(tmp_path: Path) -> None:
    zotero, science = read(
        tmp_path,
        "TY  - JOUR\nTI  - Salt <i>in vivo</i> &amp; more\nAU  - Wu, Lei\nAU  - WHO Study "
        "Group\nT2  - J Test\n"
        "DA  - 2024/05/09/\nPY  - 2024\nDO  - 10.1234/a\nSP  - 1\nEP  - 9\nC2  - PMC123456\n"
        "N1  - PMID: 38784908\nUR  - https://example.org/a\nER  - \n\n\n"
        "TY  - JOUR\nAU  - Wu, L\nTI  - Salt of the earth\nT2  - JOURNAL OF TESTS\nSN  - "
        "1234-5678\nDA  - JUN\n"
        "PY  - 2015\nVL  - 9\nIS  - 2\nSP  - 11\nEP  - 20\nDO  - 10.1234/b\nAN  - "
        "WOS:000263918900029\nER  - \n",
    )
    assert isinstance(zotero, Document) and isinstance(science, Document)
    assert zotero.title == "Salt in vivo & more"
    assert zotero.reference.authors == (Author("Wu", "Lei"), Author(literal="WHO Study Group"))
    assert (zotero.reference.date, zotero.reference.pages) == ("2024-05-09", "1-9")
    assert (zotero.reference.pmid, zotero.reference.pmcid) == ("38784908", "PMC123456")
    assert (science.reference.date, science.reference.pmid) == ("2015-06", "")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("TI  - RETRACTED: Salt in cells", Retraction("retracted", "", "", "ris record, title")),
        ("TI  - [Retracted] Salt in cells", Retraction("retracted", "", "", "ris record, title")),
        (
            "TI  - Salt in cells (Retracted article. See vol. 12, pg. 34, 2020)",
            Retraction("retracted", "", "", "ris record, title"),
        ),
        (
            "TI  - Salt in cells\nM3  - Retracted Publication",
            Retraction("retracted", "", "", "ris record, publication type"),
        ),
        (
            "TI  - Salt in cells\nN1  - eng\nRetraction in: J Test. 2021;5(1):9",
            Retraction("retracted", "2021", "J Test. 2021;5(1):9", "ris record, notice"),
        ),
        (
            "TI  - EXPRESSION OF CONCERN: Salt in cells\nAB  - Salt is taken up by cells.",
            Retraction("concern", "", "", "ris record, title"),
        ),
        ("TI  - Expression of concern: Salt in cells", None),
        ("TI  - Retraction notice to: Salt in cells", None),
        ("TI  - Retraction of salt by cells in the retracted muscle", None),
    ],
)  # fmt: skip
def test_retractions_and_concerns(tmp_path: Path, line: str, expected: Retraction | None) -> None:
    found = one(tmp_path, f"TY  - JOUR\n{line}\nAU  - Wu, L\nPY  - 2020\nER  - \n")
    assert found.reference.retraction == expected


def test_a_notice_has_the_type_of_one(tmp_path: Path) -> None:
    erratum = one(tmp_path, "TY  - JOUR\nTI  - Erratum to: Salt in cells\nPY  - 2020\nER  - \n")
    assert erratum.reference.publication_types == ("Journal Article", "Published Erratum")


def test_single_blanks_missing_ends_and_what_looks_like_a_tag(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "TY - JOUR\nTI - One\nPY - 2020\nAB - A text that\nIL  6 - is measured in\nends.\n\n"
        "TY - JOUR\nTI - Two\nPY - 2021\nER -\nsome junk\nTY - CHAP\nTI - A chapter\nT2 - The "
        "book\nPY - 2022",
    )
    titles = [(one.title, one.reference.year) for one in found if isinstance(one, Document)]
    assert titles == [("One", 2020), ("Two", 2021), ("A chapter", 2022)]
    assert isinstance(found[0], Document)
    assert "IL 6 - is measured in ends." in found[0].text.content
    assert isinstance(found[2], Document) and found[2].reference.journal == "The book"


def test_a_record_that_cannot_be_told_is_a_failure(tmp_path: Path) -> None:
    found = read(tmp_path, "TY  - JOUR\nTI  - Salt\nER  - \nTY  - JOUR\nAU  - Wu, L\nPY  - 2020\nER  - \n")
    assert [type(one).__name__ for one in found] == ["Failure", "Failure"]
    assert isinstance(found[0], Failure) and "no author, year or identifier" in found[0].reason
    assert found[1].uri == "a.ris#2"  # type: ignore[union-attr]


def test_truncated_author_lists_say_so(tmp_path: Path) -> None:
    found = one(tmp_path, "TY  - JOUR\nTI  - Salt\nAU  - Wu, L\nAU  - et al.\nPY  - 2020\nER  - \n")
    assert (found.reference.authors, found.reference.authors_complete) == ((Author("Wu", "L"),), False)


@pytest.mark.parametrize(
    "text",
    [
        "# RIS\n\nTY  - JOUR\nTI  - A\nER  -\n",
        "How RIS looks:\nTY  - JOUR\nthe type\n",
        "TY - a Welsh word for a house\n",
        "TY  - JOUR\n",
    ],
)
def test_a_text_about_ris_is_none(text: str) -> None:
    assert not ris.recognises(text.encode(), ".txt")
