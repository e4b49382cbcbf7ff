"""PubMed's exports as text and as tables become documents; labels, notices and lines they share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import SourceError
from index.records import Author, Document, Failure, Link
from index.sources import pubmed_csv, pubmed_text, reader_for
from index.sources.abstracts import parts_of, plain_markup
from index.sources.entries import iso_date, person
from index.sources.lines import characters, lines
from index.sources.notices import links_in

ABSTRACTS = """1. Lancet. 2020 May 22:S0140-6736(20)31180-6. doi: 10.1016/S0140-6736(20)31180-6. 
Online ahead of print.

RETRACTED: Salt or sugar with or without a macrolide for 
treatment: a registry analysis.

Mehra MR(1)(2), van der Berg AB 2nd(2); Salt Study Group.

Author information:
(1)Heart and Vascular Center and Harvard Medical 
School, Boston, MA 02115, USA. Electronic address: a@example.org.
(2)Salt Corporation, Chicago, IL, USA.

Retraction in
    Lancet. 2020 Jun 13;395(10240):1820. doi: 10.1016/S0140-6736(20)31324-6.

Comment in
    Lancet. 2020 Jun 6;395(10239):1. doi: 10.1016/S0140-6736(20)31174-0.
    BMJ. 2020 Jul 6;370:m2675. doi: 10.1136/bmj.m2675.

BACKGROUND: Salt, often in combination with a 
second macrolide, is widely used.
METHODS: We did a registry analysis (n=96 032).

Copyright © 2020 Elsevier Ltd. All rights reserved.

DOI: 10.1016/S0140-6736(20)31180-6
PMCID: PMC7255293
PMID: 32450107

Conflict of interest statement: None.


2. Front Neurol. 2024 May 9;15(3):1389-97. doi: 10.3389/fneur.2024.1389697. 
eCollection 2024.

[Salt therapies: a new era].

[Article in Chinese]

Wu L(1), Lu J.

One sentence
of text.

3. not a record, but a numbered paragraph.

PMID: 38784908 [Indexed for MEDLINE]


3. Nature. 2019 Sep;573(7772):15. doi: 10.1038/d41586-019-02556-x.

Ancient worms.

PMID: 31485070
"""  # noqa: W291  # PubMed leaves blanks at line ends


def read(folder: Path, text: str, name: str, reader: object) -> list[Document | Failure]:
    path = folder / name
    path.write_text(text, "utf-8")
    found = reader_for(path, name)
    assert found is reader
    return list(found.read(path, source="0" * 64, name=name))


def test_abstracts_are_read_whole(tmp_path: Path) -> None:
    first, second, third = read(tmp_path, ABSTRACTS, "abstract-salt-set.txt", pubmed_text)
    assert isinstance(first, Document) and isinstance(second, Document) and isinstance(third, Document)
    assert [
        (s.label, first.text.content[s.start : s.end]) for s in first.sections if s.label != "heading"
    ] == [
        ("title", "RETRACTED: Salt or sugar with or without a macrolide for treatment: a registry analysis."),
        ("background", "Salt, often in combination with a second macrolide, is widely used."),
        ("methods", "We did a registry analysis (n=96 032)."),
        ("disclosure", "None."),
    ]
    reference = first.reference
    assert reference.authors == (
        Author("Mehra", "MR"),
        Author("van der Berg 2nd", "AB"),
        Author(literal="Salt Study Group"),
    )
    assert (reference.journal, reference.date, reference.pages) == ("Lancet", "2020-05-22", "")
    told = (reference.doi, reference.pmid, reference.pmcid)
    assert told == ("10.1016/S0140-6736(20)31180-6", "32450107", "PMC7255293")
    assert reference.retraction and reference.retraction.kind == "retracted"
    assert [link.kind for link in first.links] == ["retraction", "comment", "comment"]
    assert second.reference.authors == (Author("Wu", "L"), Author("Lu", "J"))
    assert (second.reference.language, second.reference.pmid) == ("chi", "38784908")
    place = (second.reference.volume, second.reference.issue, second.reference.pages)
    assert place == ("15", "3", "1389-1397")
    assert "3. not a record, but a numbered paragraph." in second.text.content
    assert (third.title, third.reference.authors) == ("Ancient worms", ())


def test_summaries_are_read_whole(tmp_path: Path) -> None:
    text = (
        '1: Wan JCM, White JR, Diaz LA Jr; 23andMe Team. "Hey CIRI, What\'s My Prognosis?" Cell. 2019\n'
        "Jul 25;178(3):518-520. doi: 10.1016/j.cell.2019.07.005. PubMed PMID: 31348884.\n\n\n"
        "2: Unravelling DNA. Nature. 2019 Sep;573(7772):5. doi:\n10.1038/d41586-019-02617-1. "
        "PMID: 31481788;\n"
        "PMCID: PMC7654321.\n"
    )
    first, second = read(tmp_path, text, "summary.txt", pubmed_text)
    assert isinstance(first, Document) and isinstance(second, Document)
    assert first.title == '"Hey CIRI, What\'s My Prognosis?"'
    assert first.reference.authors[2:] == (Author("Diaz Jr", "LA"), Author(literal="23andMe Team"))
    assert (first.reference.journal, first.reference.date) == ("Cell", "2019-07-25")
    assert (second.title, second.reference.authors) == ("Unravelling DNA", ())
    told = (second.reference.doi, second.reference.pmid, second.reference.pmcid)
    assert told == ("10.1038/d41586-019-02617-1", "31481788", "PMC7654321")


def test_todays_and_the_old_table(tmp_path: Path) -> None:
    (today,) = read(
        tmp_path,
        "\ufeffPMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create "
        "Date,PMCID,NIHMS ID,DOI\n"
        '38784908,"Salt: a ""new"" era, in\ncells.","Wu L, van der Berg AB 2nd.","Front Neurol. '
        "2024 May 9;15:1389-97. "
        'doi: 10.3389/a. eCollection 2024.",Wu L,Front '
        "Neurol,2024,2024/05/24,PMC11111935,,10.3389/fneur.2024\n",
        "csv-salt-set.csv",
        pubmed_csv,
    )
    assert isinstance(today, Document)
    assert today.title == 'Salt: a "new" era, in cells'
    assert today.reference.authors == (Author("Wu", "L"), Author("van der Berg 2nd", "AB"))
    assert (today.reference.date, today.reference.pages) == ("2024-05-09", "1389-1397")
    told = (today.reference.doi, today.reference.pmid, today.reference.pmcid)
    assert told == ("10.3389/fneur.2024", "38784908", "PMC11111935")
    (old,) = read(
        tmp_path,
        "Title,URL,Description,Details,ShortDetails,Resource,Type,Identifiers,Db,EntrezUID,Properties\n"
        '"[Salt in cells].","/pubmed/25543385","Nakao S.","Nippon Ganka Gakkai Zasshi. 2014 '
        "Nov;118(11):943-52. "
        'Review. Japanese. ","x","PubMed","citation","PMID:25543385 | '
        'PMCID:PMC4339403","pubmed","25543385","y",\n',
        "pubmed_result.csv",
        pubmed_csv,
    )
    assert isinstance(old, Document)
    assert (old.reference.language, old.reference.publication_types) == ("jpn", ("Review",))
    assert (old.reference.pmid, old.reference.pmcid) == ("25543385", "PMC4339403")


def test_other_tables_and_numbered_texts_are_no_exports(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("PMID,Title\n1,A\n", "utf-8")
    with pytest.raises(SourceError, match="not one of PubMed's"):
        reader_for(path, "a.csv")
    for text in (
        "1. Introduction\n\nIn 2020 we wrote.\n",
        "1: one\n2: two\n",
        "1. A list. 2020 was fine.\n\nPMID is\n",
    ):
        assert not pubmed_text.recognises(text.encode(), ".txt")


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("No abstract available", []),
        ("One. Two.", ["|One. Two."]),
        ("BACKGROUND: A. METHODS: B (C). RESULTS: D.", ["BACKGROUND|A.", "METHODS|B (C).", "RESULTS|D."]),
        ("Intro. METHODS AND FINDINGS: B. FUNDING: C.", ["|Intro.", "METHODS AND FINDINGS|B.", "FUNDING|C."]),
        ("Background: A. Methods: B.", ["Background|A.", "Methods|B."]),
        ("Background: A only.", ["|Background: A only."]),
        ("We asked. Results: three. And so on.", ["|We asked. Results: three. And so on."]),
        ("AimSalt is. MethodsWe did. ResultsIt was.", ["Aim|Salt is.", "Methods|We did.", "Results|It was."]),
        ("Abstract Aim To do. Methods We did. Results It was.",
          ["Aim|To do.", "Methods|We did.", "Results|It was."]),
        ("Background- A. Methods- B.", ["Background|A.", "Methods|B."]),
        ("RESULTS: Of DNA: none. RNA: some. P: 0.05.", ["RESULTS|Of DNA: none. RNA: some. P: 0.05."]),
        ("Results. Results show. Methods are good.", ["|Results. Results show. Methods are good."]),
        ("OBJECTIVE: A.FIGURE 1: B. CONCLUSION: C.", ["OBJECTIVE|A.FIGURE 1: B.", "CONCLUSION|C."]),
    ],
)  # fmt: skip
def test_labels_of_an_abstract(abstract: str, expected: list[str]) -> None:
    assert ["|".join(part) for part in parts_of(abstract)] == expected


@given(
    st.lists(
        st.sampled_from(["BACKGROUND: ", "Methods: ", "one. ", "A ", "\n", "Results ", "(b) ", "C: ", "."])
    )
)
def test_labels_lose_no_word(pieces: list[str]) -> None:
    abstract = "".join(pieces)
    words = " ".join(f"{label} {text}" for label, text in parts_of(abstract))
    letters = [char for char in abstract if char.isalpha()]
    last = abstract.rstrip().rpartition(" ")[2].rstrip(":")
    kept = [char for char in words if char.isalpha()]
    assert letters[: len(kept)] == kept
    # a label with nothing behind it says nothing
    assert len(letters) - len(kept) <= sum(map(str.isalpha, "BACKGROUND Methods Results")) * abstract.count(
        last
    )


def test_markup_goes_and_mathematics_stays() -> None:
    assert (
        plain_markup("p<0.05 &amp; n > 3, <b>x</b><sub>2</sub> a<b>c &alpha; &nothing;")
        == "p<0.05 & n > 3, x2 ac α &nothing;"
    )


def test_notices_in_a_note() -> None:
    erratum = "[Erratum in: J Test. 2020;1:2. PMID: 111]"
    note = f"eng\n{erratum}\nComment in\nLancet. 2021;3:4\n\nA retraction in mice."
    assert links_in(note) == (
        Link("erratum", "pmid:111", "J Test. 2020;1:2."),
        Link("comment", "", "Lancet. 2021;3:4"),
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (("2014//",), (2014, "2014")),
        (("1948/07//",), (1948, "1948-07")),
        (("2015", "May 3"), (2015, "2015-05-03")),
        (("2012", "2013/01/02"), (2012, "2012")),
        (("10 15",), (None, "")),
        (("3 July 2019",), (2019, "2019-07-03")),
        (("2019-13-40",), (2019, "2019")),
    ],
)
def test_dates_of_records(told: tuple[str, ...], expected: tuple[int | None, str]) -> None:
    assert iso_date(*told) == expected


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("Müller, A. B.", Author("Müller", "A. B.")),
        ("Shannon,Claude E.", Author("Shannon", "Claude E.")),
        ("King, Martin Luther, Jr", Author("King Jr", "Martin Luther")),
        ("Mangalam H", Author("Mangalam", "H")),
        ("World Health Organization", Author(literal="World Health Organization")),
        ("朱德泉", Author("朱德泉")),
        (" , ", None),
    ],
)
def test_names_of_records(printed: str, expected: Author | None) -> None:
    assert person(printed) == expected


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0\ufeff"), max_size=8), min_size=1)
)
def test_lines_are_those_of_the_file(tmp_path_factory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("lines") / "a"
    path.write_bytes("".join(f"x{text}\r\n" for text in texts).encode())
    try:
        assert list(lines(path)) == [f"x{text}" for text in texts]
        assert "".join(characters(path)) == "".join(f"x{text}\r\n" for text in texts)
    except SourceError as error:
        assert "binary" in str(error)


def test_a_line_of_100_mb_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.ris"
    with path.open("wb") as stream:
        stream.write(b"TY  - JOUR\nTI  - A\nPY  - 2020\nER  - \nTY  - JOUR\nAB  - ")
        for _ in range(20):
            stream.write(b"x" * 1_000_000)
    with pytest.raises(SourceError, match="longer than 16 million"):
        list(lines(path))
