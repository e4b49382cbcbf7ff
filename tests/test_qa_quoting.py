"""From sentences chosen to quotes: context, places where the same is said, and the study."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.encoders import HashingEncoder
from index.library import Library
from qa.assistant import Assistant
from qa.calibration import calibration_for
from qa.extract import Candidate
from qa.quoting import quotes_of, studies_of
from qa.records import Answer, Quote
from qa.terminal import answer as in_terminal
from qa.why import why
from web import cards

Paper = Callable[..., Path]

SAID = "Axolotls regrow lost legs within ninety days in most animals that were kept warm."
FIRST = f"Axolotls are kept worldwide. {SAID} However, cold animals did not. Trial registration: NCT01234567."
SECOND = f"In conclusion, {SAID[0].lower()}{SAID[1:]} Newts regrow legs too. Registered as NCT01234567."
THIRD = f"{SAID.replace('ninety', 'sixty')} All rights reserved. Frogs regrow no legs."


@pytest.fixture
def assistant(library: Library, paper: Paper) -> Iterator[Assistant]:
    papers = [
        {"pmid": str(n), "abstract": text, "title": f"On the legs of axolotls, part {n}"}
        for n, text in enumerate((FIRST, SECOND, THIRD), 1)
    ]
    library.add([paper("a.xml", *papers)])
    low = replace(
        calibration_for("", None, ""), bar=-9.0, encoder=HashingEncoder(64).fingerprint, further=None
    )
    yield Assistant(library, calibration=low)


QUESTION = "Do axolotls regrow lost legs within ninety days?"


def said(answer: Answer) -> Quote:
    return next(quote for quote in answer.quotes if "ninety" in quote.text)


def test_what_is_said_twice_is_quoted_once_with_both_places(assistant: Assistant) -> None:
    answer = assistant.ask(QUESTION)
    assert sum("ninety" in quote.text for quote in answer.quotes) == 1
    quote = said(answer)
    (place,) = quote.also
    assert {quote.document_id, place.document_id} == {"pmid:1", "pmid:2"}
    content = assistant.library.text(place.text_sha256).content
    assert "xolotls regrow lost legs within ninety days" in content[place.start : place.end]
    assert (place.section, place.page, place.label) == ("abstract", None, "Nógrádi 2020")
    assert any("sixty" in quote.text for quote in answer.quotes), "another number is another finding"
    line = "also in Nógrádi 2020 (abstract)"
    assert line in in_terminal(answer) and line in str(answer)
    assert f'<p class="lq-also">{line}</p>' in cards.answer(answer)


def test_a_statement_is_shown_with_what_turns_it_round(assistant: Assistant) -> None:
    quotes = assistant.ask(QUESTION).quotes
    first = next((quote for quote in quotes if quote.document_id == "pmid:1" and SAID in quote.text), None)
    if first is not None:  # the second paper may have said it first
        assert "However, cold animals did not." in first.text
    cold = assistant.ask("Did cold animals?").quotes[0]
    assert cold.text == f"{SAID} However, cold animals did not."
    content = assistant.library.text(cold.text_sha256).content
    assert content[slice(*cold.focus)] == "However, cold animals did not."


def test_papers_of_one_trial_are_counted_as_one_study(assistant: Assistant) -> None:
    answer = assistant.ask(QUESTION)
    named = {quote.document_id: quote.study for quote in answer.quotes}
    assert named == {name: "" if name == "pmid:3" else "NCT01234567" for name in named}
    assert sum(quote.study != "" for quote in answer.quotes) <= 3
    if len(named) == 3:
        assert answer.summary.endswith("from 3 papers of 2 studies")
    assert answer.summary in in_terminal(answer) and answer.summary in cards.answer(answer)


def test_what_says_nothing_is_neither_quoted_nor_near(assistant: Assistant) -> None:
    high = Assistant(assistant.library, calibration=replace(assistant.calibration, bar=99.0))
    for asked in (assistant, high):
        answer = asked.ask("Are all rights reserved?")
        assert not any("rights" in quote.text for quote in (*answer.quotes, *answer.nearest))


def test_a_focus_is_widened_to_what_denies_it(assistant: Assistant) -> None:
    (found,) = [one for one in assistant.rank("Frogs?") if one.text == "Frogs regrow no legs."]
    legs = found.start + found.text.index("legs")
    marked = replace(found, focus=(legs, legs + 4))
    (quote,) = quotes_of(assistant.library, assistant.calibration, [(marked, "", None)])
    assert assistant.library.text(quote.text_sha256).content[slice(*quote.focus)] == "no legs"


def test_no_sentence_is_shown_twice_and_context_only_where_it_is_not(assistant: Assistant) -> None:
    ranked = {one.text: one for one in assistant.rank(QUESTION)}
    cold, stated = ranked["However, cold animals did not."], ranked[SAID]
    chosen: list[tuple[Candidate, str, None]] = [(cold, "", None), (stated, "", None)]
    (only,) = quotes_of(assistant.library, assistant.calibration, chosen)
    assert only.text == f"{SAID} However, cold animals did not."


def test_a_paper_left_out_for_its_study_is_told_so(library: Library, paper: Paper) -> None:
    legs = "Axolotl leg number {} regrows fully in {} days after it was lost."
    records = [
        {
            "pmid": str(n),
            "title": f"Axolotl legs, part {n}",
            "abstract": " ".join(legs.format(10 * n + i, 30 + i + 10 * n) for i in range(2))
            + " ISRCTN87597684 is its registration.",
        }
        for n in range(1, 6)
    ]
    other = {"pmid": "9", "title": "Frogs", "abstract": "Frogs are green."}
    library.add([paper("a.xml", *records, other)])
    low = replace(
        calibration_for("", None, ""), bar=-9.0, encoder=HashingEncoder(64).fingerprint, further=None
    )
    assistant = Assistant(library, calibration=low)
    question = "After how many days does an axolotl leg regrow fully?"
    answer = assistant.ask(question)
    assert sum(quote.study == "ISRCTN87597684" for quote in answer.quotes) <= 3
    quoted = {quote.document_id for quote in answer.quotes}
    left_out = next(name for name in ("pmid:1", "pmid:2", "pmid:3", "pmid:4") if name not in quoted)
    found = why(assistant, question, left_out)
    assert found.reason == "study"
    assert "of the study ISRCTN87597684" in found.text
    assert studies_of(library, assistant.rank(question))["pmid:9"] == ""


def test_a_paper_of_which_nothing_read_says_anything_is_told_so(library: Library, paper: Paper) -> None:
    library.add(
        [
            paper(
                "a.xml",
                pmid="1",
                title="Axolotl rights",
                abstract="© 2020 Axolotl Press. All rights reserved.",
            )
        ]
    )
    assistant = Assistant(library)
    assert assistant.ask("Who has the rights to axolotls?").nearest == ()
    found = why(assistant, "Who has the rights to axolotls?", "pmid:1")
    assert (found.reason, found.sentence) == ("nothing to quote", None)
    assert "holds no statement" in found.text
