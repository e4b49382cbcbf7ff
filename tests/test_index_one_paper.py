"""The same paper from several exports is one document; papers that only look alike stay apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.encoders import HashingEncoder
from index.identity import same_paper
from index.library import Library
from index.records import Document, Reference

TITLE = "Uptake of salt by cells in the retina of adult zebrafish"
NBIB = f"""PMID- 31234567
OWN - NLM
VI  - 12
DP  - 2019 May 3
TI  - {TITLE}.
PG  - 795-813
AB  - BACKGROUND: Salt is taken up. RESULTS: Four cells in five took it up within an hour.
FAU - Nógrádi, Antal
AU  - Nógrádi A
FAU - Wu, Lei
AU  - Wu L
LA  - eng
PT  - Journal Article
TA  - J Test
MH  - Zebrafish
"""
RIS = f"""TY  - JOUR
AU  - Nógrádi, A.
AU  - Wu, L.
TI  - {TITLE}
T2  - Journal of Tests
DO  - 10.1234/Test.5
PY  - 2019
SP  - 795
EP  - 813
VL  - 12
IS  - 3
KW  - salt
N1  - PMID: 31234567
ER  - 
"""  # noqa: W291  # RIS ends its records with a blank
BIB = f"""@article{{nogradi2019,
  author = {{N{{\\'o}}gr{{\\'a}}di, Antal and others}},
  title = {{{{{TITLE.replace("retina", "{retina}")}}}}},
  journal = {{J. Test.}}, year = {{2019}}, volume = {{12}}, pages = {{795--813}}, publisher = {{Test Press}},
}}
"""
CSL = json.dumps([
    {
        "id": "x",
        "type": "article-journal",
        "title": TITLE,
        "DOI": "10.1234/test.5",
        "PMCID": "PMC7654321",
        "author": [{"family": "Nógrádi", "given": "Antal"}, {"family": "Wu", "given": "Lei"}],
        "issued": {"date-parts": [[2019, 5, 3]]},
    }
])  # fmt: skip
XML = f"""<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>31234567</PMID><Article><Journal>
<JournalIssue><Volume>12</Volume><PubDate><Year>2019</Year></PubDate></JournalIssue></Journal>
<ArticleTitle>{TITLE}.</ArticleTitle><AuthorList CompleteYN="Y"><Author><LastName>Nógrádi</LastName>
<ForeName>Antal</ForeName></Author><Author><LastName>Wu</LastName><ForeName>Lei</ForeName></Author>
</AuthorList>
<PublicationTypeList><PublicationType>Comparative Study</PublicationType></PublicationTypeList></Article>
<MedlineJournalInfo><MedlineTA>J Test</MedlineTA></MedlineJournalInfo></MedlineCitation></PubmedArticle>
</PubmedArticleSet>"""
ALL = {"a.nbib": NBIB, "b.ris": RIS, "c.bib": BIB, "d.json": CSL, "e.xml": XML}


@pytest.fixture
def add(tmp_path: Path):
    """Adds files, by name, to one library in the order given and returns its documents."""
    folder = tmp_path / "files"
    folder.mkdir()

    def added(files: dict[str, str]) -> list[Document]:
        with Library.create(tmp_path / "library", encoder=HashingEncoder(64), reader="none") as library:
            for name, text in files.items():
                (folder / name).write_text(text, "utf-8")
                report = library.add(folder / name)
                assert not report.failed
            return [library.document(document.id) for document in library.documents()]

    return added


@pytest.mark.parametrize(
    "order", [list(ALL), list(ALL)[::-1], ["c.bib", "e.xml", "b.ris", "a.nbib", "d.json"]]
)
def test_five_exports_of_one_paper_are_one_document(add, order: list[str]) -> None:
    (document,) = add({name: ALL[name] for name in order})
    reference = document.reference
    assert (reference.pmid, reference.doi.casefold(), reference.pmcid) == (
        "31234567",
        "10.1234/test.5",
        "PMC7654321",
    )
    assert (reference.year, reference.date, reference.volume, reference.issue) == (
        2019,
        "2019-05-03",
        "12",
        "3",
    )
    assert (reference.pages, reference.publisher) == ("795-813", "Test Press")
    assert [author.family for author in reference.authors] == ["Nógrádi", "Wu"]
    assert reference.authors_complete
    assert reference.mesh == ("Zebrafish",)
    assert reference.keywords == ("salt",)
    assert set(reference.publication_types) == {"Journal Article", "Comparative Study"}
    assert "Four cells in five took it up within an hour." in document.text.content


def test_a_folder_of_them_is_one_document(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in ALL.items():
        (folder / name).write_text(text, "utf-8")
    with Library.create(tmp_path / "library", encoder=HashingEncoder(64), reader="none") as library:
        report = library.add(folder)
        assert (len(report.added), len(report.merged), len(report.failed)) == (1, 4, 0)
        assert [document.title for document in library.documents()] == [TITLE]


def ris(title: str, *lines: str, year: int = 2019, author: str = "Nógrádi, A.") -> str:
    more = "".join(f"{line}\n" for line in lines)
    return f"TY  - JOUR\nAU  - {author}\nTI  - {title}\nPY  - {year}\n{more}ER  - \n"


@pytest.mark.parametrize(
    "pair",
    [
        (ris(TITLE, "DO  - 10.1234/a"), ris(f"Erratum to: {TITLE}", "DO  - 10.1234/b")),
        (ris(TITLE), ris(f"Correction: {TITLE}")),
        (ris(TITLE), ris(TITLE, "M3  - Published Erratum")),
        (ris(f"{TITLE}. Part I: young"), ris(f"{TITLE}. Part II: old")),
        (ris(f"{TITLE} I"), ris(f"{TITLE} II")),
        (ris(TITLE, year=2018), ris(TITLE, year=2019)),
        (ris(TITLE), ris(TITLE, author="Wu, L.")),
        (ris(TITLE, "JF  - bioRxiv", "DO  - 10.1101/1"), ris(TITLE, "JF  - J Test", "DO  - 10.1234/a")),
        (ris(TITLE, "JF  - bioRxiv"), ris(TITLE, "JF  - J Test", "DO  - 10.1234/a")),
        (ris(TITLE, "JF  - bioRxiv", "DO  - 10.1101/1"), ris(TITLE, "JF  - J Test")),
        (
            ris(TITLE, "JF  - BMJ", "VL  - 372", "SP  - n71"),
            ris(TITLE, "JF  - PLoS Med", "VL  - 18", "SP  - e3"),
        ),
        (ris(TITLE, "AN  - 1111111", "DB  - PubMed"), ris(TITLE, "AN  - 2222222", "DB  - PubMed")),
        (ris("Introduction to the issue"), ris("Introduction to the issue", year=2020)),
        (ris("Editorial", "VL  - 1"), ris("Editorial", "VL  - 2")),
    ],
    ids=[
        *(
            "erratum with DOI",
            "correction",
            "erratum by its type",
            "part I and II",
            "I and II",
            "other years",
        ),
        *("other authors", "preprint and paper", "preprint without DOI", "paper without DOI", "two journals"),
        *("two PMIDs", "editorials of two years", "short titles"),
    ],
)
def test_different_papers_are_never_one(add, pair: tuple[str, str]) -> None:
    assert len(add({"a.ris": pair[0], "b.ris": pair[1]})) == 2


def test_related_papers_are_linked_where_the_source_says_so(add) -> None:
    original = "PMID- 1000001\nTI  - {0}.\nFAU - Nógrádi, Antal\nDP  - 2019\nPT  - Journal Article\n{1}\n\n"
    text = (
        original.format(
            TITLE,
            "EIN - J Test. 2019;13:1. PMID: 1000002\nUOF - bioRxiv. 2018. doi: 10.1101/1. PMID: 1000003",
        )
        + f"PMID- 1000002\nTI  - {TITLE}.\nFAU - Nógrádi, Antal\nDP  - 2019\nPT  - Published Erratum\n"
        "EFR - J Test. 2019;12:795-813. PMID: 1000001\n\n"
        + f"PMID- 1000003\nTI  - {TITLE}.\nFAU - Nógrádi, Antal\nDP  - 2019\nPT  - Preprint\n"
        "UIN - J Test. 2019;12:795-813. PMID: 1000001\n"
    )
    documents = {document.reference.pmid: document for document in add({"a.nbib": text})}
    assert [(link.kind, link.target) for link in documents["1000001"].links] == [
        ("erratum", "pmid:1000002"),
        ("update-of", "pmid:1000003"),
    ]
    assert [(link.kind, link.target) for link in documents["1000002"].links] == [
        ("erratum-for", "pmid:1000001")
    ]
    assert [(link.kind, link.target) for link in documents["1000003"].links] == [("update", "pmid:1000001")]


def test_a_related_paper_told_twice_is_one_link(add) -> None:
    comment = (
        "<CommentsCorrections RefType='CommentIn'><RefSource>J Test. 2020;1:1. doi: 10.1234/c.</RefSource>"
        "<PMID>99</PMID></CommentsCorrections>"
    )
    listed = f"</MedlineJournalInfo><CommentsCorrectionsList>{comment}</CommentsCorrectionsList>"
    xml = XML.replace("</MedlineJournalInfo>", listed)
    (document,) = add({"a.nbib": NBIB + "CIN - J Test. 2020;1:1. PMID: 99\n", "e.xml": xml})
    assert [(link.kind, link.target, link.note) for link in document.links] == [
        ("comment", "pmid:99", "J Test. 2020;1:1. doi: 10.1234/c.")
    ]


def test_what_is_not_told_never_parts_two_records() -> None:
    paper = Reference(title=TITLE, publication_types=("Journal Article",), volume="12", pages="795-813")
    assert same_paper(paper, Reference(title=TITLE)) is None
    assert same_paper(paper, Reference(publication_types=("Review",), volume="12", pages="795")) is None
    assert same_paper(paper, Reference(volume="12", pages="9")) is None
    assert same_paper(paper, Reference(publication_types=("Preprint",))) is False
