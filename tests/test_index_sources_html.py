"""Web pages: the article's own text, its record, its references, and pages that are no article."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import SourceError
from index.records import Document
from index.sources import html_page, reader_for

PAGE = """<!DOCTYPE html><html lang="en"><head><title>Cells that move | Journal of Cells</title>
<meta charset="utf-8"><meta name="citation_title" content="Cells that move">
<meta name="citation_author" content="Nógrádi, Antal"><meta name="citation_author" content="Lei Wu">
<meta name="citation_journal_title" content="Journal of Cells">
<meta name="citation_publication_date" content="2021/03/09">
<meta name="citation_online_date" content="2020/12/30">
<meta name="citation_volume" content="7"><meta name="citation_issue" content="2">
<meta name="citation_firstpage" content="11"><meta name="citation_lastpage" content="19">
<meta name="citation_doi" content="10.1000/cells.7"><meta name="citation_pmid" content="31234567">
<link rel="canonical" href="https://pmc.ncbi.nlm.nih.gov/articles/PMC7654321/">
<script>var menu = "not text";</script></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/issues">Issues</a></li></ul></nav>
<div class="cookie-banner">We use cookies to improve this site.</div>
<main><article><h1>Cells that move</h1>
<div class="authors"><p>Antal Nógrádi, Lei Wu</p></div>
<section><h2>Abstract</h2><h3>Background</h3><p>Cells move in tissue.</p>
<h3>Results</h3><p>They moved 5 mm (NCT01234567).</p></section>
<p>Keywords: cells; motion</p>
<section><h2>1. Introduction</h2><p>Cells move<sup><a href="#r1">1</a>,<a href="#r2">2</a></sup> and
<em>divide</em>   [<a href="#r3">3</a>]. <a href="/enlarge">View larger image</a></p></section>
<section><h2>2. Materials and methods</h2><p>We used H<sub>2</sub>O at 10<sup>6</sup> cells.</p>
<ol><li>First step.</li><li>Second step.</li></ol>
<figure id="f1"><img src="a.png"><figcaption><b>Figure 1.</b> A cell that moves.</figcaption></figure>
<div class="table-wrap"><p><strong>Table 1.</strong> Speeds.</p><table><thead>
<tr><th>Cell</th><th>Speed</th></tr></thead>
<tbody><tr><td rowspan="2">A</td><td>5</td></tr><tr><td>7</td></tr></tbody></table></div></section>
<section><h2>Results</h2><p>Cells moved.</p></section>
<section><h2>Conflict of interest</h2><p>None declared.</p></section>
<section><h2>Funding</h2><p>Funded by the Fund.</p></section>
<section id="refs"><h2>References</h2><ol>
<li id="r1">Wu L, Li A. On cells. J Cell. 2001;3:1-9. [<a href="https://doi.org/10.1000/one">CrossRef</a>]
[<a href="https://pubmed.ncbi.nlm.nih.gov/11111111/">PubMed</a>]
 [<a href="https://scholar.google.com/x">Google Scholar</a>]</li>
<li id="r2">Berg B. On motion. Science. 2002;4:2-8.</li>
<li id="r3">Carl C. On both. Nature. 2003;5:3-7.</li></ol></section>
</article></main>
<aside class="related-articles"><h3>Related articles</h3><ul><li><a href="/a">Another paper on cells</a>
</li></ul></aside>
<footer><p>Copyright the publisher. <a href="/privacy">Privacy</a></p></footer></body></html>"""


def read(tmp_path: Path, text: str | bytes, name: str = "page.html") -> Document:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert reader_for(path, name) is html_page
    (document,) = html_page.read(path, source="0" * 64, name=name)
    assert isinstance(document, Document)
    return document


def parts(document: Document, label: str) -> list[str]:
    return [document.text.content[s.start : s.end] for s in document.sections if s.label == label]


def test_the_record_comes_from_the_tags(tmp_path: Path) -> None:
    record = read(tmp_path, PAGE).reference
    assert record.title == "Cells that move"
    assert [(a.family, a.given) for a in record.authors] == [("Nógrádi", "Antal"), ("Wu", "Lei")]
    assert (record.journal, record.year, record.date) == ("Journal of Cells", 2021, "2021-03-09")
    assert (record.volume, record.issue, record.pages) == ("7", "2", "11-19")
    assert (record.doi, record.pmid, record.pmcid) == ("10.1000/cells.7", "31234567", "PMC7654321")
    assert record.language == "eng"
    assert record.trials == ("NCT01234567",)


def test_the_site_around_an_article_is_left_out_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    content = read(tmp_path, PAGE).text.content
    for word in (
        "Home",
        "Issues",
        "cookies",
        "Another paper",
        "Privacy",
        "not text",
        "View larger",
        "Scholar",
    ):
        assert word not in content
    for word in ("Cells move in tissue.", "First step.", "A cell that moves.", "Funded by the Fund."):
        assert content.count(word) == 1


def test_parts_have_their_labels(tmp_path: Path) -> None:
    document = read(tmp_path, PAGE)
    assert [(s.label, s.heading) for s in document.sections if s.label not in {"heading", "references"}] == [
        ("title", ""),
        ("background", "Background"),
        ("results", "Results"),
        ("keywords", "Keywords"),
        ("background", "1. Introduction"),
        ("methods", "2. Materials and methods"),
        ("figure", "Figure 1"),
        ("table", "Table 1"),
        ("results", "Results"),
        ("disclosure", "Conflict of interest"),
        ("funding", "Funding"),
        ("affiliations", "Affiliations"),
    ]
    assert parts(document, "keywords") == ["cells; motion"]
    assert parts(document, "figure") == ["A cell that moves."]
    assert parts(document, "table") == ["Speeds.\n\nCell | Speed\n\nA | 5\n\n| 7"]
    assert parts(document, "methods") == ["We used H2O at 10⁶ cells.\n\n1. First step.\n2. Second step."]
    assert parts(document, "affiliations") == ["Antal Nógrádi, Lei Wu"]


def test_authors_in_any_elements_are_no_text_and_are_not_lost(tmp_path: Path) -> None:
    page = PAGE.replace('<div class="authors"><p>Antal Nógrádi, Lei Wu</p></div>', (
        '<header class="authors"><span>Antal Nógrádi</span>, <span>Lei Wu</span><p>Institute</p></header>'
    ))  # fmt: skip
    assert parts(read(tmp_path, page), "affiliations") == ["Antal Nógrádi , Lei Wu Institute"]


def test_references_are_entries_and_the_text_points_into_them(tmp_path: Path) -> None:
    document = read(tmp_path, PAGE)
    first = document.references[0]
    assert [r.number for r in document.references] == [1, 2, 3]
    assert (first.title, first.doi, first.pmid, first.year) == ("On cells", "10.1000/one", "11111111", 2001)
    assert first.printed == "Wu L, Li A. On cells. J Cell. 2001;3:1-9."
    content = document.text.content
    assert [(content[c.start : c.end], c.reference_numbers) for c in document.citations] == [
        ("[1,2]", (1, 2)),
        ("[3]", (3,)),
    ]
    assert "Cells move[1,2] and divide [3]." in content


def test_entries_without_a_list_are_told_by_what_the_text_points_to(tmp_path: Path) -> None:
    page = PAGE.replace("<ol>\n<li id=", "<div>\n<li id=").replace("<li id", '<div class="ref" id')
    page = page.replace("</li></ol></section>\n</article>", "</div></div></section></article>")
    page = page.replace("</li>\n<div", "</div>\n<div").replace("</li><div", "</div><div")
    document = read(tmp_path, page)
    assert [r.title for r in document.references] == ["On cells", "On motion", "On both"]
    assert [c.reference_numbers for c in document.citations] == [(1, 2), (3,)]


def test_linked_data_tells_what_tags_do_not(tmp_path: Path) -> None:
    page = """<html><head><script type="application/ld+json">{"@graph": [{"@type": "WebSite", "name": "Site"},
    {"@type": "ScholarlyArticle", "headline": "A study of frogs", "datePublished": "2019-05-02",
    "author": [{"@type": "Person", "familyName": "Iskandar", "givenName": "Djoko"}],
    "isPartOf": {"@type": "PublicationIssue", "isPartOf": {"@type": "Periodical", "name": "Frogs"}},
    "sameAs": "https://doi.org/10.1000/frogs.1"}]}</script></head><body><h1>A study of frogs</h1>
    <p>Frogs were seen in great numbers beside the river in all of the years of the study told here.</p>
    </body></html>"""
    record = read(tmp_path, page).reference
    assert (record.title, record.year, record.journal, record.doi) == (
        "A study of frogs", 2019, "Frogs", "10.1000/frogs.1",
    )  # fmt: skip
    assert record.authors[0].family == "Iskandar"


def test_a_plain_page_is_read_with_its_title(tmp_path: Path) -> None:
    sentence = "The committee met in the spring and agreed on the wording of the report in every part. "
    page = (
        "<html><head><title>A report on rivers | The Agency</title></head><body><div id=menu><ul>"
        + "".join(f"<li><a href=/{n}>Menu item number {n}</a></li>" for n in range(9))
        + f"</ul></div><div><p>{sentence * 3}</p><p>{sentence * 2}</p></div></body></html>"
    )
    document = read(tmp_path, page)
    assert document.title == "A report on rivers"
    assert parts(document, "body") == [f"{(sentence * 3).strip()}\n\n{(sentence * 2).strip()}"]


@pytest.mark.parametrize(
    ("encoding", "head"),
    [
        ("cp1252", '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">'),
        ("cp1252", '<meta charset="windows-1252">'),
        ("utf-8", '<meta charset="iso-8859-1">'),
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("shift_jis", '<meta charset="shift_jis">'),
    ],
)
def test_the_encoding_is_what_the_bytes_and_the_page_say(tmp_path: Path, encoding: str, head: str) -> None:
    words = "日本の川" if encoding == "shift_jis" else "Nógrádi’s “cells” – naïve"
    text = f"<html><head>{head}<title>T</title></head><body><p>{words} {'word ' * 50}</p></body></html>"
    assert words in read(tmp_path, text.encode(encoding)).text.content


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<form>Please sign in to your account <input name=user></form>", "asks to sign in"),
        ("<div id=root></div><script>start()</script>", "filled in by a script"),
        ("".join(f"<p><a href=/{n}>Result {n}: a paper on cells</a></p>" for n in range(6)), "article text"),
        ("<pre>Pubmed-entry ::= {\n pmid 1,\n medent { } }</pre>", "record for programs"),
    ],
)
def test_a_page_without_an_article_is_named_with_a_remedy(tmp_path: Path, body: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason) as raised:
        read(tmp_path, f"<html><head><title>x</title></head><body>{body}</body></html>")
    assert "\n" not in str(raised.value)


def test_what_others_read_is_not_taken() -> None:
    assert html_page.recognises(b"<!doctype html><p>x", ".html")
    assert html_page.recognises(b"\n<HTML><body>", "")
    assert not html_page.recognises(b"<article><front/></article>", ".xml")
    assert not html_page.recognises(b"<div align=center>\n# Title\n", ".md")
    assert not html_page.recognises(b"Plain text <p> with a tag", ".txt")
    assert not html_page.recognises(b"<PubmedArticleSet>", ".xml")
    assert not html_page.recognises(b"%PDF-1.4", ".pdf")


def test_hostile_pages_stay_within_limits(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nested beyond"):
        read(tmp_path, "<html><body>" + "<div>" * 100_000 + "text" + "</div>" * 100_000)
    words = "word " * 60
    wide = read(tmp_path, f"<html><body class='{'x' * 1_000_000}'><p title='{'y' * 1_000_000}'>{words}</p>")
    assert wide.text.content.endswith(words.strip())
    cells = "<table><tr>" + "<td rowspan=99999 colspan=99999>a</td>" * 200 + "</tr></table>"
    assert "a | a" in read(tmp_path, f"<html><body><p>{words}</p>{cells}</body></html>").text.content
    deep = "<b><i>" * 500 + words + "<ul><li>" * 300 + "inner words"
    assert "inner words" in read(tmp_path, f"<html><body>{deep}</body></html>").text.content
    entity = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><body><p>&x; '
    assert "root:" not in read(tmp_path, entity + words).text.content


def test_a_page_beyond_all_articles_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.sources.html_open.LONGEST", 1000)
    with pytest.raises(SourceError, match="larger than"):
        read(tmp_path, f"<html><body>{'word ' * 1000}</body></html>")
    monkeypatch.setattr("index.sources.html_open.MOST_TAGS", 100)
    with pytest.raises(SourceError, match="more elements"):
        read(tmp_path, f"<html><body>{'<p>a' * 101}</body></html>")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_a_damaged_page_gives_a_document_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    """The larger run (2,000 mutations of the real pages) is named in the commit that added this reader."""
    chance, data = random.Random(seed), bytearray(PAGE.encode())
    for _ in range(chance.choice([1, 5, 30])):
        at = chance.randrange(len(data) + 1)
        piece = chance.choice(
            [b"<div>", b"</section>", b"<table><tr><td>", b"&#1;", b"\xff", b"<ul>", b"<m:x<", b">"]
        )
        if chance.random() < 0.5:
            data[at:at] = piece
        else:
            del data[at : at + chance.choice([1, 40, 400])]
    path = tmp_path_factory.mktemp("damaged") / "page.html"
    path.write_bytes(bytes(data))
    try:
        documents = list(html_page.read(path, source="0" * 64, name="page.html"))
    except SourceError:
        return
    for document in documents:
        assert isinstance(document, Document)
        length = len(document.text.content)
        assert all(0 <= s.start < s.end <= length for s in document.sections)
        for cited in document.citations:
            assert 0 <= cited.start < cited.end <= length
            assert all(1 <= n <= len(document.references) for n in cited.reference_numbers)


def test_a_page_in_a_script_without_blanks_is_no_empty_page(tmp_path: Path) -> None:
    text = "細胞は組織の中を移動し、分裂し、そして休む。" * 10
    page = f"<html><body><h1>Site</h1><main><h1>細胞の研究</h1><p>{text}</p></main></body></html>"
    document = read(tmp_path, page)
    assert document.title == "細胞の研究"
    assert parts(document, "body") == [text]


def test_a_heading_that_names_a_part_is_no_kind_of_article(tmp_path: Path) -> None:
    page = PAGE.replace("<h1>Cells that move</h1>", "<h3>Research article</h3><h1>Cells that move</h1>")
    document = read(tmp_path, page)
    assert parts(document, "affiliations") == ["Research article\nAntal Nógrádi, Lei Wu"]
    heads = parts(read(tmp_path, page.replace("Abstract", "Methods")), "heading")
    assert heads[0] == "Methods"


def test_two_readings_give_one_text(tmp_path: Path) -> None:
    digests = {hashlib.sha256(read(tmp_path, PAGE).text.content.encode()).hexdigest() for _ in range(2)}
    assert len(digests) == 1


PMC = """<html lang="en"><head><title>Cells - PMC</title><meta name="citation_title" content="Cells at rest">
<meta name="citation_author" content="Lei Wu"><meta name="citation_publication_date" content="2019 Mar">
<meta name="citation_journal_title" content="Cells"><meta name="citation_pmid" content="30000001">
<meta name="citation_doi" content="10.1000/rest"></head><body><header><a
href="/">An official website</a></header>
<main><article><section class="front-matter"><h1>Cells at rest</h1>
<div class="cg p"><a href="#"><span class="name">Lei Wu</span></a></div>
<div class="d-panel p" hidden><div class="notes">Department of Cells</div></div></section>
<section class="abstract" id="abstract1"><h2>Abstract</h2>
<p>Cells rest at night in most of the tissues.</p></section>
<section class="body main-article-body"><section id="S1"><h2>Introduction</h2>
<p>Cells rest<sup><a href="#R1" class="usa-link">1</a></sup> much.</p></section>
<section id="S2"><h2>Results</h2><p>They did (<a href="#T1">Table 1</a>).</p>
<section class="tw xbox" id="T1"><h3 class="obj_head">Table 1.</h3><div class="caption p">
<p>Hours of rest.</p></div>
<div class="tbl-box p"><table><thead><tr><th>Cell</th><th>Hours</th></tr></thead><tbody><tr><td>A</td>
<td>5</td></tr>
</tbody></table></div><div class="p text-right"><a href="table/T1/">Open in a new tab</a></div>
<div class="tw-foot p"><div class="fn"><p>Mean of three nights.</p></div></div></section>
<figure class="fig xbox" id="F1"><h3 class="obj_head">Figure 1.</h3>
<p class="img-box"><a href="v"><img src="f.jpg"></a></p>
<figcaption><p>A cell at rest.</p></figcaption></figure></section></section>
<section id="ref-list1" class="ref-list"><h2>References</h2><section><ul class="ref-list"><li id="R1">
<span class="label">1.</span><cite>Wu L, Li A. On cells. J Cell. 2001;3:1-9. doi: 10.1000/one.</cite>
[<a href="https://doi.org/10.1000/one">DOI</a>] [<a href="/articles/PMC123456/">PMC free article</a>]
[<a href="https://pubmed.ncbi.nlm.nih.gov/11111111/">PubMed</a>]</li></ul></section>
</section></article></main></body></html>"""


def test_a_page_of_pubmed_central_gives_tables_figures_and_references(tmp_path: Path) -> None:
    document = read(tmp_path, PMC)
    assert document.title == "Cells at rest"
    assert (document.reference.year, document.reference.date) == (2019, "2019-03")
    assert parts(document, "table") == ["Hours of rest.\n\nMean of three nights.\n\nCell | Hours\n\nA | 5"]
    assert parts(document, "figure") == ["A cell at rest."]
    assert parts(document, "abstract") == ["Cells rest at night in most of the tissues."]
    (cited,) = document.references
    assert (cited.doi, cited.pmid, cited.pmcid) == ("10.1000/one", "11111111", "PMC123456")
    assert cited.printed == "Wu L, Li A. On cells. J Cell. 2001;3:1-9. doi: 10.1000/one."
    assert "Cells rest[1] much." in document.text.content
    assert "official website" not in document.text.content
