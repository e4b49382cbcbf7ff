"""The papers a document cites, held or not, and the documents that cite a paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index import store
from index.cited import CitedBy, cited, citing, held, missing, with_references
from index.library import Library
from index.records import Author, InTextCitation, Reference, identifiers

Paper = Callable[..., Path]

REVIEW = """<?xml version="1.0"?><article article-type="review-article">
<front><journal-meta><journal-title-group><journal-title>J Test</journal-title></journal-title-group>
</journal-meta><article-meta><article-id pub-id-type="doi">10.1000/{doi}</article-id>
<title-group><article-title>A review of singing animals {doi}</article-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>Wu</surname><given-names>Lei</given-names></name>
</contrib></contrib-group><pub-date><year>2021</year></pub-date>
<abstract><p>Animals sing.</p></abstract></article-meta></front>
<body><sec><title>Song</title><p>Whales sing in winter <xref ref-type="bibr" rid="r1">1</xref>. Geese call
<xref ref-type="bibr" rid="r2">2</xref>,<xref ref-type="bibr" rid="r3">3</xref>. Nobody sings alone.</p></sec>
</body>
<back><ref-list>
<ref id="r1"><element-citation publication-type="journal"><person-group><name><surname>Payne</surname>
<given-names>R</given-names></name></person-group>
<article-title>Songs of humpback whales in winter</article-title>
<source>J Test</source><year>1971</year>
<pub-id pub-id-type="doi">10.1000/WHALES</pub-id></element-citation></ref>
<ref id="r2"><element-citation publication-type="journal"><person-group><name><surname>Lorenz</surname>
<given-names>K</given-names></name></person-group>
<article-title>The calls of the greylag goose at dawn</article-title>
<source>J Test</source><year>1990</year></element-citation></ref>
<ref id="r3"><element-citation publication-type="journal"><person-group><name><surname>Lorenz</surname>
<given-names>K</given-names></name></person-group>
<article-title>Geese again</article-title>
<source>J Test</source><year>1991</year><pub-id pub-id-type="pmid">33</pub-id></element-citation></ref>
</ref-list></back></article>"""
GOOSE = """TY  - JOUR
AU  - Lorenz, Konrad
TI  - The calls of the greylag goose at dawn
JO  - J Test
PY  - 1990
AB  - Greylag geese call at dawn.
ER  -
"""


@pytest.fixture
def review(tmp_path: Path) -> Path:
    return _review(tmp_path, "song")


def _review(tmp_path: Path, doi: str) -> Path:
    path = tmp_path / f"{doi}.xml"
    path.write_text(REVIEW.replace("{doi}", doi), "utf-8")
    return path


def test_a_reference_is_held_by_identifier_or_by_title_year_and_author(
    library: Library, review: Path, paper: Paper, tmp_path: Path
) -> None:
    library.add(review)
    assert [(one.number, one.status) for one in cited(library, "10.1000/song")] == [
        (1, "missing"), (2, "missing"), (3, "missing"),
    ]  # fmt: skip
    library.add(paper("whales.xml", pmid="71", doi="10.1000/whales", title="Songs of whales", year="1971"))
    (tmp_path / "goose.ris").write_text(GOOSE, "utf-8")
    library.add(tmp_path / "goose.ris")
    assert [(one.number, one.status, one.document_id) for one in cited(library, "10.1000/song")] == [
        (1, "held", "pmid:71"),
        (2, "held", _goose(library)),
        (3, "missing", ""),
    ]
    assert [(one.reference.title, name) for one, name in missing(library)] == [
        ("Geese again", "doi:10.1000/song")
    ]
    assert citing(library, "pmid:71") == [CitedBy("doi:10.1000/song", 1)]
    assert citing(library, _goose(library)) == [CitedBy("doi:10.1000/song", 2)]
    assert citing(library, "10.1000/song") == []


def _goose(library: Library) -> str:
    return next(one.id for one in library.documents() if one.title.startswith("The calls"))


def test_a_paper_with_another_identifier_of_the_same_kind_is_not_the_one_cited(
    library: Library, review: Path, paper: Paper
) -> None:
    # The title, year and author of reference 1, but another DOI: a reprint, or a part II.
    title = "Songs of humpback whales in winter"
    path = paper("other.xml", pmid="9", doi="10.1000/other", title=title, year="1971")
    path.write_text(path.read_text("utf-8").replace("Nógrádi", "Payne"), "utf-8")
    library.add([review, path])
    assert [one.status for one in cited(library, "10.1000/song")] == ["missing"] * 3
    assert citing(library, "pmid:9") == []


def test_a_retracted_paper_is_marked_held_or_not(library: Library, review: Path, tmp_path: Path) -> None:
    library.add(review)
    retracted = tmp_path / "whales.xml"
    retracted.write_text(
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>71</PMID><Article>"
        "<ArticleTitle>Songs of whales</ArticleTitle><PublicationTypeList>"
        "<PublicationType>Retracted Publication</PublicationType></PublicationTypeList></Article>"
        "</MedlineCitation><PubmedData><ArticleIdList>"
        '<ArticleId IdType="doi">10.1000/whales</ArticleId></ArticleIdList></PubmedData></PubmedArticle>'
        "</PubmedArticleSet>",
        "utf-8",
    )
    library.add(retracted)
    first = cited(library, "10.1000/song")[0]
    assert (first.status, first.document_id) == ("retracted", "pmid:71")
    assert first.to_dict()["retraction"]["kind"] == "retracted"


def test_what_several_documents_miss_is_listed_once(library: Library, review: Path, tmp_path: Path) -> None:
    library.add([review, _review(tmp_path, "more")])
    assert [(one.number, name) for one, name in missing(library)] == [
        (1, "doi:10.1000/song"), (2, "doi:10.1000/song"), (3, "doi:10.1000/song"),
    ]  # fmt: skip
    assert [name for _, name in missing(library, ["10.1000/more"])] == ["doi:10.1000/more"] * 3
    assert [one.id for one in with_references(library)] == ["doi:10.1000/song", "doi:10.1000/more"]


def test_what_cites_a_paper_survives_removal_rebuild_and_compaction(
    library: Library, review: Path, paper: Paper, tmp_path: Path
) -> None:
    library.add(
        [
            review,
            _review(tmp_path, "more"),
            paper("whales.xml", pmid="71", doi="10.1000/whales", title="Songs of humpback whales"),
        ]
    )
    both = [CitedBy("doi:10.1000/song", 1), CitedBy("doi:10.1000/more", 1)]
    assert citing(library, "pmid:71") == both
    library.rebuild(anew=True)
    assert citing(library, "pmid:71") == both
    library.remove(["10.1000/song"])
    assert citing(library, "pmid:71") == both[1:]
    library.compact()
    assert citing(library, "pmid:71") == both[1:]


def test_a_segment_filed_by_other_rules_is_filed_anew(
    library: Library, review: Path, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.facets, "VERSION", 1)
    library.add(
        [review, paper("whales.xml", pmid="71", doi="10.1000/whales", title="Songs of humpback whales")]
    )
    monkeypatch.undo()
    with Library.open(library.path, encoder=library.encoder) as again:
        assert citing(again, "pmid:71") == [CitedBy("doi:10.1000/song", 1)]


def test_the_numbers_that_a_sentence_cites(library: Library, review: Path) -> None:
    library.add(review)
    document = library.document("10.1000/song")
    content = document.text.content
    start = content.index("Geese call")
    found = library.cited_within(document, start, content.index("Nobody"))
    assert tuple(one.number for one in found) == (2, 3)
    assert library.cited_within(document, content.index("Nobody"), len(content)) == ()
    assert all(isinstance(one, InTextCitation) for one in document.citations)


def test_a_reference_that_names_nothing_is_held_by_nothing(library: Library, paper: Paper) -> None:
    library.add(paper("a.xml", pmid="1"))
    nameless = Reference(title="Short", authors=(Author("Wu", "L"),))
    assert identifiers(nameless) == ()
    assert held(library, nameless) is None
