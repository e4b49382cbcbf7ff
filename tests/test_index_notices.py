"""A notice in the library marks the paper it is about, whatever the order and format, while it is held."""

from __future__ import annotations

import sqlite3
from itertools import permutations
from pathlib import Path

import pytest

from index.encoders import HashingEncoder
from index.library import Library
from index.records import Filters, Retraction

TITLE = "Legs grow in mice that walk a great deal"
NOTE = "On legs that grow in mice"


def pubmed_xml(pmid: str, title: str, kind: str, links: str = "") -> str:
    return (
        f"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article><Journal>"
        "<JournalIssue><PubDate><Year>2020</Year></PubDate></JournalIssue></Journal>"
        f"<ArticleTitle>{title}</ArticleTitle>"
        f"<Abstract><AbstractText>Words on {title}.</AbstractText></Abstract>"
        f"<PublicationTypeList><PublicationType>{kind}</PublicationType></PublicationTypeList></Article>"
        f"<CommentsCorrectionsList>{links}</CommentsCorrectionsList></MedlineCitation>"
        f"</PubmedArticle></PubmedArticleSet>"
    )


def xml_notice(kind: str, ref_type: str) -> str:
    about = (
        f"<CommentsCorrections RefType='{ref_type}'><RefSource>J Test. 2015;1:1</RefSource><PMID>1</PMID>"
        "</CommentsCorrections>"
    )
    return pubmed_xml("9", NOTE, kind, about)


def nbib(pmid: str, title: str, kind: str, more: str = "") -> str:
    return f"PMID- {pmid}\nTI  - {title}.\nAB  - Words on {title}.\nDP  - 2020\nPT  - {kind}\n{more}\n"


def ris(title: str, doi: str, *more: str) -> str:
    lines = [
        "TY  - JOUR",
        f"TI  - {title}",
        "PY  - 2020",
        f"AB  - Words on {title}.",
        f"DO  - {doi}",
        *more,
    ]
    return "\n".join([*lines, "ER  - ", ""])


def jats(doi: str, title: str, kind: str, related: str = "") -> str:
    return (
        f'<article article-type="{kind}" xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>'
        f'<article-id pub-id-type="doi">{doi}</article-id><title-group><article-title>{title}</article-title>'
        f"</title-group><pub-date><year>2020</year></pub-date>{related}"
        f"<abstract><p>Words on {title}.</p></abstract></article-meta></front></article>"
    )


def jats_notice(kind: str, related: str) -> str:
    about = (
        f'<related-article related-article-type="{related}" ext-link-type="doi" xlink:href="10.1234/Paper"/>'
    )
    return jats("10.1234/notice", NOTE, kind, about)


#: The paper and the notice, each with its file's suffix, and what the notice makes of the paper.
PAIRS = {
    "pubmed xml, retraction": (
        ("xml", pubmed_xml("1", TITLE, "Journal Article")),
        ("xml", xml_notice("Retraction of Publication", "RetractionOf")),
        "retracted",
    ),
    "pubmed xml, concern": (
        ("xml", pubmed_xml("1", TITLE, "Journal Article")),
        ("xml", xml_notice("Expression of Concern", "ExpressionOfConcernFor")),
        "concern",
    ),
    "pubmed xml, erratum": (
        ("xml", pubmed_xml("1", TITLE, "Journal Article")),
        ("xml", xml_notice("Published Erratum", "ErratumFor")),
        "correction",
    ),
    "nbib, retraction": (
        ("nbib", nbib("1", TITLE, "Journal Article")),
        ("nbib", nbib("9", NOTE, "Retraction of Publication", "ROF - J Test. 2015;1:1. PMID: 1\n")),
        "retracted",
    ),
    "nbib, partial retraction": (
        ("nbib", nbib("1", TITLE, "Journal Article")),
        ("nbib", nbib("9", NOTE, "Retraction of Publication", "PROF- J Test. 2015;1:1. PMID: 1\n")),
        "concern",
    ),
    "nbib, concern": (
        ("nbib", nbib("1", TITLE, "Journal Article")),
        ("nbib", nbib("9", NOTE, "Expression of Concern", "ECF - J Test. 2015;1:1. PMID: 1\n")),
        "concern",
    ),
    "nbib, erratum": (
        ("nbib", nbib("1", TITLE, "Journal Article")),
        ("nbib", nbib("9", NOTE, "Published Erratum", "EFR - J Test. 2015;1:1. PMID: 1\n")),
        "correction",
    ),
    "ris, retraction": (
        ("ris", ris(TITLE, "10.1234/Paper")),
        ("ris", ris(NOTE, "10.1234/n", "N1  - Retraction of: J Test. 2015;1:1. doi: 10.1234/paper")),
        "retracted",
    ),
    "ris, concern": (
        ("ris", ris(TITLE, "10.1234/Paper")),
        ("ris", ris(NOTE, "10.1234/n", "N1  - Expression of concern for: J Test. doi: 10.1234/paper")),
        "concern",
    ),
    "ris, erratum": (
        ("ris", ris(TITLE, "10.1234/Paper")),
        ("ris", ris(NOTE, "10.1234/n", "N1  - Erratum for: J Test. 2015;1:1. doi: 10.1234/paper")),
        "correction",
    ),
    "jats, retraction": (
        ("xml", jats("10.1234/paper", TITLE, "research-article")),
        ("xml", jats_notice("retraction", "retracted-article")),
        "retracted",
    ),
    "jats, retraction told by the notice's own word": (
        ("xml", jats("10.1234/paper", TITLE, "research-article")),
        ("xml", jats_notice("retraction", "retraction")),
        "retracted",
    ),
    "jats, concern": (
        ("xml", jats("10.1234/paper", TITLE, "research-article")),
        ("xml", jats_notice("expression-of-concern", "object-of-concern")),
        "concern",
    ),
    "jats, concern told by the notice's own word": (
        ("xml", jats("10.1234/paper", TITLE, "research-article")),
        ("xml", jats_notice("expression-of-concern", "expression-of-concern")),
        "concern",
    ),
    "jats, erratum": (
        ("xml", jats("10.1234/paper", TITLE, "research-article")),
        ("xml", jats_notice("correction", "corrected-article")),
        "correction",
    ),
    "paper in nbib, notice in pubmed xml": (
        ("nbib", nbib("1", TITLE, "Journal Article")),
        ("xml", xml_notice("Retraction of Publication", "RetractionOf")),
        "retracted",
    ),
    "paper in ris, notice in jats": (
        ("ris", ris(TITLE, "10.1234/Paper")),
        ("xml", jats_notice("retraction", "retracted-article")),
        "retracted",
    ),
}


def verdict(library: Library, title: str) -> Retraction | None:
    (found,) = [d for d in library.documents() if d.title == title]
    return found.reference.retraction


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("notice_first", [False, True])
def test_a_notice_marks_its_paper_in_either_order_until_it_is_removed(
    library: Library, tmp_path: Path, name: str, notice_first: bool
) -> None:
    paper, notice, kind = PAIRS[name]
    files = []
    for role, (suffix, content) in (("paper", paper), ("notice", notice)):
        files.append(tmp_path / f"{role}.{suffix}")
        files[-1].write_text(content, "utf-8")
    for file in reversed(files) if notice_first else files:
        assert not library.add([file]).failed
    assert len(library) == 2
    found = verdict(library, TITLE)
    notice_id = next(d.id for d in library.documents() if d.title == NOTE)
    assert found is not None
    assert (found.kind, found.date) == (kind, "2020")
    assert found.origin == f"a notice in this library, {notice_id}"
    assert NOTE in found.notice
    assert verdict(library, NOTE) is None
    assert library.select(Filters(retracted=True)).left.documents == (kind == "retracted")
    library.rebuild(anew=True)
    assert verdict(library, TITLE) == found
    library.remove([notice_id])
    assert verdict(library, TITLE) is None
    assert library.select(Filters(retracted=True)).left.documents == 0
    library.compact()
    assert verdict(library, TITLE) is None
    library.add([files[1]])
    assert verdict(library, TITLE) == found


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_gravest_notice_counts_whatever_the_order(
    library: Library, tmp_path: Path, order: tuple[int, ...]
) -> None:
    texts = [
        nbib("1", TITLE, "Journal Article", "EIN - J Test. 2016;1:2. PMID: 8\n"),
        nbib("9", NOTE, "Expression of Concern", "ECF - J Test. 2015;1:1. PMID: 1\n"),
        nbib("10", f"{NOTE} again", "Retraction of Publication", "ROF - J Test. 2015;1:1. PMID: 1\n"),
    ]
    for place in order:
        path = tmp_path / f"{place}.nbib"
        path.write_text(texts[place], "utf-8")
        library.add([path])
    found = verdict(library, TITLE)
    assert found is not None and found.kind == "retracted"
    library.remove(["10"])
    found = verdict(library, TITLE)
    assert found is not None and found.kind == "concern"
    library.remove(["9"])
    assert verdict(library, TITLE) == Retraction(
        "correction", "2016", "PMID 8, J Test. 2016;1:2.", "the paper's own record"
    )
    assert [one.retraction.kind for one in library.retractions().documents] == ["correction"]


def test_a_notice_marks_a_reference_that_is_not_held(library: Library, tmp_path: Path) -> None:
    citing = jats("10.1234/review", "A review of legs that grow", "review-article").replace(
        "</article>",
        '<back><ref-list><ref id="r1"><mixed-citation>Legs. J Test. 2015;1:1.'
        '<pub-id pub-id-type="pmid">1</pub-id></mixed-citation></ref></ref-list></back></article>',
    )
    (tmp_path / "a.xml").write_text(citing, "utf-8")
    (tmp_path / "b.xml").write_text(xml_notice("Retraction of Publication", "RetractionOf"), "utf-8")
    library.add([tmp_path / "a.xml", tmp_path / "b.xml"])
    (reference,) = library.document("10.1234/review").references
    assert reference.retraction is not None
    assert reference.retraction.origin == "a notice in this library, pmid:9"
    assert [one.name for one in library.retractions().references] == ["pmid:1"]


def test_segments_written_before_notices_were_filed_are_read_all_the_same(
    library: Library, tmp_path: Path
) -> None:
    (tmp_path / "a.xml").write_text(pubmed_xml("1", TITLE, "Journal Article"), "utf-8")
    (tmp_path / "b.xml").write_text(xml_notice("Retraction of Publication", "RetractionOf"), "utf-8")
    library.add([tmp_path])
    library.close()
    for file in (library.path / "segments").rglob("records.sqlite"):
        db = sqlite3.connect(file)
        db.execute("DELETE FROM facets WHERE kind = 'notice'")
        db.execute("PRAGMA user_version = 1")
        db.commit()
        db.close()
    with Library.open(library.path, encoder=HashingEncoder(64)) as older:
        found = verdict(older, TITLE)
        assert found is not None and found.kind == "retracted"
        assert older.select(Filters(retracted=True)).left.documents == 1
