"""Answers of Europe PMC and Crossref, read as files."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from index.errors import SourceError
from index.records import Author, Document, Failure, Link, Retraction
from index.sources import READERS, csl_json, europepmc_json, reader_for

CORE: dict[str, Any] = {
    "id": "22196762",
    "source": "MED",
    "pmid": "22196762",
    "pmcid": "PMC7",
    "doi": "10.1179/1743132811Y.0000000053",
    "title": "Generation of neural stem cell-like cells: <i>in vitro</i> &amp; in rats.",
    "authorString": "Ma K, The MS Group.",
    "authorList": {
        "author": [
            {"fullName": "Ma K", "firstName": "Kun", "lastName": "Ma", "initials": "K"},
            {"collectiveName": "The MS Group"},
        ]
    },
    "journalInfo": {
        "issue": "10",
        "volume": "33",
        "dateOfPublication": "2011 Dec",
        "yearOfPublication": 2011,
        "journal": {"title": "Neurological research", "isoabbreviation": "Neurol Res"},
    },
    "pubYear": "2011",
    "pageInfo": "1083-93",
    "abstractText": "<h4>Objective</h4>To make cells.<h4>Results</h4>Nine days (p<0.05) were enough.",
    "language": "eng",
    "pubTypeList": {"pubType": ["Journal Article", "Retracted Publication"]},
    "keywordList": {"keyword": ["Stem Cells", "Marrow"]},
    "meshHeadingList": {
        "meshHeading": [
            {"descriptorName": "Humans"},
            {
                "descriptorName": "Stem Cells",
                "meshQualifierList": {"meshQualifier": [{"qualifierName": "cytology"}]},
            },
        ]
    },
    "commentCorrectionList": {
        "commentCorrection": [
            {"id": "99", "source": "MED", "type": "Retraction in", "reference": "Neurol Res. 2013;35:1"},
            {"id": "98", "source": "MED", "type": "Comment on", "reference": "Neurol Res. 2010"},
        ]
    },
    "isOpenAccess": "N",
}
PREPRINT: dict[str, Any] = {
    "id": "PPR1", "source": "PPR", "doi": "10.1101/krill", "title": "A preprint on krill",
    "authorString": "Payne R, Wu L.", "pubYear": "2020", "firstPublicationDate": "2020-05-01",
    "pubType": "preprint", "bookOrReportDetails": {"publisher": "bioRxiv"},
}  # fmt: skip
WORK: dict[str, Any] = {
    "DOI": "10.1000/frogs",
    "type": "journal-article",
    "title": ["A chapter on frogs"],
    "author": [{"family": "Ma", "given": "Kun", "sequence": "first"}],
    "container-title": ["Journal of Tests"],
    "issued": {"date-parts": [[2011, 3]]},
    "abstract": "<jats:sec><jats:title>Results</jats:title><jats:p>They call.</jats:p></jats:sec>",
    "updated-by": [{"DOI": "10.1000/notice", "type": "retraction"}],
    "reference": [
        {"key": "1", "DOI": "10.1000/TOADS", "article-title": "Toads", "author": "Wu", "year": "1999a"},
        {"key": "2", "unstructured": "Smith J. Newts. J Test 1980."},
    ],
}


def read(path: Path, content: Any) -> list[Document | Failure]:
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    reader = reader_for(path, path.name)
    return list(reader.read(path, source="0" * 64, name=path.name))


def one(path: Path, content: Any) -> Document:
    (document,) = read(path, content)
    assert isinstance(document, Document)
    return document


def parts(document: Document) -> list[tuple[str, str]]:
    return [(s.label, document.text.content[s.start : s.end]) for s in document.sections]


def test_a_core_result(tmp_path: Path) -> None:
    document = one(tmp_path / "a.json", {"hitCount": 1, "resultList": {"result": [CORE]}})
    reference = document.reference
    assert document.title == "Generation of neural stem cell-like cells: in vitro & in rats"
    assert reference.authors == (Author("Ma", "Kun"), Author(literal="The MS Group"))
    assert (reference.journal, reference.year, reference.date) == ("Neurol Res", 2011, "2011-12")
    assert (reference.volume, reference.issue, reference.pages) == ("33", "10", "1083-1093")
    assert (reference.pmid, reference.pmcid) == ("22196762", "PMC7")
    assert reference.doi == "10.1179/1743132811Y.0000000053"
    assert reference.keywords == ("Stem Cells", "Marrow")
    assert reference.mesh == ("Humans", "Stem Cells/cytology")
    assert reference.retraction is not None
    assert (reference.retraction.kind, reference.retraction.date) == ("retracted", "2013")
    assert Link("comment-on", "pmid:98", "Neurol Res. 2010") in document.links
    assert [part for part in parts(document) if part[0] in {"background", "results", "objective"}][-1] == (
        "results",
        "Nine days (p<0.05) were enough.",
    )


def test_a_preprint_of_the_short_form(tmp_path: Path) -> None:
    reference = one(tmp_path / "a.json", {"resultList": {"result": [PREPRINT]}}).reference
    assert (reference.doi, reference.pmid, reference.journal) == ("10.1101/krill", "", "bioRxiv")
    assert "Preprint" in reference.publication_types
    assert reference.authors == (Author("Payne", "R"), Author("Wu", "L"))
    assert (reference.year, reference.date) == (2020, "2020-05-01")


def test_several_results_and_what_is_none(tmp_path: Path) -> None:
    found = read(tmp_path / "a.json", {"resultList": {"result": [CORE, PREPRINT, {"title": ""}]}})
    assert [type(item) for item in found] == [Document, Document, Failure]
    with pytest.raises(SourceError, match="no result of Europe PMC"):
        read(tmp_path / "b.json", '{"isOpenAccess": "N", "pubYear": "2000", "resultList": {"result": []}}')


def test_an_answer_of_crossref(tmp_path: Path) -> None:
    answer = {"status": "ok", "message-type": "work", "message-version": "1.0.0", "message": WORK}
    document = one(tmp_path / "a.json", answer)
    assert (document.title, document.reference.doi) == ("A chapter on frogs", "10.1000/frogs")
    assert (document.reference.date, document.reference.journal) == ("2011-03", "Journal of Tests")
    assert parts(document)[-1] == ("results", "They call.")
    assert document.reference.retraction is not None
    first, second = document.references
    assert (first.doi, first.title, first.year, first.number) == ("10.1000/TOADS", "Toads", 1999, 1)
    assert not first.authors_complete and first.authors == (Author("Wu"),)
    assert (second.printed, second.number) == ("Smith J. Newts. J Test 1980.", 2)


def test_a_list_of_works(tmp_path: Path) -> None:
    message = {"total-results": 2, "items": [WORK, WORK | {"DOI": "10.1000/b"}]}
    found = read(tmp_path / "a.json", {"message-type": "work-list", "message": message})
    assert [item.reference.doi for item in found if isinstance(item, Document)] == [
        "10.1000/frogs",
        "10.1000/b",
    ]


def test_every_page_of_a_saved_search_is_read(tmp_path: Path) -> None:
    """Pages one to a line, in a list, and with what Crossref tells before its items."""
    pages = [{"hitCount": 2, "resultList": {"result": [CORE | {"pmid": str(n)}, PREPRINT]}} for n in (5, 6)]
    for content in (pages, "\n".join(map(json.dumps, pages))):
        found = read(tmp_path / "a.json", content)
        assert [item.reference.pmid for item in found if isinstance(item, Document)] == ["5", "", "6", ""]
    works = [
        {
            "status": "ok",
            "message-type": "work-list",
            "message": {"facets": {}, "items": [WORK | {"DOI": f"10.1000/{n}{m}"} for m in "ab"]},
        }
        for n in (1, 2)
    ]
    found = read(tmp_path / "a.json", "\n".join(map(json.dumps, works)))
    assert [item.reference.doi for item in found if isinstance(item, Document)] == [
        "10.1000/1a", "10.1000/1b", "10.1000/2a", "10.1000/2b",
    ]  # fmt: skip


def test_a_works_relation_named_references_is_no_list_of_records(tmp_path: Path) -> None:
    related = {"references": [{"id-type": "doi", "id": "10.1000/other", "asserted-by": "subject"}]}
    found = read(tmp_path / "a.json", [WORK | {"relation": related}, WORK | {"DOI": "10.1000/b"}])
    assert [item.reference.doi for item in found if isinstance(item, Document)] == [
        "10.1000/frogs",
        "10.1000/b",
    ]


def update(doi: str, kind: str = "retraction") -> dict[str, Any]:
    return {"DOI": doi, "type": kind, "label": "x", "updated": {"date-parts": [[2020, 6, 5]]}}


def test_a_retraction_has_the_day_that_is_told_not_the_year_in_a_doi(tmp_path: Path) -> None:
    work = WORK | {"updated-by": [update("10.1016/j.x.2012.09.009")]}
    assert one(tmp_path / "a.json", work).reference.retraction == Retraction(
        "retracted", "2020-06-05", "2020-06-05. doi: 10.1016/j.x.2012.09.009", "csl-json record, notice"
    )
    work = WORK | {"updated-by": [{"DOI": "10.1016/j.x.2012.09.009", "type": "retraction"}]}
    retraction = one(tmp_path / "a.json", work).reference.retraction
    assert retraction is not None and retraction.date == ""


def test_a_paper_retracted_on_its_own_page(tmp_path: Path) -> None:
    """Some publishers name the paper itself as what the notice is for."""
    work = {**WORK, "updated-by": [], "update-to": [update("10.1000/FROGS")]}
    document = one(tmp_path / "a.json", work)
    assert document.reference.retraction is not None
    assert (document.reference.retraction.kind, document.reference.retraction.date) == (
        "retracted",
        "2020-06-05",
    )
    assert document.reference.publication_types == ("Journal Article",)


@pytest.mark.parametrize(
    ("told", "kind", "type_"),
    [
        ("retraction", "retraction-of", "Retraction of Publication"),
        ("expression_of_concern", "expression-of-concern-for", "Expression of Concern"),
        ("Corrigendum", "erratum-for", "Published Erratum"),
    ],
)
def test_a_notice_names_its_paper_and_is_not_marked_itself(
    tmp_path: Path, told: str, kind: str, type_: str
) -> None:
    work = {**WORK, "DOI": "10.1000/n", "updated-by": [], "update-to": [update("10.1000/Frogs", told)]}
    del work["abstract"]
    document = one(tmp_path / "a.json", work)
    assert document.links == (Link(kind, "doi:10.1000/frogs", "2020-06-05. doi: 10.1000/Frogs"),)
    assert document.reference.publication_types == (type_,)
    assert document.reference.retraction is None


def test_a_corrected_version_with_its_abstract_stays_an_article(tmp_path: Path) -> None:
    work = {**WORK, "DOI": "10.1000/v2", "updated-by": [], "update-to": [update("10.1/x", "correction")]}
    assert one(tmp_path / "a.json", work).reference.publication_types == ("Journal Article",)


def test_what_crossref_tells_of_trials_servers_journals_and_editors(tmp_path: Path) -> None:
    trials = [{"clinical-trial-number": n} for n in ("isrctn05099560", "NCT01234567", "ISRCTN05099560", "T7")]
    work = WORK | {"clinical-trial-number": trials, "container-title": [], "short-container-title": ["J T"]}
    reference = one(tmp_path / "a.json", {**work, "author": [], "editor": [{"family": "Edi"}]}).reference
    assert reference.trials == ("ISRCTN05099560", "NCT01234567", "T7")
    assert (reference.journal, reference.authors) == ("J T", ())
    book = {**WORK, "type": "book", "author": [], "editor": [{"family": "Edi", "given": "T"}]}
    assert one(tmp_path / "a.json", book).reference.authors == (Author("Edi", "T"),)
    preprint = {**WORK, "type": "posted-content", "subtype": "preprint", "container-title": []}
    preprint |= {"institution": [{"name": "bioRxiv"}], "relation": {"is-preprint-of": [{"id": "10.1000/p"}]}}
    document = one(tmp_path / "a.json", preprint)
    assert document.reference.journal == "bioRxiv"
    assert document.reference.publication_types == ("Preprint",)
    assert Link("update", "doi:10.1000/p", "doi: 10.1000/p") in document.links


MATH = (
    "<jats:inline-formula><jats:alternatives><jats:tex-math>$$\\beta &lt; 2$$</jats:tex-math>"
    '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mrow><mml:mi>β</mml:mi><mml:mo>&lt;</mml:mo>'
    "<mml:mn>2</mml:mn></mml:mrow></mml:math></jats:alternatives></jats:inline-formula>"
)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (f"Here {MATH} held.", "Here β < 2 held."),
        ("At 10<sup>9</sup>/L and 10<jats:sup>−3</jats:sup>.", "At 10⁹/L and 10⁻³."),
        ("In m<sup>2</sup>, the 5<sup>th</sup>, CO<sub>2</sub>.", "In m2, the 5th, CO2."),
        ("By <jats:tex-math>$x &lt; y$</jats:tex-math>.", "By x < y."),
        ("The <scp>FDA</scp> at <jats:uri xlink:href='a'>b.c</jats:uri>.", "The FDA at b.c."),
        ("If p<0.05 and n>3 <mml:math> broken.", "If p<0.05 and n>3  broken."),
    ],
)
def test_formulas_and_raised_numbers_read_as_printed(tmp_path: Path, markup: str, text: str) -> None:
    document = one(tmp_path / "a.json", WORK | {"abstract": f"<jats:p>{markup}</jats:p>", "title": [markup]})
    assert parts(document)[1] == ("abstract", " ".join(text.split()))
    assert document.title == " ".join(text.split()).removesuffix(".")
    result = CORE | {"abstractText": markup}
    assert parts(one(tmp_path / "b.json", {"resultList": {"result": [result]}}))[1][1] == " ".join(
        text.split()
    )


@pytest.mark.parametrize(
    ("told", "link"),
    [
        ({"id": "5", "source": "MED", "type": "Retracted and republished in", "reference": "J. 2013;5:1"},
         Link("retractedand-republished", "pmid:5", "J. 2013;5:1")),
        ({"id": "PMC5", "source": "PMC", "type": "Erratum for", "reference": "J. 2013;5:1"},
         Link("erratum-for", "pmcid:PMC5", "J. 2013;5:1")),
        ({"id": "PPR5", "source": "PPR", "type": "Preprint in"}, Link("update-of", "", "PPR5")),
        ({"id": "7", "source": "MED", "type": "Preprint of"}, Link("update", "pmid:7", "")),
    ],
)  # fmt: skip
def test_links_of_europe_pmc(tmp_path: Path, told: dict[str, str], link: Link) -> None:
    result = CORE | {"commentCorrectionList": {"commentCorrection": [told]}, "pubTypeList": {}}
    document = one(tmp_path / "a.json", {"resultList": {"result": [result]}})
    assert document.links == (link,)
    verdict = document.reference.retraction
    assert (verdict.kind if verdict else "") == ("retracted" if "Retracted" in told["type"] else "")


def test_types_authors_and_identifiers_of_europe_pmc(tmp_path: Path) -> None:
    short = {
        "id": "31", "source": "MED", "title": "Newts in ponds", "authorString": "Ma K, Wu L, The MS Group.",
        "authorList": {"author": [{"fullName": "Wu L", "firstName": "Lei", "lastName": "Wu"}]},
        "pubYear": "2012", "isOpenAccess": "N", "pubType": "review-article; journal article; correction",
    }  # fmt: skip
    reference = one(tmp_path / "a.json", {"resultList": {"result": [short]}}).reference
    assert reference.pmid == "31"
    assert reference.publication_types == ("Review", "Journal Article", "Published Erratum")
    assert reference.authors == (Author("Ma", "K"), Author("Wu", "Lei"), Author(literal="The MS Group"))


def test_the_real_export(shared: Path) -> None:
    path = shared / "files" / "json" / "contentmine__eupmc_results.json"
    reader = reader_for(path, path.name)
    assert reader is READERS["europepmc-json"]
    found = list(reader.read(path, source="0" * 64, name=path.name))
    assert len(found) == 25
    told = [
        (d.reference.pmid, d.reference.year, d.reference.authors[0].family, d.reference.doi)
        for d in found
        if isinstance(d, Document)
    ]
    # written down from the file by hand
    assert told[0] == ("26084484", 2015, "Lyu", "10.1186/s12862-015-0399-9")
    assert told[13][:3] == ("24687980", 2014, "von Caemmerer")
    first = found[0]
    assert isinstance(first, Document)
    assert first.title.startswith("RNA-Seq based phylogeny recapitulates previous phylogeny of the genus")
    assert [s.label for s in first.sections if s.label not in {"title", "heading"}] == [
        "background", "results", "conclusions",
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_damaged_answers_are_read_or_refused(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(json.dumps({"resultList": {"result": [CORE, PREPRINT]}, "message": WORK}).encode())
    for _ in range(chance.choice([1, 5, 30])):
        place = chance.randrange(len(content))
        if chance.random() < 0.5:
            content[place] = chance.choice(b'{}[]",:0a\\')
        else:
            del content[place : place + chance.choice([1, 10, 100])]
    path = tmp_path / "a.json"
    path.write_bytes(content)
    for reader in (europepmc_json, csl_json):
        try:
            for item in reader.read(path, source="0" * 64, name="a.json"):
                assert isinstance(item, Document | Failure)
        except SourceError:
            pass


ODD: list[Any] = [
    None,
    True,
    -1,
    1.5,
    "",
    "<",
    "10.1000/",
    "\ud800",
    [],
    [[]],
    [None],
    {},
    {"a": [{}]},
    ["x", {}],
]


def spoilt(value: Any, chance: random.Random) -> Any:
    """``value`` with now and then something else in it, at any depth."""
    if chance.random() < 0.05:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {name: spoilt(one, chance) for name, one in value.items()}
    return [spoilt(one, chance) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(60))
def test_odd_values_lose_no_other_record(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    full = WORK | {
        "update-to": [update("10.1000/FROGS")],
        "clinical-trial-number": [{"clinical-trial-number": "NCT01234567"}],
        "relation": {"has-preprint": [{"id": "10.1101/p", "id-type": "doi"}]},
        "institution": [{"name": "bioRxiv"}],
        "abstract": f"<jats:p>{MATH}</jats:p>",
    }
    path = tmp_path / "a.json"
    for reader, whole in ((europepmc_json, CORE), (csl_json, full)):
        first = spoilt(whole, chance)
        path.write_text(json.dumps([first if isinstance(first, dict) else {}, whole]), "utf-8")
        *_, last = reader.read(path, source="0" * 64, name="a.json")
        assert isinstance(last, Document)
        assert last.reference.doi == whole.get("doi", whole.get("DOI"))


@pytest.mark.parametrize(
    "piece", ["<mml:math>", "<mml:mrow><mml:mi>", "<jats:alternatives>", "1<sup>+", "<tex-math>$</tex-math>"]
)
def test_markup_without_end_takes_no_time(tmp_path: Path, piece: str) -> None:
    """100,000 times a tag that nothing closes, or a formula that is none."""
    for text in (piece * 100_000, f"<mml:math>{piece * 100_000}</mml:math>"):
        began = time.perf_counter()
        read(tmp_path / "a.json", WORK | {"abstract": text})
        assert time.perf_counter() - began < 5
