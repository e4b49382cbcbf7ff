"""Answers as data: the stable JSON form, and how a quote's place reads."""

from __future__ import annotations

import json

import pytest

from index.records import Retraction
from qa.records import Answer, Citation, Quote

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
        "[1] “Legs grow. It is.”\n    Wu L, et al. T. — abstract\n\n"
        "[2] “So.”\n    Wu L, et al. T. — Figure 1, caption"
    )
    assert str(Answer("q", "q", "not_found", (), (quote(),))) == "Not found in your library."
