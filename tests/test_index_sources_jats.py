"""JATS becomes documents: running text, sections, captions, tables, notes, records, citations; safely."""

from __future__ import annotations

import gzip
import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from index.errors import SourceError
from index.identity import unite
from index.records import Author, Document, Failure, InTextCitation, Link, Reference, Retraction
from index.sources import jats, pubmed_xml
from index.sources.jats_cited import Cited
from index.sources.jats_inline import Inline
from index.sources.jats_math import mathml, tex

REFS = "".join(
    f'<ref id="B{n}"><label>{n}</label><mixed-citation>Entry {n}.</mixed-citation></ref>'
    for n in range(1, 10)
)
META = (
    '<article-id pub-id-type="doi">10.5555/salt</article-id>'
    "<title-group><article-title>Salt and <italic>E. coli</italic>.</article-title></title-group>"
)


def paper(body: str = "", *, meta: str = "", back: str = "", attributes: str = "", refs: str = REFS) -> str:
    return (
        '<article xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:mml="http://www.w3.org/1998/Math/MathML" '
        f"{attributes}><front><journal-meta><journal-title>Salt J</journal-title></journal-meta>"
        f"<article-meta>{META}{meta}</article-meta></front><body>{body}</body>"
        f"<back>{back}<ref-list><title>References</title>{refs}</ref-list></back></article>"
    )


def read(folder: Path, content: str | bytes, name: str = "a.xml") -> list[Document | Failure]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(jats.read(path, source="0" * 64, name=name))


@pytest.fixture
def one(tmp_path):
    def make(*args: str, **kwargs: str) -> Document:
        (found,) = read(tmp_path, paper(*args, **kwargs))
        assert isinstance(found, Document), found
        return found

    return make


def parts(found: Document, *without: str) -> list[tuple[str, str, str]]:
    hidden = {"title", "references", *without}
    text = found.text.content
    return [
        (s.label, s.heading, text[s.start : s.end])
        for s in found.sections
        if s.label not in hidden and s.heading != "References"
    ]


def line(xml: str, *, note: bool = False, cell: bool = False) -> str:
    """What a paragraph holding ``xml`` reads."""
    writer = Inline(Cited({f"B{n}": n for n in range(1, 10)}), cell=cell, note=note)
    writer.children(etree.fromstring(f"<p>{xml}</p>"))
    return writer.run().text


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("a  b\n\t c", "a b c"),
        ("<italic>E. coli</italic> and <bold> x</bold>y", "E. coli and xy"),
        ("H<sub>2</sub>O, CO<sub>2</sub>e, T<sub>max</sub>", "H2O, CO2e, Tmax"),
        ("3 × 10<sup>6 </sup>cells, 10<sup>−5</sup>, (kg)<sup>-1</sup>", "3 × 10⁶ cells, 10⁻⁵, (kg)⁻¹"),
        ("2<sup>−ΔΔCt</sup>, e<sup>−x</sup>, 10<sup>n + 1</sup>", "2^−ΔΔCt, e^−x, 10^(n + 1)"),
        ("Ca<sup>2+</sup>, R<sup>2</sup>, <sup>125</sup>I, 5<sup>th</sup>", "Ca2+, R2, 125I, 5th"),
        ("log<sub>2</sub>2", "log₂2"),
        ('cells<sup><xref rid="B1">1</xref>,<xref rid="B3">3</xref></sup>.', "cells[1,3]."),
        ('cells<xref rid="B1"><sup>1</sup></xref> die', "cells[1] die"),
        ('cells<xref rid="B1">1</xref> die', "cells[1] die"),
        ('cells <sup>[<xref rid="B1">1</xref>]</sup>', "cells [1]"),
        ("children<sup>12,13</sup> were", "children[12,13] were"),
        ('p<xref ref-type="fn" rid="f"><sup>*</sup></xref>', "p*"),
        ('in<xref ref-type="fig" rid="f">Fig. 2A</xref>and', "in Fig. 2A and"),
        ("as<italic>Corythosaurus</italic>, m<italic>Per1</italic>", "as Corythosaurus, mPer1"),
        ("in\u00adter\u200bferon\u00a0α", "interferon\u00a0α"),
        ("a<break/>b <!-- no --> c", "a b c"),
        ("see <inline-graphic/> here", "see [image] here"),
        ("x <inline-formula><inline-graphic/></inline-formula> y", "x [formula] y"),
        (
            "<inline-formula><alternatives><tex-math>$$R^{2}$$</tex-math><math><msup><mi>R</mi>"
            "<mn>2</mn></msup>"
            "</math></alternatives></inline-formula>.",
            "R².",
        ),
        ("so <disp-formula><label>(1)</label><tex-math>$a=b$</tex-math></disp-formula> where",
         "so a=b (1) where"),
        ("these:<list list-type='bullet'><list-item><p>One.</p></list-item><list-item><p>Two.</p></list-item>"
         "</list>after", "these:\n• One.\n• Two.\nafter"),
        ("<list list-type='order'><list-item><p>A</p><p>more</p></list-item><list-item><label>b)</label>"
         "<p>B</p>"
         "</list-item></list>", "1. A\nmore\nb) B"),
        ("<list list-type='simple'><list-item><p>A</p></list-item><list-item><p>B</p></list-item></list>",
         "A\n\nB"),
        ("<def-list><def-item><term>CI</term><def><p>confidence interval</p></def></def-item></def-list>",
         "CI: confidence interval"),
        ("run <preformat>a   b\n  c</preformat> now", "run\n\na   b\n  c\n\nnow"),
        ("<name><surname>Wolf</surname><given-names>G</given-names></name><year>2019</year>", "Wolf G 2019"),
    ],
)  # fmt: skip
def test_running_text_reads_as_it_is_printed(xml, text):
    assert line(xml) == text


def test_the_sign_of_a_note_is_parted_from_its_words():
    assert (
        line("<sup>a</sup>Median. <sup>b</sup>Mean; <sup>3</sup>H counts", note=True)
        == "a Median. b Mean; 3H counts"
    )
    assert (
        line("12.3<sup>a,b</sup> | Unit<sup>c</sup> | m<sup>2</sup>", cell=True) == "12.3[a,b] | Unit[c] | m2"
    )


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("<mi>x</mi><mo>=</mo><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>",
         "x = (a + b)/2"),
        ("<mi>F</mi><mi>sin</mi><mi>θ</mi>", "F sin θ"),
        ("<mover><mi>x</mi><mo>¯</mo></mover><mo>=</mo><mo>−</mo><mn>1</mn>", "x\u0304 = −1"),
        ("<msubsup><mi>σ</mi><mi>i</mi><mn>2</mn></msubsup>", "σ_i²"),
        ("<msqrt><mi>a</mi><mo>+</mo><mi>b</mi></msqrt>", "√(a + b)"),
        ("<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><msub>"
         "<mi>x</mi>"
         "<mi>i</mi></msub>", "∑_(i = 1)^n x_i"),
        ("<mmultiscripts><mi>C</mi><mprescripts/><none/><mn>14</mn></mmultiscripts>", "¹⁴C"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a, b)"),
        ("<semantics><mi>x</mi><annotation>\\x</annotation></semantics>", "x"),
    ],
)  # fmt: skip
def test_formulas_are_lines_of_text(xml, text):
    assert mathml(etree.fromstring(f"<math>{xml}</math>")) == text


def test_tex_loses_its_preamble_only():
    source = r"\documentclass[12pt]{minimal} \begin{document}$$\displaystyle \frac{a}{b}$$\end{document}"
    assert tex(source) == r"\frac{a}{b}"


def test_deep_formulas_take_linear_time():
    deep = "<msqrt>" * 150 + "<mi>x</mi>" + "</msqrt>" * 150
    assert mathml(etree.fromstring(f"<math>{deep}</math>")).count("√") == 150


def cites(*places: str) -> str:
    return "".join(
        place if place[0] != "B" else f'<xref ref-type="bibr" rid="{place}">{place[1:]}</xref>'
        for place in places
    )


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("x [" + cites("B3", "–", "B5") + "].", [("[3–5]", (3, 4, 5))]),
        ("x [" + cites("B1", ",", "B3", "-", "B5", ", ", "B9") + "].", [("[1,3-5, 9]", (1, 3, 4, 5, 9))]),
        ("x<sup>" + cites("B2", "–", "B4") + "</sup> y", [("[2–4]", (2, 3, 4))]),
        ("x " + cites("B1") + " and also here " + cites("B2"), [("1", (1,)), ("2", (2,))]),
        ('x [<xref ref-type="bibr" rid="B3 B4 B5">3–5</xref>]', [("[3–5]", (3, 4, 5))]),
        ('x [<xref ref-type="bibr" rid="B3">3-5</xref>]', [("[3-5]", (3, 4, 5))]),
        ('x [<xref rid="B3">3</xref>–<xref rid="B4"/><xref rid="B5">5</xref>]', [("[3–5]", (3, 4, 5))]),
        ('<xref rid="B1">Wu 2001</xref>–<xref rid="B4">Li 2003</xref>', [("Wu 2001–Li 2003", (1, 4))]),
        ('(<xref rid="B1">Wu, 2001</xref>; <xref rid="B4">Li, 2003</xref>)',
         [("(Wu, 2001; Li, 2003)", (1, 4))]),
        ('<xref rid="B1">Wu</xref> (<xref rid="B1">2001</xref>)', [("Wu", (1,)), ("(2001)", (1,))]),
        ('see <xref ref-type="fig" rid="F1">Figure 1</xref>', []),
    ],
)  # fmt: skip
def test_citations_know_their_place_and_numbers(one, xml, expected):
    found = one(f"<p>Before that. {xml}</p>")
    content = found.text.content
    assert [(content[c.start : c.end], c.reference_numbers) for c in found.citations] == expected


def test_sections_have_labels_headings_and_what_floats_at_their_end(one):
    found = one(
        """
        <sec><label>1.</label><title>Introduction</title><p>Salt is old.</p></sec>
        <sec sec-type="methods"><title>What we did</title><p>We stirred<fig id="f"><label>Figure 1.</label>
          <caption><title>A pot.</title>
          <p>It is <italic>hot</italic> [<xref rid="B2">2</xref>].</p></caption></fig> it.</p>
          <p>Twice.</p>
          <sec><title>Results of the pilot</title><p>None.</p></sec></sec>
        <sec><title>Results</title><sec><title>Patients</title><p>Ten.</p></sec></sec>
        <sec><title>Discussion</title><p>So.</p><sec><title>Conclusions</title><p>Salt.</p></sec>
          <sec><title>Funding</title><p>A fund.</p></sec></sec>
        """
    )
    assert parts(found) == [
        ("heading", "1. Introduction", "1. Introduction"),
        ("background", "1. Introduction", "Salt is old."),
        ("heading", "What we did", "What we did"),
        ("methods", "What we did", "We stirred it.\n\nTwice."),
        ("heading", "Figure 1", "Figure 1"),
        ("figure", "Figure 1", "A pot.\n\nIt is hot [2]."),
        ("heading", "Results of the pilot", "Results of the pilot"),
        ("methods", "Results of the pilot", "None."),
        ("heading", "Results", "Results"),
        ("heading", "Patients", "Patients"),
        ("results", "Patients", "Ten."),
        ("heading", "Discussion", "Discussion"),
        ("discussion", "Discussion", "So."),
        ("heading", "Conclusions", "Conclusions"),
        ("conclusions", "Conclusions", "Salt."),
        ("heading", "Funding", "Funding"),
        ("funding", "Funding", "A fund."),
    ]
    (place,) = found.citations
    assert found.text.content[place.start : place.end] == "[2]"


def test_tables_are_rows_with_their_columns_kept(one):
    found = one(
        """<table-wrap><label>Table 2</label><caption><p>Doses</p></caption><table>
        <thead><tr><th>Group</th><th>Dose<sup>a</sup></th><th>n</th></tr></thead>
        <tfoot><tr><td colspan="3">All of them</td></tr></tfoot>
        <tbody><tr><td rowspan="2">Salt</td><td>1<break/>mg</td><td>5 [<xref rid="B3">3</xref>]</td></tr>
        <tr><td>2 mg</td><td/></tr><tr><td/><td/><td/></tr></tbody></table>
        <table-wrap-foot><fn><label>a</label><p>By mouth.</p></fn></table-wrap-foot></table-wrap>"""
    )
    assert parts(found)[1] == (
        "table",
        "Table 2",
        "Doses\n\nGroup | Dose[a] | n\n\nSalt | 1 mg | 5 [3]\n\n| 2 mg |\n\nAll of them\n\na By mouth.",
    )
    (place,) = found.citations
    assert found.text.content[place.start : place.end] == "[3]"


def test_a_span_no_table_has_costs_nothing(one):
    found = one(
        '<table-wrap><table><tr><td rowspan="999999999" colspan="99999999">a</td><td>b</td></tr>'
        '<tr><td rowspan="x">c</td></tr></table></table-wrap>'
    )
    (rows,) = [text for label, _, text in parts(found) if label == "table"]
    assert rows.startswith("a | b\n\n")


def test_abstracts_keep_their_kind(one):
    found = one(
        meta="""<abstract><sec><title>Methods</title><p>We stirred.</p></sec></abstract>
        <abstract abstract-type="plain-language-summary"><title>In plain words</title>
        <p>Salt is good.</p></abstract>
        <abstract abstract-type="graphical"><p>A picture of salt.</p></abstract>
        <trans-abstract xml:lang="fr"><p>Le sel.</p></trans-abstract>
        <kwd-group><title>Key words</title><kwd>salt</kwd><kwd>sea</kwd></kwd-group>"""
    )
    assert parts(found) == [
        ("heading", "Methods", "Methods"),
        ("methods", "Methods", "We stirred."),
        ("heading", "In plain words", "In plain words"),
        ("abstract", "In plain words", "Salt is good."),
        ("abstract", "Graphical abstract", "A picture of salt."),
        ("abstract", "Abstract (fr)", "Le sel."),
        ("keywords", "Key words", "salt; sea"),
    ]
    assert found.reference.keywords == ("salt", "sea")


def test_an_abstract_that_names_its_parts_in_bold_has_them(one):
    found = one(
        meta="<abstract><p><bold>Background:</bold> Salt is old.</p><p><bold>Results</bold>. It works.</p>"
        "<p><bold>Salt</bold> is good.</p></abstract>"
    )
    assert parts(found) == [
        ("background", "Background", "Background: Salt is old."),
        ("results", "Results", "Results. It works."),
        ("abstract", "Abstract", "Salt is good."),
    ]


def test_statements_behind_and_before_the_body(one):
    found = one(
        "<p>Salt<xref ref-type='fn' rid='n1'><sup>1</sup></xref> is old"
        "<fn id='n1'><label>1</label><p>Very.</p></fn>.</p>",
        meta="""<author-notes><fn fn-type="COI-statement"><p>None.</p></fn><fn>
        <p>Present address: Rome.</p></fn></author-notes>
        <funding-group><award-group><funding-source>Salt Fund</funding-source>
        <award-id>S1</award-id></award-group></funding-group>
        <permissions><copyright-statement>© 2020 Us</copyright-statement>
        <license xlink:href="https://example.org/by">
        <license-p>Free to use.</license-p></license></permissions>
        <custom-meta-group><custom-meta><meta-name>Data Availability</meta-name>
        <meta-value>On request.</meta-value>
        </custom-meta></custom-meta-group><aff><label>1</label><institution>Univ</institution>
        <country>Peru</country></aff>""",
        back="""<ack><p>We thank all.</p></ack><fn-group><fn fn-type="con"><p>AB wrote.</p></fn></fn-group>
        <fn-group><title>Competing interests</title><fn><p>No.</p></fn></fn-group>
        <glossary><def-list><def-item><term>CI</term><def>
        <p>interval</p></def></def-item></def-list></glossary>""",
    )
    assert parts(found, "heading") == [
        ("body", "", "Salt[1] is old."),
        ("notes", "Footnote", "1 Very."),
        ("acknowledgements", "Acknowledgements", "We thank all."),
        ("contributions", "Footnote", "AB wrote."),
        ("disclosure", "Competing interests", "No."),
        ("abbreviations", "", "CI: interval"),
        ("disclosure", "Footnote", "None."),
        ("funding", "Funding", "Salt Fund: S1"),
        ("data", "Data Availability", "On request."),
        ("licence", "Copyright and licence", "© 2020 Us\n\nFree to use.\n\nhttps://example.org/by"),
        ("affiliations", "Affiliations", "1 Univ Peru"),
    ]


def test_the_record_is_read_whole(one):
    found = one(
        attributes='article-type="review-article" xml:lang="de"',
        meta="""<article-id pub-id-type="pmid">0123</article-id>
        <article-id pub-id-type="pmc">77777</article-id>
        <contrib-group><contrib contrib-type="author"><name><surname>Nógrádi</surname>
        <given-names>Antal</given-names>
        <suffix>Jr</suffix></name></contrib><contrib contrib-type="author"><collab>Salt Group<contrib-group>
        <contrib>
        <name><surname>Member</surname></name></contrib></contrib-group></collab></contrib>
        <contrib contrib-type="editor"><name><surname>Editor</surname></name></contrib></contrib-group>
        <pub-date pub-type="epub"><day>3</day><month>12</month><year>2019</year></pub-date>
        <pub-date pub-type="ppub"><month>Feb</month><year>2020</year></pub-date>
        <pub-date pub-type="pmc-release"><year>2021</year></pub-date>
        <volume>7</volume><issue>2</issue><fpage>120</fpage><lpage>9</lpage>
        <abstract><p>Registered as NCT01234567 and not NCT123.</p></abstract>""",
    )
    assert found.reference == Reference(
        title="Salt and E. coli",
        authors=(Author("Nógrádi Jr", "Antal"), Author(literal="Salt Group")),
        journal="Salt J",
        year=2020,
        date="2020-02",
        volume="7",
        issue="2",
        pages="120-129",
        doi="10.5555/salt",
        pmid="123",
        pmcid="PMC77777",
        url="https://pmc.ncbi.nlm.nih.gov/articles/PMC77777/",
        language="ger",
        publication_types=("Journal Article", "Review"),
        trials=("NCT01234567",),
    )
    assert found.id == "pmid:123"


def test_a_trial_of_another_paper_is_not_its_own(one):
    found = one("<sec><title>Discussion</title><p>The trial registered as NCT01234567 failed.</p></sec>")
    assert found.reference.trials == ()


RELATED = '<related-article related-article-type="{}" ext-link-type="{}" xlink:href="{}"/>'


@pytest.mark.parametrize(
    ("kind", "given", "link"),
    [
        ("retraction-forward", ("doi", "10.5555/R"), Link("retraction", "doi:10.5555/r")),
        ("correction-forward", ("pmid", "99"), Link("erratum", "pmid:99")),
        ("commentary-article", ("doi", "https://doi.org/10.5555/C"), Link("comment-on", "doi:10.5555/c")),
        ("preprint", ("doi", "10.1101/2020.1"), Link("preprint", "doi:10.1101/2020.1")),
        ("companion", ("uri", "https://example.org/x"), Link("companion", "", "https://example.org/x")),
    ],
)
def test_related_papers_are_linked(one, kind, given, link):
    found = one(meta=RELATED.format(kind, *given))
    assert found.links == (link,)


def test_a_notice_against_a_paper_is_no_notice_against_the_notice(one):
    against = one(meta=RELATED.format("retraction-forward", "doi", "10.5555/r"))
    assert against.reference.retraction == Retraction(
        "retracted", "", "doi 10.5555/r", "JATS, related-article"
    )
    concern = one(
        meta=RELATED.format("object-of-concern", "pmid", "9"),
        attributes='article-type="expression-of-concern"',
    )
    assert concern.reference.retraction is None
    assert concern.links == (Link("expression-of-concern-for", "pmid:9"),)
    notice = one(
        meta=RELATED.format("retracted-article", "pmid", "9"), attributes='article-type="retraction"'
    )
    assert notice.reference.retraction is None and notice.links == (Link("retraction-of", "pmid:9"),)


def test_a_title_that_says_so_is_a_retraction(tmp_path):
    text = paper("<p>x</p>").replace("Salt and <", "RETRACTED ARTICLE: Salt and <")
    (found,) = read(tmp_path, text)
    assert isinstance(found, Document)
    assert found.reference.retraction == Retraction("retracted", origin="JATS, title")


def test_references_are_records_in_order(one):
    found = one(
        refs="""<ref id="a"><label>1</label><element-citation publication-type="journal"><person-group
        person-group-type="author"><name><surname>Wu</surname><given-names>Li</given-names></name>
        <etal/></person-group>
        <article-title>On <italic>salt</italic>.</article-title><source>Salt J</source><year>2001</year>
        <volume>3</volume>
        <issue>4</issue><fpage>120</fpage><lpage>9</lpage><pub-id pub-id-type="doi">10.5555/A</pub-id>
        <pub-id pub-id-type="pmid">77</pub-id>
        <pub-id pub-id-type="pmcid">PMC5555</pub-id></element-citation></ref>
        <ref id="b"><label>2</label><mixed-citation><name><surname>Li</surname>
        <given-names>A</given-names></name>,
        <article-title>Sea</article-title>. <source>Sea J</source><volume>192</volume>: <fpage>4</fpage>
        <pub-id pub-id-type="pmid">88</pub-id></mixed-citation>
        <mixed-citation>A second one. Sea J 2002;1:2-3.</mixed-citation></ref>
        <ref id="c">
        <mixed-citation>Smith J. Free text of salt. Lancet. 1999;353:5-9. doi: 10.5555/free
        </mixed-citation></ref>
        <ref id="d"><element-citation publication-type="book"><source>Salt</source>
        <publisher-loc>Rome</publisher-loc>
        <publisher-name>Sale</publisher-name><year>1990</year></element-citation></ref>""",
    )
    first, second, third, fourth, fifth = found.references
    assert first == Reference(
        title="On salt", authors=(Author("Wu", "Li"),), authors_complete=False, journal="Salt J", year=2001,
        date="2001", volume="3", issue="4", pages="120-129", doi="10.5555/A", pmid="77", pmcid="PMC5555",
        number=1,
        printed="Wu L, et al. On salt. Salt J. 2001;3(4):120-129. doi: 10.5555/A. PMID: 77. PMC5555.",
    )  # fmt: skip
    assert (second.number, second.title, second.pmid) == (2, "Sea", "88")
    assert second.printed == "Li A, Sea. Sea J 192: 4 PMID: 88"
    assert third.number == 2 and third.printed == "A second one. Sea J 2002;1:2-3."
    assert (fourth.number, fourth.title, fourth.doi, fourth.pages) == (
        3,
        "Free text of salt",
        "10.5555/free",
        "5-9",
    )
    assert (fifth.title, fifth.journal, fifth.printed) == ("Salt", "", "Salt. Rome: Sale. 1990.")
    text = found.text.content
    assert [text[s.start : s.end][:2] for s in found.sections if s.label == "references"] == [
        "1.",
        "2.",
        "2.",
        "3.",
        "4.",
    ]


def test_the_reference_list_goes_with_the_citations_when_papers_are_united(one):
    full = one("<p>Salt [<xref rid='B2'>2</xref>].</p>" + "<p>More and more of it.</p>" * 9)
    record = one(refs=REFS + "<ref><mixed-citation>Entry 10.</mixed-citation></ref>")
    united = unite([record, full], "doi:10.5555/salt")
    assert len(united.references) == 9 and united.citations == full.citations != ()


def test_wrappers_hold_several_articles(tmp_path):
    articles = paper("<p>One.</p>") + paper("<p>Two.</p>").replace("10.5555/salt", "10.5555/sea")
    named = articles.replace("<article ", '<article xmlns="https://jats.nlm.nih.gov/ns/" ')
    spaced = re.findall(r"<article .*?</article>", named, re.DOTALL)
    answers = [
        f"<pmc-articleset>{articles}</pmc-articleset>",
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>'
        + "".join(f"<record><header/><metadata>{one}</metadata></record>" for one in spaced)
        + "</ListRecords></OAI-PMH>",
    ]  # fmt: skip
    for answer in answers:
        assert jats.recognises(answer.encode(), ".xml")
        found = read(tmp_path, answer)
        assert [d.id for d in found if isinstance(d, Document)] == ["doi:10.5555/salt", "doi:10.5555/sea"]


def test_an_article_without_its_text_says_so(tmp_path):
    text = re.sub(r"<body>.*</body>", "", paper(meta="<abstract><p>Salt.</p></abstract>"))
    (found,) = read(tmp_path, text)
    assert isinstance(found, Document)
    assert found.notes == ("the file holds no full text of this article, only its record and abstract",)


def test_what_breaks_off_is_named(tmp_path):
    whole = f"<pmc-articleset>{paper('<p>One.</p>')}<article><front>"
    found, failure = read(tmp_path, whole)
    assert isinstance(found, Document) and isinstance(failure, Failure)
    assert failure.uri == "a.xml#2" and failure.reason.startswith(
        "the XML breaks off after 1 complete article"
    )
    with pytest.raises(SourceError, match="not well formed"):
        read(tmp_path, paper()[:300])
    with pytest.raises(SourceError, match="holds no article"):
        read(tmp_path, '<pmc-articleset><Reply error="not open"/></pmc-articleset>')


def test_a_prefix_that_nobody_declared_loses_nothing(tmp_path):
    text = paper('<p a:b="1">One <a:i>x</a:i>.</p>')
    (found,) = read(tmp_path, text)
    assert isinstance(found, Document) and "One x." in found.text.content
    whole, failure = read(tmp_path, f"<pmc-articleset>{text}<article><front>")
    assert isinstance(whole, Document) and isinstance(failure, Failure)


def test_an_article_without_front_is_a_failure_and_the_next_is_read(tmp_path):
    failure, found = read(
        tmp_path, f"<pmc-articleset><article><body><p>x</p></body></article>{paper()}</pmc-articleset>"
    )
    assert failure == Failure(
        "a.xml#1", "the article has no front matter (title, journal, identifiers); download it again"
    )
    assert isinstance(found, Document)


def test_entities_of_html_are_resolved_and_own_ones_refused(tmp_path):
    head = '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS v1.0//EN" "x.dtd">'
    (found,) = read(tmp_path, head + paper("<p>TNF-&alpha;&nbsp;x</p>"))
    assert isinstance(found, Document) and "TNF-α\u00a0x" in found.text.content
    bomb = '<!DOCTYPE article [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + paper("<p>&b;</p>")
    with pytest.raises(SourceError, match="declares entities"):
        read(tmp_path, bomb)
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    outside = f'<!DOCTYPE article [<!ENTITY s SYSTEM "{secret.as_uri()}">]>' + paper("<p>&s;</p>")
    with pytest.raises(SourceError, match="declares entities"):
        read(tmp_path, outside)


@pytest.mark.parametrize("tag", ["sec", "p", "italic", "sup", "list", "mml:msqrt"])
def test_deep_nesting_is_read_or_named(tmp_path, tag):
    for depth in (100, 220, 5000):
        text = paper("<sec><p>" + f"<{tag}>" * depth + "x" + f"</{tag}>" * depth + "</p></sec>")
        try:
            found = read(tmp_path, text)
        except SourceError:
            continue
        assert all(isinstance(item, Document | Failure) for item in found)


def test_gzip_is_read_as_what_it_packs(tmp_path):
    packed = gzip.compress(paper("<p>One.</p>").encode()) + gzip.compress(b"\n")
    assert jats.recognises(packed, ".gz") and not pubmed_xml.recognises(packed, ".gz")
    (found,) = read(tmp_path, packed, "a.xml.gz")
    assert isinstance(found, Document)
    with pytest.raises(SourceError, match="gzip file is damaged"):
        read(tmp_path, gzip.compress(paper("<p>" + "One. " * 9000 + "</p>").encode())[:-50], "a.xml.gz")
    abstracts = b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>Salt"
    abstracts += b"</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>"
    path = tmp_path / "b.xml.gz"
    path.write_bytes(gzip.compress(abstracts))
    assert pubmed_xml.recognises(path.read_bytes(), ".gz")
    (record,) = pubmed_xml.read(path, source="0" * 64, name="b.xml.gz")
    assert isinstance(record, Document) and record.id == "pmid:1"


def test_a_gzip_bomb_is_refused(tmp_path):
    bomb = gzip.compress(b"<pmc-articleset>" + (b"<x>" + b" " * (1 << 20) + b"</x>") * 70)
    with pytest.raises(SourceError, match="unpacks to more than 64 MB"):
        read(tmp_path, bomb, "a.xml.gz")


def test_memory_does_not_grow_with_the_articles(tmp_path):
    path = tmp_path / "a.xml"

    def peak(count: int) -> int:
        path.write_text(
            "<pmc-articleset>" + paper("<p>" + "Salt is old. " * 500 + "</p>") * count + "</pmc-articleset>"
        )
        tracemalloc.start()
        assert sum(1 for _ in jats.read(path, source="0" * 64, name="a.xml")) == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(300) < 1 << 20 < path.stat().st_size / 1.9


@pytest.mark.parametrize(
    "head",
    [
        b"<PubmedArticleSet><PubmedArticle>", b"<ArticleSet><Article>", b'<article class="post"><header>',
        b'<article xmlns="http://docbook.org/ns/docbook"><title>x', b"<!doctype html><html><article><front>",
        b"just text about <article> and <front>", b"\x1f\x8b\x08broken", b"\0\1\2",
        b"<OAI-PMH><ListRecords><oai_dc>",
    ],
)  # fmt: skip
def test_other_files_are_left_to_others(head):
    assert not jats.recognises(head, ".xml")


_WORD = st.text("abcdeABC αβ0123456789", min_size=1, max_size=8)
_XML = st.recursive(
    _WORD,
    lambda inner: st.builds(
        lambda tag, body, tail: f"<{tag}>{''.join(body)}</{tag}>{tail}",
        st.sampled_from(
            "italic bold sup sub xref list p label disp-formula td x".split()  # noqa: SIM905
        ),
        st.lists(inner, max_size=4),
        _WORD,
    ).map(lambda text: text.replace("<xref>", "<xref rid='B1'>")),
    max_leaves=20,
)  # fmt: skip


@given(_XML)
def test_no_letter_is_lost_and_citations_lie_inside(xml):
    """Whatever the nesting, the letters come out in order; blanks, brackets and list marks may be added."""
    element = etree.fromstring(f"<p>{xml}</p>")
    writer = Inline(Cited({"B1": 1}))
    for outer in element.iter("list"):
        for child in list(outer):
            child.tag = "title"  # a list holds a title and items only
        outer.text = None
        for child in outer:
            child.tail = None
    writer.children(element)
    run = writer.run()
    import unicodedata

    def letters(text: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())

    for formula in element.iter("disp-formula"):
        for label in formula.findall("label"):
            formula.remove(label)
    if not any(True for _ in element.iter("disp-formula")):
        assert letters(run.text) == letters("".join(element.itertext()))
    assert "  " not in run.text
    for place in run.citations:
        assert isinstance(place, InTextCitation) and 0 <= place.start < place.end <= len(run.text)


def test_full_text_and_record_are_one_paper_in_a_library(tmp_path, library, request):
    """The full text is searched, its citations and list stay together, the record adds what it knows."""
    body = "<sec><title>Results</title><p>Salt works well in the sea [<xref rid='B2'>2</xref>].</p></sec>"
    letter = (
        '<sub-article article-type="decision-letter"><front-stub><title-group>'
        "<article-title>Decision letter</article-title></title-group></front-stub>"
        "<body><p>Please add more salt to it.</p></body></sub-article>"
    )
    path = tmp_path / "full.nxml"
    path.write_text(paper(body).replace("</article>", letter + "</article>"))
    write = request.getfixturevalue("paper")
    record = write("record.xml", pmid="123", doi="10.5555/salt", title="Salt and E. coli", abstract="Salt.")
    report = library.add([path, record])
    assert (len(report.added), len(report.merged), report.failed) == (2, 1, [])
    found = library.document("pmid:123")
    assert found.id == "doi:10.5555/salt" and len(found.references) == 9
    (place,) = found.citations
    assert (found.text.content[place.start : place.end], place.reference_numbers) == ("[2]", (2,))
    (other,) = [one for one in library.documents() if one.id != found.id]
    assert other.title == "Decision letter: Salt and E. coli"
    assert library.add([path, record]).added == [] and library.verify() == []
