"""MEDLINE (nbib) records become documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.errors import SourceError
from index.records import Author, Document, Failure, Link, Retraction
from index.sources import medline, reader_for

RECORD = """
PMID- 12345
OWN - NLM
STAT- MEDLINE
IS  - 1234-5678 (Print)
VI  - 12
IP  - 3
DP  - 2019 Nov-Dec
TI  - Uptake of salt by cells and a title that goes on in a
      second line.
PG  - 795-813
LID - S0000-0000(19)30001-1 [pii]
LID - 10.1234/Test.5 [doi]
AB  - BACKGROUND: Salt is taken up. It is well-
      known. METHODS AND FINDINGS: We measured (n = 4). We also asked: why? DNA: none.
      CONCLUSIONS: It works.
FAU - Müller-Östner, Anna B Jr
AU  - Müller-Östner AB Jr
AUID- ORCID: 0000-0000-0000-0001
AD  - Somewhere, with - a dash.
FAU - van der Berg, Jan
AU  - van der Berg J
CN  - Salt Study Group
FIR - Nobody, Else
LA  - eng
SI  - ClinicalTrials.gov/NCT01234567
SI  - GENBANK/AB123456
PT  - Journal Article
PT  - Randomized Controlled Trial
DEP - 20190901
TA  - J Test
JT  - Journal of tests
MH  - Adult
MH  - *Stroke/diagnosis/*therapy
OT  - *salt
OT  - cells
PMC - PMC7654321
COIS- None of the authors
      has any.
CIN - J Test. 2020 Jan;13(1):1-2. PMID: 23456
EIN - J Test. 2020 Feb;13(2):99. doi: 10.1234/Test.9.
OAB - Publisher: Les cellules prennent du sel.
OABL- fre
SO  - J Test. 2019 Nov-Dec;12(3):795-813. doi: 10.1234/Test.5.

PMID- 23456
TI  - [A title without an abstract].
TT  - Titre.
AU  - Wu L
AU  - et al.
DP  - 1990
TA  - J Test

PMID- 34567
OWN - NLM
"""


def read(folder: Path, text: str | bytes, name: str = "a.nbib") -> list[Document | Failure]:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert reader_for(path, name) is medline
    return list(medline.read(path, source="0" * 64, name=name))


def parts(found: Document) -> list[tuple[str, str]]:
    return [(s.label, found.text.content[s.start : s.end]) for s in found.sections if s.label != "heading"]


def test_a_record_is_read_whole(tmp_path: Path) -> None:
    first, second, third = read(tmp_path, RECORD)
    assert isinstance(first, Document) and isinstance(second, Document)
    assert parts(first) == [
        ("title", "Uptake of salt by cells and a title that goes on in a second line."),
        ("background", "Salt is taken up. It is well- known."),
        ("methods", "We measured (n = 4). We also asked: why? DNA: none."),
        ("conclusions", "It works."),
        ("abstract", "Les cellules prennent du sel."),
        ("disclosure", "None of the authors has any."),
    ]
    assert first.sections[-2].heading == "Abstract (fre)"
    reference = first.reference
    assert reference.title == "Uptake of salt by cells and a title that goes on in a second line"
    assert reference.authors == (
        Author("Müller-Östner Jr", "Anna B"),
        Author("van der Berg", "Jan"),
        Author(literal="Salt Study Group"),
    )
    assert (reference.journal, reference.year, reference.date) == ("J Test", 2019, "2019-11")
    assert (reference.volume, reference.issue, reference.pages) == ("12", "3", "795-813")
    assert (reference.doi, reference.pmid, reference.pmcid) == ("10.1234/Test.5", "12345", "PMC7654321")
    assert reference.language == "eng"
    assert reference.publication_types == ("Journal Article", "Randomized Controlled Trial")
    assert reference.mesh == ("Adult", "Stroke/diagnosis", "Stroke/therapy")
    assert (reference.keywords, reference.trials) == (("salt", "cells"), ("NCT01234567",))
    assert first.links == (
        Link("comment", "pmid:23456", "J Test. 2020 Jan;13(1):1-2."),
        Link("erratum", "doi:10.1234/test.9", "J Test. 2020 Feb;13(2):99. doi: 10.1234/Test.9."),
    )
    assert second.title == "[A title without an abstract]"
    assert second.reference.authors == (Author("Wu", "L"),)
    assert not second.reference.authors_complete
    assert isinstance(third, Failure)
    assert third.uri == "a.nbib#3 (PMID 34567)"
    assert "neither a title nor an abstract" in third.reason


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("PT  - Retracted Publication", Retraction("retracted", "", "", "medline record, publication type")),
        (
            "RIN - Lancet. 2020 Jun 13;395(10240):1820. PMID: 32511943",
            Retraction(
                "retracted",
                "2020",
                "PMID 32511943, Lancet. 2020 Jun 13;395(10240):1820.",
                "medline record, notice",
            ),
        ),
        (
            "ECI - Lancet. 2020 Jun 13;395(10240):e102. PMID: 32504543",
            Retraction(
                "concern",
                "2020",
                "PMID 32504543, Lancet. 2020 Jun 13;395(10240):e102.",
                "medline record, notice",
            ),
        ),
        ("ROF - Lancet. 2020 May 22;:. PMID: 32450107", None),
        ("EFR - Lancet. 2020 May 22;:. PMID: 32450107", None),
    ],
)
def test_notices_against_a_paper_mark_it_and_those_it_makes_do_not(
    tmp_path: Path, tags: str, expected: Retraction | None
) -> None:
    (found,) = read(tmp_path, f"PMID- 1\nTI  - A paper.\nDP  - 2020\n{tags}\n")
    assert isinstance(found, Document)
    assert found.reference.retraction == expected


def test_a_notice_names_the_paper_it_retracts_as_a_link(tmp_path: Path) -> None:
    (found,) = read(
        tmp_path, "PMID- 1\nTI  - Retraction-X.\nDP  - 2020\nROF - Lancet. 2020. PMID: 32450107\n"
    )
    assert isinstance(found, Document)
    assert found.links == (Link("retraction-of", "pmid:32450107", "Lancet. 2020."),)


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: ("\ufeff" + text).encode("utf-8"),
        lambda text: text.replace("\n", "\r").encode("utf-8"),
        lambda text: text.replace("\n", "\r\n").encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("cp1252"),
    ],
    ids=["mark", "old Mac", "UTF-16", "UTF-16 without a mark", "Windows-1252"],
)
def test_every_encoding_gives_the_same_documents(tmp_path: Path, encode) -> None:
    plain = read(tmp_path, RECORD)
    assert read(tmp_path, encode(RECORD)) == plain


def test_exports_joined_in_two_encodings_are_each_read_in_their_own(tmp_path: Path) -> None:
    accents = "PMID- {}\nTI  - Étude für Mädchen: çà et là, señor.\nFAU - Müller, Jürgen\nDP  - 2020\n\n"
    found = read(tmp_path, accents.format(1).encode() + accents.format(2).encode("cp1252"))
    titles = {one.title for one in found if isinstance(one, Document)}
    assert titles == {"Étude für Mädchen: çà et là, señor"}


@pytest.mark.parametrize(
    "text",
    [
        "PMID numbers are given by PubMed.\nTI\n",
        "A PMID- 1 in a text\n",
        "PMID- 1 alone\n",
        "Notes\n\nPMID- 1\n",
    ],
)
def test_a_text_about_pubmed_is_no_export(text: str) -> None:
    assert not medline.recognises(text.encode(), ".txt")


def test_a_blank_line_inside_a_record_never_joins_two(tmp_path: Path) -> None:
    """What a broken record holds behind the break is named, not given to its neighbour."""
    found = read(
        tmp_path,
        "PMID- 1\nTI  - A paper.\nDP  - 2020\n\nAU  - Wu L\nTA  - J Test\n\nPMID- 2\nTI  - B.\nDP  - 2021\n",
    )
    assert [type(one).__name__ for one in found] == ["Document", "Failure", "Document"]


def test_binary_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"PMID- 1\nTI  - A\n" + b"\0\1\2" * 100)
    with pytest.raises(SourceError, match="binary"):
        list(medline.read(path, source="0" * 64, name="x"))
