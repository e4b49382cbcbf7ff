"""Questions to begin with: made of what the library holds, and answered by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from index.library import Library
from index.records import Document, Reference, Text
from qa import examples
from qa.assistant import Assistant
from qa.calibration import calibration_for

#: The calibration for no reader.
UNREAD = calibration_for("", None, "")


def about(title: str = "", *, keywords: tuple[str, ...] = (), mesh: tuple[str, ...] = ()) -> list[str]:
    text = Text.of(title, source="0" * 64, extractor="test/1")
    reference = Reference(title=title, keywords=keywords, mesh=mesh)
    return list(examples._topics(Document("d", text, title, reference)))


def test_an_empty_library_gives_no_examples(library: Library) -> None:
    assert examples.example_questions(library) == []


def test_keywords_that_the_title_names_come_first() -> None:
    topics = about(
        "Stem cell therapies: a new era in the treatment of multiple sclerosis",
        keywords=("neural stem cells", "multiple sclerosis", "stem cell therapy"),
    )
    assert topics[0] == "stem cell therapy"
    assert set(topics) == {"neural stem cells", "multiple sclerosis", "stem cell therapy"}


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("Diabetes Mellitus, Type 2/therapy", "Type 2 Diabetes Mellitus"),
        ("*Receptors, Estrogen", "Estrogen Receptors"),
        ("Asthma", "Asthma"),
        ("Child, Preschool", None),
        ("Humans", None),
        ("Aged, 80 and over", None),
    ],
)
def test_a_mesh_heading_is_said_as_one_says_it_and_check_tags_are_left_out(
    heading: str, said: str | None
) -> None:
    assert about(mesh=(heading,)) == ([said] if said else [])


@pytest.mark.parametrize(
    ("title", "topic"),
    [
        ("Axolotl legs: how they regrow", ["axolotl legs"]),
        ("COVID-19 vaccines", ["COVID-19 vaccines"]),
        ("DNA repair", ["DNA repair"]),
        ("[build-system]", []),
        ("A title that is much too long to be asked about in one breath", []),
        ("", []),
    ],
)
def test_without_keywords_the_title_is_the_topic_when_it_reads_as_one(title: str, topic: list[str]) -> None:
    assert about(title) == topic


def test_examples_are_spread_over_the_papers_and_all_are_answered(
    library: Library, paper: Callable[..., Path]
) -> None:
    library.add(
        [
            paper("a.xml", pmid="1", title="Axolotl legs", abstract="Axolotl legs regrow in ninety days."),
            paper("b.xml", pmid="2", title="Zebrafish fins", abstract="Zebrafish fins regrow in one week."),
        ]
    )
    assistant = Assistant(library, calibration=replace(UNREAD, bar=0.3))
    found = examples.example_questions(library, 2, assistant=assistant)
    assert found == ["What is known about axolotl legs?", "What is known about zebrafish fins?"]
    assert [assistant.ask(question).status for question in found] == ["answered", "answered"]
    assert examples.example_questions(library, 1, assistant=assistant) == found[:1]


def test_what_the_library_does_not_answer_is_not_offered(
    library: Library, paper: Callable[..., Path]
) -> None:
    library.add([paper("a.xml", pmid="1", title="Axolotl legs", abstract="Nothing was found out yet.")])
    strict = Assistant(library, calibration=replace(UNREAD, bar=99.0))
    assert examples.example_questions(library, assistant=strict) == []


def test_at_most_four_candidates_are_asked_for_each_example(
    library: Library, paper: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(
        [
            paper(f"{n}.xml", pmid=str(n), title=f"Topic {w}", abstract=f"{w} is here.")
            for n, w in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight"), 1)
        ]
    )
    assistant = Assistant(library, calibration=replace(UNREAD, bar=99.0))
    asked: list[str] = []
    answer = assistant.ask
    monkeypatch.setattr(assistant, "ask", lambda question: asked.append(question) or answer(question))
    assert examples.example_questions(library, 1, assistant=assistant) == []
    assert len(asked) <= 4
