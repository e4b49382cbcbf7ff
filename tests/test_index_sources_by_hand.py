"""Ugly records of our own, each with what a reader of it sees."""

# ruff: noqa: E501  # records stand as they are written

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.records import Document
from index.sources import reader_for

CSV = (
    "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,NIHMS ID,DOI\n"
)
ENDNOTE = (
    '<xml><records><record><ref-type name="Journal Article">17</ref-type><contributors><authors>'
    "<author><style>van der Berg, Jan, Jr.</style></author><author>WHO Group,</author></authors>"
    "</contributors><titles><title><style>A </style><style face='italic'>p</style><style>53 title</style>"
    "</title></titles><periodical><full-title>J T</full-title></periodical><pages>1021-32</pages>"
    "<volume>12</volume><number>Suppl 3</number><dates><year>2003-2004</year></dates>"
    "<electronic-resource-num>doi:10.1234/x;</electronic-resource-num></record></records></xml>"
)


def ris(*lines: str, kind: str = "JOUR") -> str:
    return "\n".join((f"TY  - {kind}", *lines, "ER  - ", ""))


def csl(**item: object) -> str:
    return json.dumps([{"type": "article-journal", **item}])


#: File name, content, and what it tells; authors as family name | given names.
RECORDS: list[tuple[str, str, dict[str, object]]] = [
    (
        "entities, suffixes and a group.ris",
        ris(
            "TI  - Effect of &lt;i&gt;p&lt;/i&gt;53 &amp; H<sub>2</sub>O &#x2265; 5", "AU  - van der Berg, Jan, Jr",
            "AU  - WHO Collaborating Group", "AU  - Smith, J. R., III", "PY  - 2012/Mar/", "VL  - 12 Suppl 3",
            "SP  - e1003", "DO  - https://doi.org/10.1234/AB(12)x.", "T2  - J &amp; T",
        ),
        {
            "title": "Effect of p53 & H2O ≥ 5", "date": "2012-03", "volume": "12 Suppl 3", "pages": "e1003",
            "authors": ["van der Berg Jr|Jan", "WHO Collaborating Group", "Smith III|J. R."],
            "doi": "10.1234/AB(12)x", "journal": "J & T",
        },
    ),
    (
        "two lines, marks of direction, two DOIs.ris",
        ris(
            "TI  - A title that", "  goes on here", "AU  - 李, 雷", "PY  - 2001-2003", "SP  - S12", "EP  - 9",
            "DO  - DOI: 10.1234/\u200fabc\u200e", "DO  - 10.1234/second",
        ),
        {
            "title": "A title that goes on here", "authors": ["李|雷"], "year": 2001, "date": "2001",
            "pages": "S12-S19", "doi": "10.1234/abc",
        },
    ),
    (
        "ahead of print.ris",
        ris("T1  - Epub paper", "A1  - de la Cruz, María-José", "Y1  - 2019///Epub ahead of print",
            "N1  - PMID: 12345678", "SP  - 123", "EP  - 45"),
        {"title": "Epub paper", "authors": ["de la Cruz|María-José"], "date": "2019", "pages": "123-145",
         "pmid": "12345678", "volume": ""},
    ),
    (
        "cut authors, no year but a French date.ris",
        ris("TI  - Sans date", "AU  - Dupont J et al.", "PY  - in press", "DA  - 12 août 2011"),
        {"authors": ["Dupont|J"], "authors_complete": False, "year": 2011},
    ),
    (
        "a notice.ris",
        ris("TI  - Retraction: Whales in the sea", "AU  - Payne, R", "PY  - 2014"),
        {"publication_types": ("Journal Article", "Retraction of Publication")},
    ),
    (
        "a chapter.ris",
        ris("TI  - The chapter", "T2  - The Book", "AU  - Ho, A", "A2  - Editor, E", "PY  - 1999",
            "SP  - xii-xv", kind="CHAP"),
        {"title": "The chapter", "journal": "The Book", "authors": ["Ho|A"], "pages": "xii-xv"},
    ),
    (
        "names of all kinds.ris",
        ris("TI  - Two", "AU  - O'Neil, P.-A.", "AU  - García Márquez G", "AU  - Prince", "AU  - Zhang Wei",
            "PY  - 2010", "SP  - 1021–32", "IS  - 1-2"),
        {"authors": ["O'Neil|P.-A.", "García Márquez|G", "Prince", "Zhang Wei"], "pages": "1021-1032",
         "issue": "1-2"},
    ),
    (
        "latex.bib",
        r"@article{a, title={{\'E}tude of $\alpha$-helix $H_2O$ {DNA} in {\it E. coli} \& {\ss}}, author={van der"
        r" Berg, Jr, Jan and {World Health Organization} and Ludwig van Beethoven and de la Fuente, M{\'\i}a and"
        r" others}, year={2012}, month=mar, volume={12 (Suppl~3)}, pages={1021--32},"
        r" doi={\url{https://doi.org/10.1234/ab\_c}}, journal={J. \& T.}}",
        {
            "title": "Étude of α-helix H₂O DNA in E. coli & ß", "date": "2012-03", "volume": "12 (Suppl 3)",
            "authors": ["van der Berg Jr|Jan", "World Health Organization", "van Beethoven|Ludwig",
                        "de la Fuente|Mía"],
            "authors_complete": False, "pages": "1021-1032", "doi": "10.1234/ab_c", "journal": "J. & T.",
        },
    ),
    (
        "a chapter over two years.bib",
        r'@incollection{b, title="Chap {\o}ne", booktitle={The Book}, author={{\"O}z, {\c{C}}a{\u{g}}lar},'
        r" date={2009-05/2010-02}, pages={e12}}",
        {"title": "Chap øne", "journal": "The Book", "authors": ["Öz|Çağlar"], "date": "2009-05", "pages": "e12"},
    ),
    (
        "a preprint.bib",
        "@misc{c, title={A preprint &amp; more}, author={Kim, Y.}, eprint={2101.00001}, archiveprefix={arXiv},"
        " year={2021}}",
        {"title": "A preprint & more", "publication_types": ("Preprint",), "year": 2021},
    ),
    (
        "no year.bib",
        "@article{d, title={No year}, author={Lee, A and Lee, B}, year={forthcoming}, doi={10.1000/xyz123,}}",
        {"year": None, "date": "", "doi": "10.1000/xyz123", "authors": ["Lee|A", "Lee|B"]},
    ),
    (
        "a book.bib",
        "@book{e, title={Title}, subtitle={b c}, editor={Ed, I. T.}, year={c1998}, publisher={P}}",
        {"title": "Title: b c", "authors": ["Ed|I. T."], "year": 1998, "publisher": "P", "journal": ""},
    ),
    (
        "commands and a day.bib",
        r"@article{f, title={Percent 50\% and \textgreater 3 \textendash{} \emph{in vivo} \textsuperscript{13}C},"
        r' author={Doe, John}, year=2000, month="1~" # jan, pages={S1-S9}}',
        {"title": "Percent 50% and >3 – in vivo ¹³C", "date": "2000-01-01", "pages": "S1-S9"},
    ),
    (
        "a notice.nbib",
        "PMID- 12345678\nOWN - NLM\nVI  - 12 Suppl 3\nDP  - 1998 Dec-1999 Jan\nTI  - [Multi-line title that\n"
        "      goes on].\nPG  - S12-9\nLID - 10.1234/abc [doi]\nLID - S0140-6736(99)01 [pii]\n"
        "FAU - van der Meer, Jan W M 3rd\nAU  - van der Meer JW 3rd\nCN  - SPRINT Trial Group\n"
        "FAU - Lopez, A Jr\nAU  - Lopez A Jr\nLA  - dut\nPT  - Retraction of Publication\n"
        "TA  - Ned Tijdschr\nPMC - PMC12345\n",
        {
            "title": "[Multi-line title that goes on]", "date": "1998-12", "pages": "S12-S19",
            "authors": ["van der Meer 3rd|Jan W M", "SPRINT Trial Group", "Lopez Jr|A"], "language": "dut",
            "doi": "10.1234/abc", "pmcid": "PMC12345", "publication_types": ("Retraction of Publication",),
        },
    ),
    (
        "a season, two ranges.nbib",
        "PMID- 7\nOWN - NLM\nDP  - 2001 Summer\nTI  - Title.\nBTI - The Book\nAU  - Solo\nPG  - 101-10, 120\n"
        "AID - 10.1234/a [doi]\nAID - 10.1234/b [doi]\n",
        {"date": "2001", "journal": "The Book", "authors": ["Solo"], "pages": "101-110, 120",
         "doi": "10.1234/a"},
    ),
    (
        "particle, suffix, a range of years.json",
        csl(
            title="A <i>p</i>53 &amp; B", author=[
                {"family": "Berg", "non-dropping-particle": "van der", "given": "J.", "suffix": "Jr."},
                {"literal": "The Group"},
            ],
            issued={"date-parts": [["1998", 12], [1999, 1]]}, page="S12-9",
            DOI="https://dx.doi.org/10.1234/ABC.", PMID="PMID: 123",
        ),
        {"title": "A p53 & B", "authors": ["van der Berg Jr.|J.", "The Group"], "date": "1998-12",
         "pages": "S12-S19", "doi": "10.1234/ABC", "pmid": "123"},
    ),
    (
        "a preprint.json",
        csl(type="article", title="P", publisher="bioRxiv", DOI="10.1101/2020.01.01", issued={"raw": "2020-01-02"},
            author=[{"given": "Plato"}]),
        {"authors": ["Plato"], "date": "2020-01-02", "publication_types": ("Preprint",)},
    ),
    (
        "no date.json",
        csl(title="N", issued={"date-parts": [[None]]}, author=[{"family": "Y", "given": "Z"}]),
        {"year": None, "date": "", "authors": ["Y|Z"]},
    ),
    (
        "quotes and a supplement.csv",
        CSV + '123,"A ""quoted"" title, long","van der Berg J Jr, Lee A, SPRINT Group, et al.",'
        '"Lancet. 2010 Jan-Feb;12 Suppl 3:S12-9. doi: 10.1234/x.",van der Berg J,Lancet,2010,2009/12/01,PMC55,,'
        "10.1234/x\n",
        {"title": 'A "quoted" title, long', "authors": ["van der Berg Jr|J", "Lee|A", "SPRINT Group"],
         "authors_complete": False, "year": 2010, "volume": "12 Suppl 3", "pages": "S12-S19",
         "doi": "10.1234/x", "pmid": "123"},
    ),
    (
        "styles.xml",
        ENDNOTE,
        {"title": "A p53 title", "authors": ["van der Berg Jr.|Jan", "WHO Group"], "year": 2003,
         "pages": "1021-1032", "issue": "Suppl 3", "doi": "10.1234/x", "journal": "J T"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "told"), RECORDS, ids=[one[0] for one in RECORDS])
def test_an_ugly_record_says_what_a_reader_of_it_sees(
    tmp_path: Path, name: str, content: str, told: dict[str, object]
) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    (document,) = reader_for(path, name).read(path, source="0" * 64, name=name)
    assert isinstance(document, Document)
    reference = document.reference
    found = {field: getattr(reference, field) for field in told}
    if "authors" in told:
        found["authors"] = [
            author.literal or f"{author.family}|{author.given}".strip("|") for author in reference.authors
        ]
    assert found == told
