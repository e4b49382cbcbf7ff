"""One printed reference to its record: a table of invented references, and promises for any string."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.records import Author
from index.sources.vancouver import dated, find_doi, full_pages, parse_citation, place_of, strip_links
from index.sources.vancouver_authors import is_group, western_name

# printed, authors as Vancouver prints them ("+" at the end: cut short), title, journal, year, volume,
# issue, pages, doi
TABLE = [
    (
        "Lamp A. What is a lantern? JAMA. (2022) 328:2078. doi: 10.5555/jama.2022.1",
        "Lamp A|What is a lantern?|JAMA|2022|328||2078|10.5555/jama.2022.1",
    ),
    (
        "Kühn T, Möcca M, et al. . Progress: time to act. Lancet Ex. (2023) 22:78–88."
        " doi: 10.5555/s1474-4422(22)00289-7, PMID: - DOI - PMC - PubMed",
        "Kühn T, Möcca M+|Progress: time to act|Lancet Ex|2023|22||78-88|10.5555/s1474-4422(22)00289-7",
    ),
    (
        "Ahmad Kohs S, Azadi D. Vesicles attenuate something. Sci Ex. (2021) 11:11658.",
        "Ahmad Kohs S, Azadi D|Vesicles attenuate something|Sci Ex|2021|11||11658|",
    ),
    (
        "Pike K. Grafts in cords. J Ex Neurol. 2019 Mar;36(3):2977-90.",
        "Pike K|Grafts in cords|J Ex Neurol|2019|36|3|2977-2990|",
    ),
    ("Pike K. Grafts. J Ex Neurol 2019;36:2977–2990", "Pike K|Grafts|J Ex Neurol|2019|36||2977-2990|"),
    ("Br J Ex. 2004 Feb;91(2):235-43", "|||Br J Ex|2004|91|2|235-243|".replace("|||", "||", 1)),
    (
        "van der Berg AB, O'Hara C, de la Cruz D-E. Names with parts. Ann Ex. 2001;5:1-9.",
        "van der Berg AB, O'Hara C, de la Cruz DE|Names with parts|Ann Ex|2001|5||1-9|",
    ),
    (
        "Smith J Jr, Doe R 3rd. Suffixes matter. Ann Ex. 2001;5:1-9.",
        "Smith Jr J, Doe 3rd R|Suffixes matter|Ann Ex|2001|5||1-9|",
    ),
    (
        "World Example Organization. Global report on examples. Bull Ex. 2014;92:5-6.",
        "World Example Organization|Global report on examples|Bull Ex|2014|92||5-6|",
    ),
    (
        "Roe B; Example Trial Investigators. A trial of lamps. N Engl J Ex. 2010 Jan 7;362(1):1-11.",
        "Roe B, Example Trial Investigators|A trial of lamps|N Engl J Ex|2010|362|1|1-11|",
    ),
    ("Lamps in winter. Lancet. 1999;353:12-3.", "|Lamps in winter|Lancet|1999|353||12-13|"),
    ("Roe B. J Neurol Ex. 1999;353:12-3.", "Roe B||J Neurol Ex|1999|353||12-13|"),
    ("doi: 10.5555/only.a.doi", "|||||||10.5555/only.a.doi"),
    ("https://doi.org/10.5555/(ISSN)1097-4636.", "|||||||10.5555/(ISSN)1097-4636"),
    (
        "Roe B, Lee C. Title of two. Second sentence of it. J. Neurol. Sci. 2000;1:2-3.",
        "Roe B, Lee C|Title of two. Second sentence of it|J. Neurol. Sci.|2000|1||2-3|",
    ),
    (
        "Berg, K. and Frisch, M.E. (1963) A serum type. Acta Pathol. Microbiol. Scand. 59, 369–382"
        " 10.5555/j.1699-0463",
        "Berg K, Frisch ME|A serum type|Acta Pathol. Microbiol. Scand.|1963|59||369-382|10.5555/j.1699-0463",
    ),
    (
        "Nunes FC, Bloch PL. 1974. Culture of bacteria. J Bacteriol 119:736–747. doi:10.5555/jb.119.3.1974",
        "Nunes FC, Bloch PL|Culture of bacteria|J Bacteriol|1974|119||736-747|10.5555/jb.119.3.1974",
    ),
    (
        "Wang P, He G, et al.microbeX: an atlas. Nucleic Acids Res. 2023;51:D1345-D1352.",
        "Wang P, He G+|microbeX: an atlas|Nucleic Acids Res|2023|51||D1345-D1352|",
    ),
    (
        "Devers KJ. How will we know? Beginning the dialogue. Health Ex. 1999 Dec;34(5 Pt 2):1153-88.",
        "Devers KJ|How will we know? Beginning the dialogue|Health Ex|1999|34|5 Pt 2|1153-1188|",
    ),
    (
        "Lee A. Supplements. Dis Ex. 1994;8 Suppl 1:S281-90",
        "Lee A|Supplements|Dis Ex|1994|8 Suppl 1||S281-S290|",
    ),
    (
        "Lee A. Electronic pages. PLoS Ex. 2013;8(2):e58618.",
        "Lee A|Electronic pages|PLoS Ex|2013|8|2|e58618|",
    ),
    ("Lee A. Ahead of print. Nat Ex. 2023:1–17.", "Lee A|Ahead of print|Nat Ex|2023|||1-17|"),
    ("Lee A. No pages yet. J Ex Med. 2021;218", "Lee A|No pages yet|J Ex Med|2021|218|||"),
    ("Lee A. Only a year. Journal of Examples. 2021.", "Lee A|Only a year|Journal of Examples|2021||||"),
    (
        "Lee A. Vitamin D. A review of lamps. Bone Ex. 2020;3:4-5.",
        "Lee A|Vitamin D. A review of lamps|Bone Ex|2020|3||4-5|",
    ),
    (
        "Lee A, Manz MG. IL-1 mediates something. Blood. 2022;139:44–58.",
        "Lee A, Manz MG|IL-1 mediates something|Blood|2022|139||44-58|",
    ),
    (
        "Smith J, Jones B: A colon after authors. BMC Ex 2001, 3:4-5.",
        "Smith J, Jones B|A colon after authors|BMC Ex|2001|3||4-5|",
    ),
    (
        "Lee A. Year at the end. Nature 171, 737–738 (1953).",
        "Lee A|Year at the end|Nature|1953|171||737-738|",
    ),
    (
        "Garcia-Lopez Maria; and Lee Anna. 2014. Given names in full. Language Ex 90(1).58–89.",
        "+|Given names in full|Language Ex|2014|90|1|58-89|",
    ),
    (
        "Sedrak MS, Cohen HJ, et al. A systematic review of lamps CA Ex J Clin 7178–922020",
        "Sedrak MS, Cohen HJ+|||||||",
    ),
    ("[12] Lee A. Bracketed number. Cell. 2020;1:2.", "Lee A|Bracketed number|Cell|2020|1||2|"),
]


@pytest.mark.parametrize(("printed", "expected"), TABLE)
def test_each_piece_of_a_printed_reference_is_told_or_left_empty(printed: str, expected: str) -> None:
    found = parse_citation(printed)
    authors, title, journal, year, volume, issue, pages, doi = expected.split("|")
    names = [author.name for author in found.authors]
    assert (names, found.authors_complete) == (
        [name for name in authors.removesuffix("+").split(", ") if name],
        not authors.endswith("+"),
    )
    assert (found.title, found.journal) == (title, journal)
    assert (str(found.year or ""), found.volume, found.issue) == (year, volume, issue)
    assert (found.pages, found.doi) == (pages, doi)


def test_identifiers_are_read_wherever_they_stand() -> None:
    found = parse_citation("Lee A. Ids. Cell. 2020;1:2. PMID: 31313131; PMCID: PMC4242424.", number=7)
    assert (found.pmid, found.pmcid, found.number, found.title) == ("31313131", "PMC4242424", 7, "Ids")


def test_pmid_followed_by_nothing_is_no_pmid() -> None:
    assert parse_citation("Lee A. Ids. Cell. 2020;1:2. doi: 10.5555/x, PMID:").pmid == ""


def test_a_book_has_a_publisher_and_no_journal() -> None:
    found = parse_citation("Ding R. Fish fauna. Chengdu: Example Press; 1994. pp. 481–484.")
    assert (found.title, found.publisher, found.year) == ("Fish fauna", "Example Press", 1994)
    assert (found.journal, found.pages) == ("", "481-484")


def test_the_date_is_as_exact_as_printed() -> None:
    assert parse_citation("Cell. 2019 Mar 5;1:2").date == "2019-03-05"
    assert parse_citation("Cell. 2019 Mar;1:2").date == "2019-03"
    assert parse_citation("Cell. 2019 Jan-Feb;1:2").date == "2019"
    assert dated("2024 May 9:15:1389697.") == (2024, "2024-05-09")
    assert dated("no date") == (None, "")


@pytest.mark.parametrize(
    ("printed", "full"),
    [
        ("2977–90", "2977-2990"),
        ("123-9", "123-129"),
        ("R67-99", "R67-R99"),
        ("e123-e130", "e123-e130"),
        ("1389697", "1389697"),
        ("99-101", "99-101"),
        ("90-12", "90-12"),
        ("i-iv", "i-iv"),
    ],
)
def test_page_ranges_are_written_out(printed: str, full: str) -> None:
    assert full_pages(printed) == full


def test_dois_keep_their_brackets_and_lose_what_follows() -> None:
    assert find_doi("(doi: 10.5555/s1474(22)00289-7).") == "10.5555/s1474(22)00289-7"
    assert find_doi("doi:10.5555/a<b>") == "10.5555/a"
    assert find_doi("no doi") == ""


def test_place_of_pubmed_s_own_line() -> None:
    place = place_of("2024 May 9:15:1389697.")
    assert place and (place.year, place.volume, place.issue, place.pages) == (2024, "15", "", "1389697")
    place = place_of("2024 May;15(3):123-9.")
    assert place and (place.date, place.volume, place.issue, place.pages) == ("2024-05", "15", "3", "123-129")


def test_names_printed_given_name_first() -> None:
    assert western_name("Lei Wu") == Author(family="Wu", given="Lei")
    assert western_name("Mireille van der Østby") == Author(family="van der Østby", given="Mireille")
    assert western_name("Ping Lee Jr") == Author(family="Lee Jr", given="Ping")
    assert western_name("Example Study Group") == Author(literal="Example Study Group")
    assert not is_group("Effects of a study group on lamps")


@given(st.text(max_size=300))
def test_any_string_gives_a_record(text: str) -> None:
    found = parse_citation(text, number=3)
    assert found.number == 3 and found.printed == strip_links(text)


@given(st.sampled_from([printed for printed, _ in TABLE]), st.integers(0, 150), st.integers(0, 150))
def test_pieces_stand_in_the_printed_entry(printed: str, start: int, end: int) -> None:
    """Nothing is invented: title, journal, volume and DOI are words of the entry."""
    cut = printed[start : len(printed) - end]
    found = parse_citation(cut)
    words = " ".join(cut.split()).replace(" . ", " ")
    for piece in (found.title, found.volume.split("-")[0], found.doi):
        assert piece in words, piece
    assert found.journal.rstrip(".") in words


def test_long_hostile_strings_come_to_an_end() -> None:
    """A pattern that backtracks without end would hang here for hours."""
    for piece in ("Aa-", "van de van de ", "12 Suppl ", "Smith J, ", "2019 ;", "(", "a,", " ", "10.1234/("):
        parse_citation(piece * (2000 // len(piece)) + "x")
