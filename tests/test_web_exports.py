"""Answers and conversations taken away from the page as files, read back by foreign readers."""

from __future__ import annotations

import base64
import io
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import rispy
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from index.library import Library
from qa.assistant import Assistant
from qa.policy import Policy
from qa.sealing import intact
from qa.verifying import VERIFIED, verify
from tests.page_parts import ALL, merged
from web import exports
from web.page import Page
from web.rooms import Rooms
from web.talk import Talk

Paper = Callable[..., Path]
SENTENCE = "Stem cells cure 12.5 % of mice."


@pytest.fixture
def page(library: Library, paper: Paper) -> Page:
    library.add([paper("secret-name.xml", pmid="1", title="Cells of mice", abstract=SENTENCE)])
    return Page(Rooms(Assistant(library, calibration=ALL)))


def taken(page: Page, talk: Talk, **value: object) -> tuple[str, bytes]:
    """The file handed over: its name and its bytes."""
    shown = page.exported(value, talk)["file"]
    found = re.search(r'data-download="([^"]*)" data-content="([^"]*)"', shown)
    assert found is not None
    return found[1], base64.b64decode(found[2], validate=True)


def test_a_sealed_answer_verifies_and_says_when_it_was_asked(page: Page, library: Library) -> None:
    talk = Talk()
    merged(page.ask("Do stem cells cure mice?", talk))
    name, data = taken(page, talk, turn=1, ending=".json")
    document = json.loads(data)
    assert name == "litquote-do-stem-cells-cure-mice.json"
    assert intact(document) and document["answers"][0]["asked_at"] == talk.turns[0].asked
    assert [one.state for one in verify(document, library)] == [VERIFIED]
    assert document["texts"][0]["source_names"] == ["secret-name.xml"]


def test_word_and_references_hold_the_quotes_and_papers(page: Page) -> None:
    talk = Talk()
    merged(page.ask("Do stem cells cure mice?", talk))
    _, data = taken(page, talk, turn=1, ending=".docx", style="apa")
    paragraphs = Document(io.BytesIO(data)).paragraphs
    quotes = [one.text for one in paragraphs if one.style is not None and one.style.name == "Quote"]
    assert quotes == [SENTENCE]
    _, data = taken(page, talk, turn=1, ending=".ris")
    assert [one["title"] for one in rispy.loads(data.decode())] == ["Cells of mice"]


def test_a_conversation_is_one_file_and_a_single_answer_has_no_such_button(page: Page) -> None:
    talk = Talk()
    log = merged(page.ask("Do stem cells cure mice?", talk))["log"]
    assert "Export the conversation" not in log and "Export…" in log
    log = merged(page.ask("How many mice do stem cells cure?", talk))["log"]
    assert "Export the conversation" in log
    _, data = taken(page, talk, turn=0, ending=".json")
    assert [one["question"] for one in json.loads(data)["answers"]] == [turn.question for turn in talk.turns]


def test_strangers_are_not_told_what_the_files_were_called(library: Library, paper: Paper) -> None:
    library.add([paper("secret-name.xml", pmid="1", title="Cells of mice", abstract=SENTENCE)])
    page, talk = Page(Rooms(Assistant(library, calibration=ALL), policy=Policy(read_only=True))), Talk()
    merged(page.ask("Do stem cells cure mice?", talk))
    for ending in (".json", ".txt", ".html"):
        _, data = taken(page, talk, turn=1, ending=ending)
        assert SENTENCE.encode() in data and b"secret-name" not in data


def test_what_cannot_be_exported_is_said_or_left(page: Page, library: Library) -> None:
    talk = Talk()
    assert page.exported({"turn": 1, "ending": ".json"}, talk) == {}
    merged(page.ask("Do stem cells cure mice?", talk))
    assert page.exported({"turn": 1, "ending": ".exe"}, talk) == {}
    assert "there is no style" in page.exported({"turn": 1, "ending": ".md", "style": "x<y"}, talk)["work"]


def test_a_file_taken_twice_is_handed_over_twice(page: Page) -> None:
    talk = Talk()
    merged(page.ask("Do stem cells cure mice?", talk))
    first, second = (page.exported({"turn": 1, "ending": ".md"}, talk)["file"] for _ in range(2))
    assert first != second and first.split("data-number")[0] == second.split("data-number")[0]


@given(st.text(max_size=200))
def test_a_file_name_is_one_on_every_system(question: str) -> None:
    stem = exports.stem(question)
    assert re.fullmatch(r"litquote-[^\W_]+(-[^\W_]+)*", stem) and len(stem) <= 70


def test_a_question_asked_meanwhile_waits_and_a_double_click_asks_once(page: Page) -> None:
    talk, first = Talk(), []
    steps = page.ask("Do stem cells cure mice?", talk)
    first.append(next(steps))  # begun
    assert list(page.ask("Do stem cells cure mice?", talk)) == []
    assert list(page.ask(" ", talk)) == []
    told: list[dict[str, object]] = []
    second = threading.Thread(target=lambda: told.extend(page.ask("How many mice?", talk)))
    second.start()
    first.extend(steps)
    second.join(30)
    assert [turn.question for turn in talk.turns] == ["Do stem cells cure mice?", "How many mice?"]
    assert told[0] == {"question": ""} and "How many mice?" in str(told[-2]["log"])
    assert talk.stop is None


def test_a_new_conversation_does_not_wait_for_the_old_question(page: Page) -> None:
    talk = Talk()
    steps = page.ask("Do stem cells cure mice?", talk)
    next(steps)
    page.cleared(talk)
    merged(page.ask("Do stem cells cure mice?", talk))
    list(steps)
    assert len(talk.turns) == 1 and talk.stop is None
