"""CSL-JSON items become documents, whoever wrote them; so do EndNote's XML records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from index.errors import SourceError
from index.records import Author, Document, Failure, Link, Retraction
from index.sources import csl_json, endnote_xml, reader_for

ZOTERO: dict[str, Any] = {
    "id": "http://zotero.org/users/1/items/ABC",
    "citation-key": "wu2024",
    "type": "article-journal",
    "title": "Salt <i>in vivo</i> &amp; more.",
    "container-title": "Journal of Tests",
    "volume": "15",
    "issue": 3,
    "page": "123–9",
    "DOI": "10.1234/Test.5",
    "language": "en-US",
    "note": "PMID: 38784908\nPMCID: PMC7654321",
    "author": [
        {"family": "Wu", "given": "Lei"},
        {"family": "Berg", "given": "Jan", "non-dropping-particle": "van der", "suffix": "Jr"},
        {"literal": "Salt Study Group"},
        {"literal": "others"},
    ],
    "issued": {"date-parts": [["2024", 5, 9]]},
    "abstract": "Background: One, p&lt;0.05.\nMethods: Two 😀 \\u03b1.",
}


def read(folder: Path, text: str, name: str = "a.json") -> list[Document | Failure]:
    path = folder / name
    path.write_text(text, "utf-8")
    assert reader_for(path, name) is csl_json
    return list(csl_json.read(path, source="0" * 64, name=name))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda item: json.dumps([item]),
        lambda item: json.dumps([item], indent=2),
        lambda item: json.dumps(item),
        lambda item: json.dumps({"items": [item], "version": 3}),
        lambda item: json.dumps(
            {"status": "ok", "message": {"total": 1, "items": [item], "query": {"a": "}"}}}
        ),
    ],
    ids=["array", "indented", "single", "items", "Crossref"],
)
def test_an_item_is_read_whole_however_it_is_wrapped(tmp_path: Path, wrap) -> None:
    (found,) = read(tmp_path, wrap(ZOTERO))
    assert isinstance(found, Document)
    reference = found.reference
    assert reference.title == "Salt in vivo & more"
    assert reference.authors == (
        Author("Wu", "Lei"),
        Author("van der Berg Jr", "Jan"),
        Author(literal="Salt Study Group"),
    )
    assert not reference.authors_complete
    assert (reference.journal, reference.date, reference.pages) == (
        "Journal of Tests",
        "2024-05-09",
        "123-129",
    )
    assert (reference.volume, reference.issue, reference.language) == ("15", "3", "eng")
    told = (reference.doi, reference.pmid, reference.pmcid)
    assert told == ("10.1234/Test.5", "38784908", "PMC7654321")
    assert [
        (s.label, found.text.content[s.start : s.end]) for s in found.sections if s.label != "heading"
    ] == [
        ("title", "Salt in vivo & more."),
        ("background", "One, p<0.05."),
        ("methods", "Two 😀 \\u03b1."),
    ]


def test_crossref_titles_abstracts_and_relations(tmp_path: Path) -> None:
    item = {
        "type": "posted-content",
        "subtype": "preprint",
        "title": ["Salt", "Other"],
        "container-title": [],
        "DOI": "10.1101/2020.01.01",
        "created": {"date-time": "2020-01-02T03:04:05Z"},
        "author": [{"given": "Lei", "family": "Wu"}, {"name": "Salt Group"}],
        "abstract": "<jats:title>Abstract</jats:title><jats:sec><jats:title>What we knew</jats:title>"
        "<jats:p>One "
        "<jats:italic>x</jats:italic> &lt; 2.</jats:p></jats:sec><jats:sec><jats:title>Results</jats:title>"
        "<jats:p>Two.</jats:p></jats:sec>",
        "relation": {"is-preprint-of": [{"id-type": "doi", "id": "10.1234/Test.5"}]},
        "updated-by": [{"type": "retraction", "DOI": "10.1234/Test.6"}],
    }
    (found,) = read(tmp_path, json.dumps(item))
    assert isinstance(found, Document)
    assert (found.title, found.reference.date) == ("Salt", "2020-01-02")
    assert found.reference.publication_types == ("Preprint",)
    assert found.reference.authors == (Author("Wu", "Lei"), Author(literal="Salt Group"))
    assert [(s.label, s.heading, found.text.content[s.start : s.end]) for s in found.sections][1:] == [
        ("heading", "What we knew", "What we knew"),
        ("abstract", "What we knew", "One x < 2."),
        ("heading", "Results", "Results"),
        ("results", "Results", "Two."),
    ]
    assert found.links == (
        Link("update", "doi:10.1234/test.5", "doi: 10.1234/Test.5"),
        Link("retraction", "doi:10.1234/test.6", "doi: 10.1234/Test.6"),
    )
    assert found.reference.retraction == Retraction(
        "retracted", "", "doi: 10.1234/Test.6", "csl-json record, notice"
    )


def test_a_broken_item_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    good = json.dumps(ZOTERO)
    found = read(tmp_path, f'[{good}, {{"type": "book", "title": tru}}, {good}, {{"type": "book", "ti')
    assert [type(one).__name__ for one in found] == ["Document", "Failure", "Document", "Failure"]
    assert isinstance(found[1], Failure) and found[1].reason == "the record is not JSON; export it again"


@pytest.mark.parametrize("value", [None, 5, True, [], {}, "", [[]], [None], {"a": 1}])
@pytest.mark.parametrize(
    "field", ["title", "author", "issued", "abstract", "DOI", "note", "relation", "page"]
)
def test_odd_values_lose_only_themselves(tmp_path: Path, field: str, value: object) -> None:
    (found,) = read(tmp_path, json.dumps([{**ZOTERO, "id": "x", "PMID": "1", field: value}]))
    assert isinstance(found, Document)
    assert found.reference.volume == "15"


def test_deep_nesting_is_no_trap(tmp_path: Path) -> None:
    deep = json.dumps(ZOTERO)[:-1] + ', "x": ' + '{"a":' * 50_000 + "1" + "}" * 50_001
    found = read(tmp_path, f"[{deep}, {json.dumps(ZOTERO)}]")
    assert [type(one).__name__ for one in found] == ["Failure", "Document"]


def test_json_that_is_something_else_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for text in (
        '{"name": "x", "type": "module"}',
        '[{"id": 1, "value": "article-journal"}]',
        '{"type": "book"}',
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(SourceError, match="not CSL-JSON"):
            reader_for(path, "a.json")


ENDNOTE = """<?xml version="1.0" encoding="UTF-8" ?><xml>
<records><record><database name="My.enl">My.enl</database>
<source-app name="EndNote" version="20.1">EndNote</source-app><rec-number>1</rec-number>
<ref-type name="Journal Article">17</ref-type><contributors><authors>
<author><style face="normal" font="default" size="100%">Mehra, M. R.</style></author>
<author>Desai, S. S.</author>
</authors></contributors><titles><title><style face="normal">Salt for </style>
<style face="italic">COVID-19</style>
</title><secondary-title>Lancet</secondary-title></titles><periodical><full-title>The Lancet</full-title>
</periodical>
<pages>1820-9</pages><volume>395</volume><number>2</number><dates><year>2020</year><pub-dates>
<date>May 22</date>
</pub-dates></dates><abstract>BACKGROUND: One. METHODS: Two.</abstract><accession-num>32450107</accession-num>
<remote-database-provider>NLM</remote-database-provider><language>eng</language>
<keywords><keyword>Humans</keyword><keyword>Stroke/*therapy</keyword></keywords>
<notes>1474-547x&#xD;Mehra, M. R.&#xD;Review&#xD;Retraction in: Lancet. 2020 Jun 13;395(10240):1820</notes>
<custom2>PMC7255293</custom2><urls><related-urls><url>https://www.ncbi.nlm.nih.gov/pubmed/32450107</url>
</related-urls>
</urls><electronic-resource-num>10.1016/S0140-6736(20)31180-6</electronic-resource-num></record>
<record><ref-type name="Book">6</ref-type><titles><title></title></titles></record></records></xml>"""


def test_endnote_xml_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "My.xml"
    path.write_text(ENDNOTE, "utf-8")
    assert reader_for(path, "My.xml") is endnote_xml
    found, failed = endnote_xml.read(path, source="0" * 64, name="My.xml")
    assert isinstance(found, Document) and isinstance(failed, Failure)
    reference = found.reference
    assert reference.title == "Salt for COVID-19"
    assert reference.authors == (Author("Mehra", "M. R."), Author("Desai", "S. S."))
    assert (reference.journal, reference.date, reference.pages) == ("The Lancet", "2020-05-22", "1820-1829")
    told = (reference.doi, reference.pmid, reference.pmcid)
    assert told == ("10.1016/S0140-6736(20)31180-6", "32450107", "PMC7255293")
    assert (reference.volume, reference.issue, reference.language) == ("395", "2", "eng")
    assert reference.mesh == ("Humans", "Stroke/therapy")
    assert reference.publication_types == ("Journal Article", "Review")
    assert reference.retraction == Retraction(
        "retracted", "2020", "Lancet. 2020 Jun 13;395(10240):1820", "endnote-xml record, notice"
    )
    assert [s.label for s in found.sections if s.label != "heading"] == ["title", "background", "methods"]
    assert failed.uri == "My.xml#2"


def test_endnote_xml_that_breaks_off_yields_what_was_complete(tmp_path: Path) -> None:
    path = tmp_path / "My.xml"
    path.write_text(ENDNOTE[: ENDNOTE.index("<record><ref-type")] + "<record><titles>", "utf-8")
    found, failed = endnote_xml.read(path, source="0" * 64, name="My.xml")
    assert isinstance(found, Document) and isinstance(failed, Failure)
    assert "breaks off" in failed.reason


def test_endnote_xml_with_entities_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "My.xml"
    path.write_text('<!DOCTYPE xml [<!ENTITY a "b">]>' + ENDNOTE.partition("?>")[2], "utf-8")
    with pytest.raises(SourceError, match="declares entities"):
        list(endnote_xml.read(path, source="0" * 64, name="My.xml"))
