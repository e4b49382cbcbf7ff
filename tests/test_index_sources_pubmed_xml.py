"""PubMed XML becomes documents: records, sections, links; safely, streaming, and verbatim."""

from __future__ import annotations

import functools
import re
import tracemalloc
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from index.errors import SourceError
from index.records import Author, Document, Failure, Link, Retraction
from index.sources import pubmed_xml
from index.sources.pubmed_record import date_of, whole_pages
from index.sources.xml_stream import records as stream_records

DATA = Path(__file__).parent / "data" / "pubmed_articles.xml"
SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "files" / "pubmed-xml"
needs_real_files = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the real exports in ../shared are not here"
)


def read(path: Path) -> list[Document | Failure]:
    return list(pubmed_xml.read(path, source="0" * 64, name=path.name))


@functools.cache
def read_once(path: Path) -> list[Document | Failure]:
    return read(path)


def read_text(folder: Path, content: str | bytes) -> list[Document | Failure]:
    path = folder / "export.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(path)


@pytest.fixture(scope="module")
def records() -> list[Document | Failure]:
    return read(DATA)


def document(records: list[Document | Failure], place: int) -> Document:
    found = records[place]
    assert isinstance(found, Document), found
    return found


def parts(found: Document) -> list[tuple[str, str, str]]:
    return [(s.label, s.heading, found.text.content[s.start : s.end]) for s in found.sections]


def test_every_part_of_a_record_becomes_a_section_with_its_label(records):
    assert parts(document(records, 0)) == [
        ("title", "", "Uptake of Ca2+ by E. coli & its kin: a trial."),
        ("heading", "AIM OF THE WORK", "AIM OF THE WORK"),
        ("background", "AIM OF THE WORK", "We asked (n = 4) whether it works."),
        ("heading", "Patients and Methods", "Patients and Methods"),
        ("methods", "Patients and Methods", "At 37 °C, p < 0.05, see x=2."),
        ("heading", "RESULTS", "RESULTS"),
        ("results", "RESULTS", "It did."),
        ("heading", "INTERPRETATION", "INTERPRETATION"),
        ("conclusions", "INTERPRETATION", "It works in 4 of 5."),
        ("abstract", "Abstract", "One more thing."),
        ("abstract", "Plain language summary (eng)", "Bacteria take up salt."),
        ("disclosure", "Conflict of interest statement", "None of the authors has any."),
    ]


def test_the_bibliographic_record_is_read_whole(records):
    reference = document(records, 0).reference
    assert reference.title == "Uptake of Ca2+ by E. coli & its kin: a trial"
    assert reference.authors == (
        Author(family="Müller-Östner Jr", given="Anna B"),
        Author(literal="The Invented Study Group"),
    )
    assert not reference.authors_complete
    assert (reference.journal, reference.year, reference.date) == ("J Invent Res", 2011, "2011-11")
    assert (reference.volume, reference.issue) == ("12", "3")
    assert reference.pages == "2977-2990; discussion 2991-2993"
    assert reference.doi == "10.5555/(SICI)1097(1998)17:15<1661::AID>3.0.CO;2-2"
    assert (reference.pmid, reference.pmcid) == ("90000001", "PMC9000001")
    assert reference.url == "https://pubmed.ncbi.nlm.nih.gov/90000001/"
    assert reference.publication_types == ("Journal Article", "Retracted Publication")
    assert reference.keywords == ("calcium", "salt uptake")
    assert reference.mesh == ("Humans", "Calcium/metabolism", "Calcium/blood")
    assert reference.trials == ("NCT00000001",)
    assert document(records, 0).id == "pmid:90000001"


def test_a_retraction_outweighs_a_concern_and_every_notice_is_a_link(records):
    found = document(records, 0)
    assert found.reference.retraction == Retraction(
        "retracted",
        "2013",
        "PMID 90000009, J Invent Res. 2013 May 7;14(2):101. doi: 10.5555/retracted.1.",
        "PubMed record, CommentsCorrectionsList",
    )
    assert found.links[1].kind == "retraction"
    assert found.links[2] == Link(
        "erratum", "doi:10.5555/err.2", "J Invent Res. 2012;13(2):20. doi: 10.5555/ERR.2"
    )
    concern = document(records, 1).reference.retraction
    assert concern is not None
    assert (concern.kind, concern.date) == ("concern", "2015")


def test_the_publication_type_alone_marks_a_retraction(tmp_path):
    text = DATA.read_text("utf-8").replace('RefType="RetractionIn"', 'RefType="CommentIn"')
    retraction = document(read_text(tmp_path, text), 0).reference.retraction
    assert retraction == Retraction("retracted", origin="PubMed record, publication type")


def test_references_are_numbered_through_nested_lists_and_keep_their_identifiers(records):
    first, second, third = document(records, 0).references
    assert (first.number, first.doi, first.pmid) == (1, "10.5555/first", "11")
    assert first.printed == "Smith AB, Jones C. A first title. Lancet. 2001;5(2):117-23."
    assert (first.year, first.pages) == (2001, "117-123")
    assert (second.number, second.printed) == (2, "Nobody knows.")
    assert (third.number, third.pmcid) == (3, "PMC33")


def test_cited_papers_of_old_records_have_no_numbers_and_the_reader_says_so(records):
    found = document(records, 1)
    assert [(r.pmid, r.number, r.year) for r in found.references] == [("22", None, 2001)]
    assert found.notes == ("1 cited papers as PubMed lists them, not in the paper's own order",)


def test_a_record_without_abstract_or_english_title_is_a_document_all_the_same(records):
    found = document(records, 1)
    assert parts(found) == [("title", "", "Über nichts.")]
    reference = found.reference
    assert (reference.title, reference.journal) == ("Über nichts", "Annals of nothing")
    assert (reference.date, reference.pages) == ("2014-01-31", "e003269")


def test_a_malformed_record_is_named_and_the_rest_goes_on(records):
    assert len(records) == 4
    assert records[2] == Failure(
        "pubmed_articles.xml#3 (PMID 90000003)",
        "the record holds no MedlineCitation with an Article; download it again",
    )


def test_a_chapter_has_its_own_authors_and_never_the_identifier_of_the_whole_book(records):
    reference = document(records, 3).reference
    assert (reference.title, reference.journal) == ("A Chapter", "The Invented Handbook")
    assert reference.authors == (Author(family="Writer", given="Will"),)
    assert (reference.publisher, reference.year, reference.doi) == ("Invented Press", 2020, "")
    assert reference.url == "https://www.ncbi.nlm.nih.gov/books/NBK90000/"


def test_a_single_record_may_be_the_root(tmp_path):
    inner = re.search(r"<PubmedBookArticle>.*</PubmedBookArticle>", DATA.read_text("utf-8"), re.DOTALL)
    assert inner is not None
    assert document(read_text(tmp_path, "\n" + inner[0]), 0).title == "A Chapter"


def test_a_publishers_deposit_is_read(tmp_path):
    text = """<ArticleSet><Article><Journal><JournalTitle>BMJ</JournalTitle><Volume>4</Volume>
    <PubDate PubStatus="epublish"><Year>2014</Year><Month>January</Month><Day>3</Day></PubDate></Journal>
    <ArticleTitle>On <i>rats</i></ArticleTitle><FirstPage>117</FirstPage><LastPage>23</LastPage>
    <ELocationID EIdType="doi">10.5555/rats</ELocationID><Language>EN</Language>
    <AuthorList><Author><FirstName>Jo</FirstName><MiddleName>K</MiddleName><LastName>Li</LastName></Author></AuthorList>
    <Abstract>They run.</Abstract>
    <ObjectList><Object Type="keyword"><Param Name="value">rat</Param></Object></ObjectList></Article></ArticleSet>"""
    found = document(read_text(tmp_path, text), 0)
    reference = found.reference
    assert (found.id, reference.journal, reference.date) == ("doi:10.5555/rats", "BMJ", "2014-01-03")
    assert (reference.pages, reference.keywords) == ("117-123", ("rat",))
    assert reference.authors == (Author(family="Li", given="Jo K"),)
    assert parts(found) == [("title", "", "On rats"), ("abstract", "Abstract", "They run.")]


ARTICLE = (
    "<PubmedArticle><MedlineCitation><PMID>{0}</PMID><Article><ArticleTitle>Paper {0}</ArticleTitle><Abstract>"
    "<AbstractText>{1}</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>\n"
)


def test_a_file_that_breaks_off_yields_what_was_complete_and_says_how_far_it_got(tmp_path):
    text = (
        "<PubmedArticleSet>\n"
        + ARTICLE.format(1, "One.")
        + ARTICLE.format(2, "Two.")
        + ARTICLE.format(3, "")[:80]
    )
    first, second, failure = read_text(tmp_path, text)
    assert isinstance(first, Document) and isinstance(second, Document)
    assert (first.title, second.title) == ("Paper 1", "Paper 2")
    assert isinstance(failure, Failure)
    assert failure.uri == "export.xml#3"
    assert re.fullmatch(
        r"the XML breaks off after 2 complete records \(line 4: .+\); download it again", failure.reason
    )


@pytest.mark.parametrize(
    "text", ["<PubmedArticleSet/>", "<PubmedArticleSet><DeleteCitation/></PubmedArticleSet>"]
)
def test_an_export_without_articles_is_refused(tmp_path, text):
    with pytest.raises(SourceError, match="holds no article"):
        read_text(tmp_path, text)


def bomb(levels: int) -> str:
    entities = ['<!ENTITY e0 "ha">']
    entities += [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels)]
    return f"<!DOCTYPE PubmedArticleSet [{''.join(entities)}]>"


@pytest.mark.parametrize(
    "doctype",
    [
        bomb(12),
        '<!DOCTYPE PubmedArticleSet [<!ENTITY e11 SYSTEM "{secret}">]>',
        '<!DOCTYPE PubmedArticleSet [<!ENTITY % e11 SYSTEM "{secret}"> %e11;]>',
    ],
    ids=["billion laughs", "external entity", "external parameter entity"],
)
def test_entities_of_the_file_are_refused_and_leak_nothing(tmp_path, doctype):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    text = doctype.replace("{secret}", secret.as_uri()) + f"<PubmedArticleSet>{ARTICLE.format(1, '&e11;')}"
    with pytest.raises(SourceError, match="declares entities") as refused:
        read_text(tmp_path, text + "</PubmedArticleSet>")
    assert "the secret" not in str(refused.value)


def test_xinclude_and_external_doctypes_are_not_followed(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    include = f'A<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="{secret.as_uri()}"/>B&alpha;'
    doctype = f'<!DOCTYPE PubmedArticleSet SYSTEM "{secret.as_uri()}">'
    found = document(
        read_text(tmp_path, f"{doctype}<PubmedArticleSet>{ARTICLE.format(1, include)}</PubmedArticleSet>"), 0
    )
    assert parts(found)[1] == ("abstract", "Abstract", "ABα")


def test_memory_does_not_grow_with_the_number_of_records(tmp_path):
    def peak(count: int) -> int:
        path = tmp_path / "big.xml"
        record = ARTICLE.format(1, "Words in a sentence. " * 200)
        path.write_text(f"<PubmedArticleSet>{record * count}</PubmedArticleSet>")
        tracemalloc.start()
        assert sum(1 for _ in pubmed_xml.read(path, source="0" * 64, name="big.xml")) == count
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(800) < peak(100) + 200_000


def test_records_that_were_read_are_gone_from_the_tree(tmp_path):
    """The parser reads ahead by a block of the file, so a few records behind are there already."""
    path = tmp_path / "many.xml"
    path.write_text(f"<PubmedArticleSet>{ARTICLE.format(1, 'x') * 2000}<DeleteCitation/></PubmedArticleSet>")
    with path.open("rb") as stream:
        seen = [
            (record.getparent().index(record), len(record.getparent()))
            for record in stream_records(stream, {"PubmedArticle"})
        ]
    assert len(seen) == 2000
    assert max(before for before, _ in seen) <= 1
    assert max(held for _, held in seen) < 400


@given(st.integers(1, 99999), st.integers(0, 99999))
def test_an_abbreviated_page_range_is_written_out_and_a_whole_one_stays(first, further):
    last = first + further
    whole = f"{first}-{last}"
    assert whole_pages(whole) == whole
    a, b = str(first), str(last)
    if len(a) == len(b) and a != b:
        common = next(place for place in range(len(a)) if a[place] != b[place])
        assert whole_pages(f"{a}-{b[common:]}") == whole


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<Year>2018</Year><Month>May</Month><Day>7</Day>", (2018, "2018-05-07")),
        ("<Year>2018</Year><Month>12</Month>", (2018, "2018-12")),
        ("<Year>1990</Year><Season>Spring</Season>", (1990, "1990")),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", (1998, "1998-12")),
        ("<MedlineDate>1999-2000</MedlineDate>", (1999, "1999")),
        ("<MedlineDate>Winter 2001</MedlineDate>", (2001, "2001")),
        ("<Season>Winter</Season>", (None, "")),
    ],
)
def test_dates_are_iso_as_far_as_they_are_told(xml, expected):
    assert date_of([None, etree.fromstring(f"<PubDate>{xml}</PubDate>")]) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            b'<?xml version="1.0"?><!DOCTYPE PubmedArticleSet PUBLIC "a" "b">\n<!-- x --><PubmedArticleSet>',
            True,
        ),
        (b"\xef\xbb\xbf  <PubmedBookArticleSet>", True),
        ("<?xml version='1.0' encoding='UTF-16'?><ArticleSet>".encode("utf-16"), True),
        (b"<article><front>", False),
        (b"The element <PubmedArticleSet> is the root", False),
        (b"%PDF-1.4", False),
    ],
)
def test_pubmed_xml_is_recognised_by_its_root_element(head, expected):
    assert pubmed_xml.recognises(head, ".xml") is expected
    assert pubmed_xml.recognises(head, "") is expected


def independent(path: Path) -> list[str]:
    """All text and labels of each record, white space that holds a line break as one space."""
    kinds = {"PubmedArticle", "PubmedBookArticle"}
    root = ElementTree.parse(path).getroot()
    found = [child for child in root if child.tag in kinds or root.tag == "ArticleSet"]
    labels = ["\n".join(part.get("Label", "") for part in record.iter("AbstractText")) for record in found]
    texts = ["".join(record.itertext()) for record in found]
    return [
        re.sub(r"[ \t]*\n[ \t\n]*", " ", text) + "\n" + label
        for text, label in zip(texts, labels, strict=True)
    ]


@needs_real_files
@pytest.mark.parametrize("path", sorted(SHARED.glob("*.xml")), ids=lambda path: path.name[:40])
def test_every_section_of_every_real_record_stands_in_an_independent_reading(path):
    found = read_once(path)
    if path.name == "jabref__MedlineImporterTestMalformedEntry.xml":
        assert [type(record) for record in found] == [Failure]
        return
    expected = independent(path)
    assert len(found) == len(expected)
    for record, text in zip(found, expected, strict=True):
        if isinstance(record, Document):
            for section in record.sections:
                assert record.text.content[section.start : section.end] in text


#: Read by hand in the raw XML: file, place, PMID, year, journal, DOI, first author, title's beginning.
# ruff: noqa: E501  # one record a line
BY_HAND = """
biopython__pubmed1 | 1 | 12091962 | 1990 | Soc Justice | | Olivero JM | The treatment of AIDS behind
biopython__pubmed2 | 2 | 11700088 | 2001 | J Magn Reson | 10.1006/jmre.2001.2429 | Casieri C | Proton MRI of (13)C
biopython__pubmed4 | 1 | 27797938 | 2017 | Gut | 10.1136/gutjnl-2016-312510 | Bao Y | Leucocyte telomere length, genetic variants at the TERT gene region
biopython__pubmed5 | 1 | 28775130 | 2018 | Occup Environ Med | 10.1136/oemed-2017-104431 | Lerro CC | Occupational pesticide
biopython__pubmed7 | 1 | 29963580 | 2018 | J Med Imaging (Bellingham) | 10.1117/1.JMI.5.2.026002 | Guo F | Development of a
elifesciences__pubmed-bmjopen-2013-003269-20170717071707 | 1 | | 2014 | BMJ Open | 10.1136/bmjopen-2013-003269 | Akoua-Koffi C | Hospital-based
filiperigueiro__pubmed_result | 1 | 30423607 | 2018 | Zhonghua Bing Li Xue Za Zhi | 10.3760/cma.j.issn.0529-5807.2018.11.005 | Yuan P | [Consistency of PD-L1
filiperigueiro__pubmed_result | 5 | 29880878 | 2018 | Nat Neurosci | 10.1038/s41593-018-0169-2 | Wang Y | Publisher Correction: N6-methyladenosine
filiperigueiro__pubmed_result | 20 | 29207829 | 2017 | J Clin Diagn Res | 10.7860/JCDR/2017/28067.10568 | Adisa AO | Evaluation of Tumour
filiperigueiro__pubmed_result | 60 | 25842924 | 2014 | Arkh Patol | 10.17116/patol201476637-43 | Kogan EA | [The morphological
filiperigueiro__pubmed_result | 90 | 21683983 | 2011 | Hum Pathol | 10.1016/j.humpath.2011.02.022 | Hansel DE | Limited smoothelin
filiperigueiro__pubmed_result | 107 | 12577238 | 2002 | Semin Oncol | 10.1053/sonc.2002.37356 | Giatromanolaki A | Down-regulation
jabref__MedlineImporterTestArticleItalics | 1 | 29872490 | 2018 | Oncotarget | 10.18632/oncotarget.25083 | Moreno-Grau S | Genome-wide
jabref__MedlineImporterTestBookArticleSet | 1 | 21413195 | 2009 | Rheumatoid Arthritis: National Clinical Guideline for Management and Treatment in Adults | | National Collaborating Centre for Chronic Conditions (UK) | Title for some article
jabref__MedlineImporterTestMathML | 1 | 32759406 | 2020 | J Integr Bioinform | 10.1515/jib-2020-0021 | Clerx M | CellML 2.0
jabref__MedlineImporterTestNbib | 1 | 23633646 | 2013 | J Endocrinol Invest | 10.3275/8949 | Gibb Jr FW | Predictors of
mauriciomanoel__pubmed_result | 1 | 30919711 | 2019 | Inform Health Soc Care | 10.1080/17538157.2019.1582054 | Reeder B | Older women's
mauriciomanoel__pubmed_result | 7 | 29088123 | 2017 | Sensors (Basel) | 10.3390/s17112496 | Majumder S | Smart Homes for
mauriciomanoel__pubmed_result | 32 | 15370989 | 2004 | Med Inform Internet Med | 10.1080/14639230410001684387 | Demiris G | Older adults' attitudes towards and perceptions of "smart
metapub__24349601 | 1 | 24349601 | 2012 | J Neurosci Psychol Econ | 10.1037/a0030292 | De Neve JE | Genes, Economics
metapub__30386702 | 1 | 30386702 | 2018 | PeerJ | 10.7717/peerj.5807 | Liu M | Species diversity
metapub__35354777 | 1 | 35354777 | 2022 | Am J Gastroenterol | 10.14309/ajg.0000000000001680 | Shaheen NJ | Diagnosis and
metapub__37034148 | 1 | 37034148 | 2022 | Language (Baltim) | 10.1353/lan.0.0269 | Cychosz M | LANGUAGE EXPOSURE
metapub__38591913 | 1 | 38591913 | 2024 | J Bacteriol | 10.1128/jb.00024-24 | Kumar A | Siderophore-mediated iron acquisition by Klebsiella
metapub__39236155 | 1 | 39236155 | 2024 | Science | 10.1126/science.adn0327 | Park MD | Hematopoietic aging promotes cancer by fueling IL-1⍺-driven
metapub__39302109 | 1 | 39302109 | 2024 | Biochem J | 10.1042/BCJ20240037 | Boffa MB | Lipoprotein(a)
metapub__39345789 | 1 | 39345789 | 2024 | JAMIA Open | 10.1093/jamiaopen/ooae099 | Parraga-Leo A | VMAP: Vaginal
mokztk__pubmed_result | 1 | 22441635 | 2012 | Allergol Int | 10.2332/allergolint.11-OA-0384 | Akamatsu T | Effect of switching
mokztk__pubmed_result | 3 | 23064571 | 2012 | Intern Med | | Hozumi H | Ulcerating bronchitis
mokztk__pubmed_result | 15 | 22265857 | 2012 | Respir Med | 10.1016/j.rmed.2011.12.014 | Yasui H | Impact of add-on
pubdata2xl__book | 1 | 29262162 | 2023 | StatPearls | | Tenny S | Qualitative Study
pubdata2xl__pubmed_data3 | 1 | 36058839 | 2023 | J Geriatr Oncol | 10.1016/j.jgo.2022.08.015 | Singhal S | Change in four
pubdata2xl__pubmed_data3 | 2 | 34611887 | 2022 | J Am Geriatr Soc | 10.1111/jgs.17474 | Wong ML | Changes in older
titipata__pubmed-29768149 | 1 | 29768149 | 2018 | N Engl J Med | 10.1056/NEJMoa1715274 | O'Byrne PM | Inhaled Combined
"""


@needs_real_files
@pytest.mark.parametrize("line", [line for line in BY_HAND.splitlines() if line.strip()])
def test_real_records_are_read_as_they_were_by_hand(line):
    file, place, *expected = (part.strip() for part in line.split("|"))
    found = document(read_once(SHARED / f"{file}.xml"), int(place) - 1)
    reference = found.reference
    actual = [
        reference.pmid,
        str(reference.year),
        reference.journal,
        reference.doi,
        reference.authors[0].name,
    ]
    assert [*actual, reference.title[: len(expected[-1])]] == expected
