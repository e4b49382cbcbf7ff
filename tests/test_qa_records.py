"""Answers as data: the stable JSON form, and how a quote's place reads."""

from __future__ import annotations

import json

import pytest

from index.records import Retraction
from qa.records import Answer, Citation, Place, Quote, also_in, plural

CITED = Citation("Wu et al. 2024", "Wu L, et al. T.", {"id": "x", "author": [{"literal": "et al."}]}, False)


def quote(**changes: object) -> Quote:
    values: dict[str, object] = {
        "document_id": "pmid:1",
        "text_sha256": "a" * 64,
        "start": 3,
        "end": 20,
        "focus": (8, 20),
        "text": "Legs grow. It is.",
        "section": "abstract",
        "heading": "Abstract",
        "page": None,
        "score": 1.25,
        "confidence": 0.123456,
        "citation": CITED,
    }
    return Quote(**{**values, **changes})  # type: ignore[arg-type]


def test_the_json_of_a_quote_is_the_published_one() -> None:
    assert quote(page=4, retraction=Retraction("retracted", "2021", "PMID 9", "PubMed")).to_dict() == {
        "text": "Legs grow. It is.",
        "document_id": "pmid:1",
        "start": 3,
        "end": 20,
        "focus": {"start": 8, "end": 20},
        "confidence": 0.1235,
        "section": "abstract",
        "page": 4,
        "text_sha256": "a" * 64,
        "retraction": {"kind": "retracted", "date": "2021", "notice": "PMID 9", "origin": "PubMed"},
        "citation": {
            "text": "Wu L, et al. T.",
            "csl": {"id": "x", "author": [{"literal": "et al."}]},
            "authors_complete": False,
        },
    }
    assert quote().to_dict()["retraction"] is None
    assert quote().to_dict()["page"] is None


def test_the_json_of_an_answer_is_the_published_one() -> None:
    answer = Answer(
        "Legs?",
        "Legs grow?",
        "answered",
        (quote(),),
        (),
        {"generation": 2, "encoder": "e"},
        {"best_score": 1, "expansions": [{"from": "MS", "to": "multiple sclerosis"}]},
    )
    assert answer.to_dict() == {
        "schema": 1,
        "question": "Legs?",
        "completed_question": "Legs grow?",
        "status": "answered",
        "summary": "1 quote from 1 paper",
        "quotes": [quote().to_dict()],
        "nearest": [],
        "expansions": [{"from": "MS", "to": "multiple sclerosis"}],
        "library": {"generation": 2, "encoder": "e"},
    }
    assert json.loads(json.dumps(answer.to_dict())) == answer.to_dict()


@pytest.mark.parametrize(
    ("section", "heading", "page", "place"),
    [
        ("abstract", "Abstract", None, "abstract"),
        ("abstract", "", 2, "abstract, p. 2"),
        ("methods", "2. Patients and Methods", None, "2. Patients and Methods"),
        ("figure", "Figure 1", None, "Figure 1, caption"),
        ("figure", "", 9, "Figure, caption, p. 9"),
        ("table", "Table 3", None, "Table 3, caption"),
    ],
)
def test_a_place_is_said_as_people_say_it(section: str, heading: str, page: int | None, place: str) -> None:
    assert quote(section=section, heading=heading, page=page).place == place


def test_an_answer_prints_its_quotes_numbered_or_that_there_are_none() -> None:
    answer = Answer("q", "q", "answered", (quote(), quote(text="So.", section="figure", heading="Figure 1")))
    assert str(answer) == (
        "2 quotes from 1 paper\n\n[1] “Legs grow. It is.”\n    Wu L, et al. T. — abstract\n\n"
        "[2] “So.”\n    Wu L, et al. T. — Figure 1, caption"
    )
    assert str(Answer("q", "q", "not_found", (), (quote(),))) == "Not found in your library."


def test_places_where_the_same_is_said_are_named_and_in_the_json_only_then() -> None:
    other = Place("pmid:2", "b" * 64, 7, 19, "results", 3, "Li 2020")
    twice = quote(also=(other, Place("pmid:1", "a" * 64, 40, 52, "abstract", None, "Wu et al. 2024")))
    assert also_in(twice) == "also in Li 2020 (results, p. 3); Wu et al. 2024 (abstract)"
    assert "\n    also in Li 2020" in str(Answer("q", "q", "answered", (twice,)))
    assert twice.to_dict()["also"][0] == {
        "document_id": "pmid:2",
        "start": 7,
        "end": 19,
        "section": "results",
        "page": 3,
        "text_sha256": "b" * 64,
        "label": "Li 2020",
    }
    assert "also" not in quote().to_dict() and also_in(quote()) == ""


@pytest.mark.parametrize(
    ("papers", "summary"),
    [
        ([("a", "")], "1 quote from 1 paper"),
        ([("a", ""), ("a", "")], "2 quotes from 1 paper"),
        ([("a", ""), ("b", ""), ("c", "NCT01234567"), ("c", "NCT01234567")], "4 quotes from 3 papers"),
        ([("a", "NCT01234567"), ("b", "NCT01234567"), ("b", "NCT01234567"), ("c", "")],
         "4 quotes from 3 papers of 2 studies"),
        ([("a", "NCT01234567"), ("b", "NCT01234567")], "2 quotes from 2 papers of 1 study"),
    ],
)  # fmt: skip
def test_the_summary_counts_quotes_papers_and_studies_that_papers_share(
    papers: list[tuple[str, str]], summary: str
) -> None:
    answer = Answer("q", "q", "answered", tuple(quote(document_id=d, study=s) for d, s in papers))
    assert answer.summary == answer.to_dict()["summary"] == summary
    assert Answer("q", "q", "not_found").summary == "Not found in your library."


def test_the_study_is_in_the_json_where_it_is_known() -> None:
    assert quote(study="NCT01234567").to_dict()["study"] == "NCT01234567"
    assert "study" not in quote().to_dict()


def test_numbers_have_their_plural() -> None:
    assert [plural(n, "study", "studies") for n in (0, 1, 1234)] == ["0 studies", "1 study", "1,234 studies"]
