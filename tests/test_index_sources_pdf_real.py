"""Real PDFs beside the checkout: records checked by hand against the printed first pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from index.boxes import boxes
from index.errors import SourceError
from index.records import Document
from index.sources import reader_for
from index.sources.pdf_ahead import digest


@cache
def read(path: Path) -> Document:
    (document,) = reader_for(path, path.name).read(path, source=digest(path), name=path.name)
    assert isinstance(document, Document)
    return document


#: File, how its title begins, first and last author, how many, year, DOI, volume, entries of its list.
RECORDS = [
    ("agentanalytics-tech__s41392-024-01931-z", "Glucagon-like peptide-1 receptor: mechanisms and advances",
     "Zheng Z", "Gao J", 7, 2024, "10.1038/s41392-024-01931-z", "9", 527),
    ("ceon__example1", "Stressful life events are not associated with the development of dementia",
     "Sundström A", "Nilsson LG", 4, 2014, "10.1017/S1041610213001804", "26", 26),
    ("ceon__example2", "Understanding the barriers to setting up a healthcare quality improvement process",
     "Agyeman-Duah JNA", "Neuhann F", 5, 2014, "10.1186/1472-6963-14-1", "14", 31),
    ("ceon__test1", "Complications related to deep venous thrombosis prophylaxis in trauma",
     "Datta I", "Kortbeek JB", 5, 2010, "10.1186/1752-2897-4-1", "4", 79),
    ("ceon__test2", "Patient Experiences of Structured Heart Failure Programmes",
     "Tully NE", "McGee HM", 4, 2010, "10.1155/2010/157939", "", 17),
    ("contentmine__04-00932-fulltext", "Volatile Metabolite Profiling of Durum Wheat Kernels",
     "Laddomada B", "Logrieco AF", 7, 2014, "10.3390/metabo4040932", "4", 44),
    ("contentmine__PMC4417228-fulltext", "Landscape ethnoecological knowledge base and management",
     "Molnár Z", "Biró M", 4, 2015, "10.1186/1746-4269-11-3", "11", 68),
    ("contentmine__journal.pone.0115884-fulltext", "A Novel Reproductive Mode in Frogs: A New Species",
     "Iskandar DT", "McGuire JA", 3, 2014, "10.1371/journal.pone.0115884", "9", 25),
    ("contentmine__trialsjournal.com_content_15_1_511-fulltext", "A core outcome set for clinical trials",
     "Chiarotto A", "Ostelo RW", 19, 2014, "10.1186/1745-6215-15-511", "15", 38),
    ("petermr__0049149", "The Single T65S Mutation Generates Brighter Cyan Fluorescent Proteins",
     "Fredj A", "Merola F", 12, 2012, "10.1371/journal.pone.0049149", "7", None),
    ("petermr__1129-2377-14-93", "The calcitonin gene-related peptide receptor antagonist MK-8825",
     "Feistel S", "Messlinger K", 3, 2013, "10.1186/1129-2377-14-93", "14", 62),
    ("petermr__BMCBioinfLin2009", "Is searching full text more effective than searching abstracts?",
     "Lin J", "Lin J", 1, 2009, "10.1186/1471-2105-10-46", "10", 48),
    ("petermr__tree-1471-2148-11-313", "Evolution of ultraviolet vision in the largest avian radiation",
     "Ödeen A", "Alström P", 3, 2011, "10.1186/1471-2148-11-313", "11", None),
]  # fmt: skip


@pytest.mark.parametrize("expected", RECORDS, ids=lambda row: row[0])
def test_record(shared: Path, expected: tuple[str, str, str, str, int, int, str, str, int | None]) -> None:
    stem, title, first, last, authors, year, doi, volume, entries = expected
    document = read(shared / "files" / "pdf" / f"{stem}.pdf")
    reference = document.reference
    assert reference.title.startswith(title)
    assert (reference.authors[0].name, reference.authors[-1].name) == (first, last)
    assert len(reference.authors) == authors
    assert (reference.year, reference.doi.lower(), reference.volume) == (year, doi.lower(), volume)
    if entries is not None:
        assert [r.number for r in document.references] == list(range(1, entries + 1))


@pytest.mark.parametrize(
    ("stem", "reason"),
    [
        ("docling-project__ocr_test", "scan"),
        ("opendatalab__small_ocr", "scan"),
        ("pdfminer__pdf-with-jbig2", "scan"),
        ("jsvine__malformed-from-issue-932", "scan"),
        ("jsvine__empty", "empty"),
        ("ropensci__pdf-example-password.original", "locked with a password"),
    ],
)
def test_what_cannot_be_read(shared: Path, stem: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        read(shared / "files" / "pdf" / f"{stem}.pdf")


SENTENCES = {
    "ceon__example1": "A total of 16.1% of the dementia group reported no life events, compared with 12.7%"
    " in the without dementia group.",
    "contentmine__PMC4417228-fulltext": "Physical punishment, arrest, decimation, payment in kind and being"
    " banned from the use of the ecosystem service occurred rarely.",
    "contentmine__trialsjournal.com_content_15_1_511-fulltext": "A Delphi technique was used in this study,"
    " as in some other COS efforts [26].",
}


@pytest.mark.parametrize(("stem", "sentence"), SENTENCES.items(), ids=list(SENTENCES))
def test_sentences_over_lines_and_columns(shared: Path, stem: str, sentence: str) -> None:
    assert sentence in read(shared / "files" / "pdf" / f"{stem}.pdf").text.content


def test_signs_that_a_font_calls_digits(shared: Path) -> None:
    content = read(shared / "files" / "pdf" / "contentmine__journal.pone.0115884-fulltext.pdf").text.content
    assert "(n=30)" in content.replace(" ", "")
    assert "n530" not in content


def test_labels_of_a_paper(shared: Path) -> None:
    document = read(shared / "files" / "pdf" / "contentmine__trialsjournal.com_content_15_1_511-fulltext.pdf")
    labels = [s.label for s in document.sections]
    for label in (
        "title",
        "background",
        "methods",
        "discussion",
        "disclosure",
        "abbreviations",
        "references",
    ):
        assert label in labels
    assert document.reference.keywords[:2] == ("Non-specific low back pain", "Core outcome set")
    tables = [document.text.content[s.start : s.end] for s in document.sections if s.label == "table"]
    assert [table[:7] for table in tables] == ["Table 1", "Table 2"]


def test_citations_name_their_entries(shared: Path) -> None:
    document = read(shared / "files" / "pdf" / "ceon__example1.pdf")
    cited = {document.text.content[c.start : c.end]: c.reference_numbers for c in document.citations}
    (number,) = cited["(Baumeister et al., 2001)"]
    assert document.references[number - 1].printed.startswith("Baumeister")


def test_boxes_lie_on_their_pages(shared: Path) -> None:
    document = read(shared / "files" / "pdf" / "ceon__test2.pdf")
    at = document.text.content.index("The combined effects of an ageing population")
    first, *_ = boxes(document.boxes, at, at + 60)
    assert first.number == 1
    assert 50 < first.x0 < 80
    assert 180 < first.y0 < 300  # under the abstract, in the left column
