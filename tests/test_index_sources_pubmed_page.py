"""A saved PubMed page, as text (the seed and its variants) and as HTML."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import SourceError
from index.records import Author, Document, Failure, Reference
from index.sources import pubmed_page
from index.sources.build import label_for

HERE = Path(__file__).resolve().parent
SEED = HERE.parent / "seeds" / "wu-2024-stem-cell-therapies-multiple-sclerosis.pubmed.txt"
HTML = HERE / "data" / "pubmed_page.html"
SEED_TEXT = SEED.read_text(encoding="utf-8")

#: As Chrome copies the page: table of contents, menu between journal and date, authors, no blank
#: lines, captions cut short, references without numbers. The article is invented.
COPIED = """Skip to main page content
U.S. flagAn official website of the United States government Here's how you know
NIH NLM LogoLog in

Access keysNCBI HomepageMyNCBI HomepageMain ContentMain Navigation
pubmed logo
Search:
Search
SaveEmailSend to
Full text links
Example Systems full text link
Actions
Cite
Page navigation
Title & authors
Abstract
Conflict of interest statement
Figures
Comment in
Similar articles
References
LinkOut - more resources
Randomized Controlled Trial
J Ex Med
Actions
Search in PubMed
Search in NLM Catalog
Add to Search
. 2014 Feb-Mar;311(6 Suppl 1):579-86. doi: 10.5555/jem.2014.28(5)1.
Search engines for lanterns: a trial
Anna B Lee 1 2, Ming-Yu van den Ex # 1, Ø Östby 3; Lantern Study Group
Affiliations Expand
PMID: 99000001 PMCID: PMC99000002 DOI: 10.5555/jem.2014.28(5)1
Abstract
Importance: Lanterns fail (P < .001). Nobody knows why.
Design, settings, and participants: 96,217 lanterns; NCT01234567 was the registration.
Conclusions and relevance: Lanterns: a matter of oil.

Keywords: lantern; oil.

© 2014 The Example Society.

PubMed Disclaimer

Conflict of interest statement
Dr Lee sells oil.
Dr Ex does not.

Figures
Figure 1
Figure 1. Failure of lanterns by…

Figure 2
Figure 2. Oil by month. Bars are means.
Comment in
Lanterns, again.
Roe B.
J Ex Med. 2015 Jan;312(1):9. doi: 10.5555/jem.2015.9.
PMID: 99000003 No abstract available.
Expression of concern in
Expression of Concern: lanterns.
[No authors listed]
J Ex Med. 2016 May 2;313(1):1. doi: 10.5555/jem.2016.1.
PMID: 99000004 No abstract available.
Similar articles
Another lantern.
Doe C.
J Sim. 2016 Dec;16(12):3532-3539. doi: 10.5555/sim.
PMID: 99000005Free PMC article.
See all similar articles
References
[Accessed April 17, 2013]; Example network website. http://example.org/.

Delta FL, Dew MA. Lanterns in a global environment. Kidney Ex. 2007;71(7):608–614. - PubMed

Show all 28 references
Publication types
Randomized Controlled Trial
Research Support, U.S. Gov't, P.H.S.
MeSH terms
Lamps / adverse effects*
Lamps / economics
Oils*
LinkOut - more resources
Full Text Sources
Europe PMC
"""


def documents(path: Path) -> list[Document | Failure]:
    source = hashlib.sha256(path.read_bytes()).hexdigest()
    return list(pubmed_page.read(path, source=source, name=path.name))


def only(path: Path) -> Document:
    (found,) = documents(path)
    assert isinstance(found, Document)
    return found


def from_text(folder: Path, text: str, *, encoding: str = "utf-8") -> Document:
    path = folder / "page.txt"
    path.write_bytes(text.encode(encoding))
    return only(path)


def parts(document: Document) -> list[tuple[str, str, str]]:
    return [(s.label, s.heading, document.text.content[s.start : s.end]) for s in document.sections]


@pytest.fixture(scope="module")
def seed() -> Document:
    return only(SEED)


def test_seed_is_recognised_whatever_its_name() -> None:
    head = SEED.read_bytes()[:65536]
    assert all(pubmed_page.recognises(head, suffix) for suffix in (".txt", ".md", ""))


def test_seed_record(seed: Document) -> None:
    record = seed.reference
    assert record.title == "Stem cell therapies: a new era in the treatment of multiple sclerosis"
    assert (record.authors, record.authors_complete) == ((Author(family="Wu", given="Lei"),), False)
    assert (record.journal, record.year, record.date) == ("Front Neurol", 2024, "2024-05-09")
    assert (record.volume, record.issue, record.pages) == ("15", "", "1389697")
    assert (record.doi, record.pmid, record.pmcid) == ("10.3389/fneur.2024.1389697", "", "")
    assert record.url == "https://doi.org/10.3389/fneur.2024.1389697"
    assert record.publication_types == ("Review",)
    assert record.keywords == (
        "induced pluripotent stem cells",
        "multiple sclerosis",
        "neural stem cells",
        "stem cell therapy",
        "stem cell transplantation",
    )
    assert seed.id == "doi:10.3389/fneur.2024.1389697"
    assert seed.notes == ("5 references as listed on the saved page",)
    assert record.retraction is None and seed.links == ()


def test_seed_sections_in_order(seed: Document) -> None:
    assert [(label, heading) for label, heading, _ in parts(seed)] == [
        ("title", ""),
        ("abstract", "Abstract"),
        ("keywords", "Keywords"),
        ("disclosure", "Conflict of interest statement"),
        ("heading", "Figure 1"),
        ("figure", "Figure 1"),
        *[("references", "References")] * 5,
    ]
    caption = parts(seed)[5][2]
    assert caption.startswith("Therapeutic potential of stem cells in multiple sclerosis. The schematic")
    assert caption.endswith("strategy for the treatment of MS.")


def test_every_section_of_the_seed_stands_in_the_file_and_no_navigation_does(seed: Document) -> None:
    raw = SEED.read_bytes().decode("utf-8")  # shares nothing with the reader
    for section in seed.sections:
        assert raw.count(seed.text.content[section.start : section.end]) >= 1
    assert "While existing treatments can slow its course, a cure remains elusive." in seed.text.content
    for noise in ("Skip to main", "official", "https://", "Access keys", "Affiliations", "Front Neurol. .",
                  "PubMed", "Similar articles", "Cited by", "LinkOut", "Review\n", "- DOI"):  # fmt: skip
        assert noise not in seed.text.content


SEED_REFERENCES = [
    ("Marcus R", True, "What is multiple sclerosis?", "JAMA", 2022, "328", "2078", "10.1001/jama.2022.14236"),
    (
        "Kuhlmann T, Moccia M, Coetzee T, Cohen JA, Correale J, Graves J",
        False,
        "Multiple sclerosis progression: time for a new mechanism-driven framework",
        "Lancet Neurol",
        2023,
        "22",
        "78-88",
        "10.1016/s1474-4422(22)00289-7",
    ),
    (
        "Pajer K, Bellák T, Redl H, Nógrádi A",
        True,
        "Neuroectodermal stem cells grafted into the injured spinal cord induce both axonal regeneration and"
        " morphological restoration via multiple mechanisms",
        "J Neurotrauma",
        2019,
        "36",
        "2977-2990",
        "10.1089/neu.2018.6332",
    ),
    (
        "Ma K, Fox L, Shi G, Shen J, Liu Q, Pappas JD",
        False,
        "Generation of neural stem cell-like cells from bone marrow-derived human mesenchymal stem cells",
        "Neurol Res",
        2011,
        "33",
        "1083-1093",
        "10.1179/1743132811y.0000000053",
    ),
    (
        "Ahmadvand Koohsari S, Absalan A, Azadi D",
        True,
        "Human umbilical cord mesenchymal stem cell-derived extracellular vesicles attenuate experimental"
        " autoimmune encephalomyelitis via regulating pro and anti-inflammatory cytokines",
        "Sci Rep",
        2021,
        "11",
        "11658",
        "10.1038/s41598-021-91291-3",
    ),
]


@pytest.mark.parametrize("place", range(5))
def test_each_reference_of_the_seed_field_by_field(seed: Document, place: int) -> None:
    found: Reference = seed.references[place]
    assert (
        ", ".join(author.name for author in found.authors),
        found.authors_complete,
        found.title,
        found.journal,
        found.year,
        found.volume,
        found.pages,
        found.doi,
    ) == SEED_REFERENCES[place]
    assert (found.number, found.issue, found.pmid, found.pmcid) == (place + 1, "", "", "")
    assert f"1. {found.printed} - DOI" in SEED_TEXT


def test_windows_line_ends_and_encodings_change_nothing(seed: Document, tmp_path: Path) -> None:
    for text, encoding in ((SEED_TEXT.replace("\n", "\r\n"), "utf-8-sig"), (SEED_TEXT, "utf-16")):
        path = tmp_path / "page.txt"
        path.write_bytes(text.encode(encoding))
        assert pubmed_page.recognises(path.read_bytes()[:65536], ".txt")
        found = only(path)
        assert (found.text.content, found.references) == (seed.text.content, seed.references)


def test_seed_without_its_banner_is_the_same_paper(seed: Document, tmp_path: Path) -> None:
    bare = SEED_TEXT[SEED_TEXT.index("Review\n. 2024") :]
    assert pubmed_page.recognises(bare.encode(), ".txt")
    assert from_text(tmp_path, bare).text.sha256 == seed.text.sha256


def test_page_without_abstract_figures_and_references(tmp_path: Path) -> None:
    text = SEED_TEXT[: SEED_TEXT.index("Abstract\n")] + "PubMed Disclaimer\n\nSimilar articles\n\nCited by\n"
    found = from_text(tmp_path, text)
    assert [label for label, _, _ in parts(found)] == ["title"]
    assert found.notes == () and found.references == ()


def test_copied_page_record(tmp_path: Path) -> None:
    assert pubmed_page.recognises(COPIED.encode(), ".txt")
    found = from_text(tmp_path, COPIED)
    record = found.reference
    assert (found.title, record.journal) == ("Search engines for lanterns: a trial", "J Ex Med")
    assert (record.year, record.date, record.volume, record.issue, record.pages) == (
        2014, "2014", "311", "6 Suppl 1", "579-586"
    )  # fmt: skip
    assert (record.doi, record.pmid, record.pmcid) == ("10.5555/jem.2014.28(5)1", "99000001", "PMC99000002")
    assert record.url == "https://pubmed.ncbi.nlm.nih.gov/99000001/"
    assert record.authors_complete
    assert [(a.given, a.family, a.literal) for a in record.authors] == [
        ("Anna B", "Lee", ""),
        ("Ming-Yu", "van den Ex", ""),
        ("Ø", "Östby", ""),
        ("", "", "Lantern Study Group"),
    ]
    assert record.publication_types == ("Randomized Controlled Trial", "Research Support, U.S. Gov't, P.H.S.")
    assert (record.keywords, record.trials) == (("lantern", "oil"), ("NCT01234567",))
    assert record.mesh == ("Lamps", "Oils")
    assert record.retraction and (record.retraction.kind, record.retraction.date) == ("concern", "2016-05-02")
    assert record.retraction.notice.startswith("PMID 99000004, J Ex Med. 2016")
    assert [(link.kind, link.target) for link in found.links] == [
        ("comment", "pmid:99000003"),
        ("expression-of-concern", "pmid:99000004"),
    ]
    assert found.notes == (
        "2 of 28 references as listed on the saved page",
        "1 figure caption is cut short on the saved page and left out",
    )


def test_copied_page_text(tmp_path: Path) -> None:
    found = from_text(tmp_path, COPIED)
    assert parts(found)[:12] == [
        ("title", "", "Search engines for lanterns: a trial"),
        ("heading", "Importance", "Importance"),
        ("background", "Importance", "Lanterns fail (P < .001). Nobody knows why."),
        ("heading", "Design, settings, and participants", "Design, settings, and participants"),
        (
            "methods",
            "Design, settings, and participants",
            "96,217 lanterns; NCT01234567 was the registration.",
        ),
        ("heading", "Conclusions and relevance", "Conclusions and relevance"),
        ("conclusions", "Conclusions and relevance", "Lanterns: a matter of oil."),
        ("keywords", "Keywords", "Keywords: lantern; oil."),
        ("disclosure", "Conflict of interest statement", "Dr Lee sells oil.\nDr Ex does not."),
        ("heading", "Figure 2", "Figure 2"),
        ("figure", "Figure 2", "Oil by month. Bars are means."),
        (
            "references",
            "References",
            "[Accessed April 17, 2013]; Example network website. http://example.org/.",
        ),
    ]
    assert all(COPIED.count(text) for _, _, text in parts(found))
    assert "Another lantern" not in found.text.content and "©" not in found.text.content


def test_two_pages_pasted_into_one_file_are_two_documents(tmp_path: Path) -> None:
    path = tmp_path / "two.txt"
    path.write_text(COPIED + SEED_TEXT, encoding="utf-8")
    assert [found.id for found in documents(path) if isinstance(found, Document)] == [
        "pmid:99000001",
        "doi:10.3389/fneur.2024.1389697",
    ]


def test_retracted_article_banner_in_text(tmp_path: Path) -> None:
    banner = "Retracted article\nSee the retraction notice\nReview\n. 2024"
    found = from_text(tmp_path, SEED_TEXT.replace("Review\n. 2024", banner))
    assert found.reference.retraction and found.reference.retraction.kind == "retracted"
    assert found.title == "Stem cell therapies: a new era in the treatment of multiple sclerosis"


def test_texts_that_are_not_saved_pages_are_left_to_others() -> None:
    ordinary = (
        "# Searching PubMed\n\nAbstract\n\nWe searched PubMed (https://pubmed.ncbi.nlm.nih.gov).\n\n"
        "Conflict of interest statement\n\nNone.\n\nReferences\n\n1. Lee A. Cell. 2020;1:2. doi: 10.5555/x\n"
    )
    medline = "\n1. J Ex. 2014 Feb 12;311(6):579-86. doi: 10.5555/x.\n\nTitle.\n\nLee A(1).\n\nPMID: 1\n"
    other_html = "<!DOCTYPE html><html><head><title>PubMed tips</title></head><body>PubMed</body></html>"
    pmc = (
        '<html><head><meta name="citation_pmid" content="1"><link rel="canonical"'
        ' href="https://pmc.ncbi.nlm.nih.gov/articles/PMC1/"></head><body></body></html>'
    )
    for text in (ordinary, medline, other_html, pmc, "", "\0\1\2" * 50):
        assert not pubmed_page.recognises(text.encode(), ".txt")


@pytest.fixture(scope="module")
def page() -> Document:
    return only(HTML)


def test_html_page_is_recognised_in_any_case() -> None:
    head = HTML.read_bytes()
    assert pubmed_page.recognises(head, ".html") and pubmed_page.recognises(head, "")
    without_address = head.replace(b"pubmed.ncbi.nlm.nih.gov", b"example.org")
    assert pubmed_page.recognises(without_address.replace(b"<meta", b"<META"), ".htm")


def test_html_record(page: Document) -> None:
    record = page.reference
    assert record.title == "Lantern-7 and CD4+ remyelination in Mus placeholderi: a randomised trial"
    assert [(a.given, a.family, a.literal) for a in record.authors] == [
        ("Mireille", "van der Østby", ""),
        ("José Ángel", "Quintanar Ruíz", ""),
        ("", "", "Lantern Trial Collaborators"),
    ]
    assert record.authors_complete
    assert (record.journal, record.date, record.volume) == ("Int J Ex", "2023-04-17", "41")
    assert (record.issue, record.pages) == ("4 Suppl 2", "S117-S124")
    assert (record.doi, record.pmid, record.pmcid) == (
        "10.5555/ijx.2023(04)00117-x",
        "99000017",
        "PMC99000018",
    )
    assert record.publication_types == ("Randomized Controlled Trial", "Retracted Publication")
    assert record.keywords == ("lantern-7", "myelin", "β-catenin")
    assert (record.mesh, record.trials) == (("Animals", "Myelin Sheath"), ("NCT09999999",))
    assert record.retraction and (record.retraction.kind, record.retraction.date) == ("retracted", "2024-01")
    assert "PMID 99000099" in record.retraction.notice
    assert [(link.kind, link.target) for link in page.links] == [("retraction", "pmid:99000099")]


def test_html_text_is_plain_and_only_the_article_s(page: Document) -> None:
    assert parts(page) == [
        ("title", "", "Lantern-7 and CD4+ remyelination in Mus placeholderi: a randomised trial"),
        ("heading", "Background", "Background"),
        (
            "background",
            "Background",
            "Remyelination slows with age, and no small molecule is known to restore it in M. placeholderi.",
        ),
        ("heading", "Main outcomes and measures", "Main outcomes and measures"),
        ("methods", "Main outcomes and measures", "Axons per 104 µm2 (P < .05)."),
        ("heading", "Results", "Results"),
        ("results", "Results", "Lantern-7 doubled the count (12·4 vs 6·1; 95% CI 4.2–8.4)."),
        ("heading", "Trial registration", "Trial registration"),
        ("registration", "Trial registration", "ClinicalTrials.gov NCT09999999."),
        ("keywords", "Keywords", "Keywords: lantern-7; myelin; β-catenin."),
        (
            "disclosure",
            "Conflict of interest statement",
            "MvdØ holds shares in Lantern Ltd. The other authors declare none.",
        ),
        ("heading", "Figure 1", "Figure 1"),
        ("figure", "Figure 1", "Axons before and after lantern-7. Bars are 20 µm."),
        (
            "references",
            "References",
            "Placeholder A, Müller-Ex B. Does Mus remyelinate? J Ex Neurol. 2019 Mar;36(3):2977-90."
            " doi: 10.5555/jen(19)3",
        ),
        (
            "references",
            "References",
            "World Example Organization. Global report on examples. Geneva: WEO; 2014.",
        ),
    ]


def test_html_references_take_the_identifiers_of_their_links(page: Document) -> None:
    first, second = page.references
    assert (first.title, first.journal, first.pages) == ("Does Mus remyelinate?", "J Ex Neurol", "2977-2990")
    assert (first.doi, first.pmid, first.pmcid) == ("10.5555/jen(19)3", "31313131", "PMC4242424")
    assert (second.authors, second.publisher, second.number) == (
        (Author(literal="World Example Organization"),),
        "WEO",
        2,
    )
    assert page.notes[0] == "2 of 31 references as listed on the saved page"


def test_html_in_another_encoding_and_without_its_full_heading(tmp_path: Path) -> None:
    """The short heading and the meta tags are enough, and a truncated author list stays one."""
    text = HTML.read_text(encoding="utf-8").replace("charset=UTF-8", "charset=windows-1252")
    start, end = text.index('<div class="full-view"'), text.index('<div class="short-view"')
    text = text[:start] + text[end:]
    path = tmp_path / "page.html"
    path.write_bytes(text.replace("β", "beta").replace("CD4+", "").encode("cp1252", "xmlcharrefreplace"))
    record = only(path).reference
    assert record.title.startswith("Lantern-7 and CD4+ remyelination")
    assert (record.year, record.doi) == (2023, "10.5555/ijx.2023(04)00117-x")
    assert (record.journal, len(record.authors), record.authors_complete) == ("Int J Ex", 4, True)


def test_page_without_a_title_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_text("Skip to main page content\nAbstract\n\nPubMed Disclaimer\n", encoding="utf-8")
    with pytest.raises(SourceError, match="save it again"):
        documents(path)


def test_labels_of_numbered_and_plain_headings() -> None:
    """A capital I or V at a heading's beginning is a letter, not a number."""
    found = {
        heading: label_for(heading) for heading in ("Introduction", "Importance", "IV. Results", "2. Methods")
    }
    assert found == {
        "Introduction": "background",
        "Importance": "background",
        "IV. Results": "results",
        "2. Methods": "methods",
    }


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from([SEED_TEXT, COPIED]),
    st.lists(
        st.tuples(st.sampled_from(["delete", "double", "cut", "swap"]), st.integers(0, 10**6)), max_size=25
    ),
)
def test_a_damaged_page_gives_documents_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, text: str, damage: list[tuple[str, int]]
) -> None:
    """Whatever lines are missing, doubled, cut or moved: exact slices in order, or a SourceError."""
    lines = text.splitlines(keepends=True)
    for kind, number in damage:
        place = number % max(1, len(lines))
        if kind == "delete":
            lines[place : place + 1] = []
        elif kind == "double":
            lines[place:place] = lines[place : place + 1]
        elif kind == "cut" and lines:
            lines[place] = lines[place][: number % (len(lines[place]) + 1)].rstrip("\n") + "\n"
        elif kind == "swap":
            lines[place : place + 2] = reversed(lines[place : place + 2])
    damaged = "".join(lines)
    path = tmp_path_factory.mktemp("damaged") / "page.txt"
    path.write_bytes(damaged.encode())
    try:
        found = documents(path)
    except SourceError:
        return
    for document in found:
        if isinstance(document, Failure):
            continue
        assert document.title
        assert all(part in damaged for _, _, part in parts(document))
        for noise in ("Skip to main", "LinkOut - more", "Access keys"):
            assert noise not in document.text.content
