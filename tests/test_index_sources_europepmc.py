"""Answers of Europe PMC and Crossref, read as files."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from index.errors import SourceError
from index.records import Author, Document, Failure, Link
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
