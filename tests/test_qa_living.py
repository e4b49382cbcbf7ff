"""Saved questions: what became of their quotes when the library changed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from retraction_rows import row, write

from index.errors import UsageError
from index.library import Library
from index.records import Filters
from qa.assistant import Assistant
from qa.calibration import Calibration
from qa.living import Diff, SavedQuestions
from qa.search_log import SearchLog
from qa.user_store import UserStore

QUESTION = "Does zinc shorten colds?"
ZINC = "Zinc lozenges shorten colds by two days."


@pytest.fixture(autouse=True)
def _on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LITQUOTE_HISTORY", raising=False)


@pytest.fixture
def saved(library: Library) -> SavedQuestions:
    return SavedQuestions(UserStore.of(library))


@pytest.fixture
def assistant(library: Library, paper: Callable[..., Path]) -> Assistant:
    library.add([paper("1.xml", pmid="1", title="Title 1", abstract=f"{ZINC} Bread is baked.", year="2015")])
    return Assistant(library, calibration=Calibration({"coverage": 1.0}, 4.0, -3.0, 0.6, ""))


def kinds(diff: Diff) -> list[tuple[str, str]]:
    return [(one.kind, one.quote.text) for one in diff.changes]


def only(found: object) -> Diff:
    (diff,) = found  # type: ignore[misc]
    assert isinstance(diff, Diff)
    return diff


def test_the_first_run_is_what_the_next_compares_with(saved: SavedQuestions, assistant: Assistant) -> None:
    number = saved.add(QUESTION)
    assert saved.add(f"  {QUESTION} ") == number, "the same question is saved once"
    first = only(saved.run(assistant))
    assert (first.first, first.quotes, first.changes, first.before) == (True, 1, (), None)
    again = only(saved.run(assistant))
    assert (again.first, again.same, again.changes) == (False, 1, ())
    assert again.before == again.generation == first.generation
    (held,) = saved.list()
    assert (held.quotes, held.generation) == (1, first.generation) and saved.due(assistant.library) == []


def test_a_new_quote_is_new_until_it_is_accepted(
    saved: SavedQuestions, assistant: Assistant, paper: Callable[..., Path]
) -> None:
    saved.add(QUESTION)
    saved.run(assistant)
    told = "Does zinc shorten colds? Zinc shortens colds in the elderly."
    assistant.library.add([paper("2.xml", pmid="2", title="Title 2", abstract=told)])
    assert [one.question for one in saved.due(assistant.library)] == [QUESTION]
    for _ in range(2):
        peek = only(saved.run(assistant, accept=False))
        assert ("new", "Zinc shortens colds in the elderly.") in kinds(peek) and peek.same == 1
    accepted = only(saved.run(assistant))
    assert saved.last(accepted.saved) == json.loads(json.dumps(accepted.to_dict()))
    assert only(saved.run(assistant)).changes == ()


def test_a_removed_paper_is_the_reason_that_its_quote_is_gone(
    saved: SavedQuestions, assistant: Assistant
) -> None:
    saved.add(QUESTION)
    saved.run(assistant)
    assistant.library.remove(["pmid:1"])
    (change,) = only(saved.run(assistant)).changes
    assert (change.kind, change.quote.text, change.why) == ("gone", ZINC, "the paper was removed")


def test_another_text_moves_a_quote_or_takes_it_away(
    saved: SavedQuestions, assistant: Assistant, paper: Callable[..., Path]
) -> None:
    saved.add(QUESTION)
    saved.run(assistant)
    assistant.library.add(
        [paper("1.xml", pmid="1", title="Title 1", abstract=f"Bread is baked. Salt. {ZINC}")]
    )
    diff = only(saved.run(assistant))
    (change,) = diff.changes
    assert change.kind == "moved" and change.why == "the paper has another text now" and diff.same == 0
    assert change.before is not None and change.before.text_sha256 != change.quote.text_sha256
    assert change.before.text == change.quote.text == ZINC
    assistant.library.add([paper("1.xml", pmid="1", title="Title 1", abstract="Bread is baked.")])
    (change,) = only(saved.run(assistant)).changes
    assert (change.kind, change.quote.text) == ("gone", ZINC)
    assert change.why == "the paper has another text now, without these words"


def test_the_same_words_in_another_paper_have_moved(
    saved: SavedQuestions, assistant: Assistant, paper: Callable[..., Path]
) -> None:
    saved.add(QUESTION)
    saved.run(assistant)
    assistant.library.add([paper("2.xml", pmid="2", title="Title 2", abstract=ZINC)])
    assert only(saved.run(assistant)).changes == (), "quoted once, with both places"
    assistant.library.remove(["pmid:1"])
    (change,) = only(saved.run(assistant)).changes
    assert change.kind == "moved" and change.quote.document_id == "pmid:2"
    assert change.why == "was quoted from Nógrádi 2015, now from Nógrádi 2020"


def test_a_retraction_since_then_is_told(saved: SavedQuestions, assistant: Assistant, tmp_path: Path) -> None:
    saved.add(QUESTION)
    saved.run(assistant)
    assistant.library.import_retractions(write(tmp_path / "watch.csv", row(pmid="1")))
    diff = only(saved.run(assistant))
    (change,) = diff.changes
    assert change.kind == "retracted" and change.why.startswith("Retracted") and change.quote.text == ZINC
    assert diff.summary == "1 now retracted, 0 as before"
    assert only(saved.run(assistant)).summary == "1 as before", "told once"


def test_a_higher_bar_and_filters_are_reasons(saved: SavedQuestions, assistant: Assistant) -> None:
    saved.add(QUESTION)
    saved.add(QUESTION, Filters(retracted=False))
    saved.run(assistant)
    strict = Assistant(assistant.library, calibration=Calibration({"coverage": 1.0}, 4.0, -3.0, 5.0, ""))
    for diff in saved.run(strict, accept=False):
        (change,) = diff.changes
        assert change.kind == "gone" and change.why == "no longer above the bar (1.00; the bar is 5.00)"


def test_filters_that_leave_the_paper_out_now_are_the_reason(
    saved: SavedQuestions, assistant: Assistant, tmp_path: Path
) -> None:
    saved.add(QUESTION, Filters(retracted=False))
    saved.run(assistant)
    assistant.library.import_retractions(write(tmp_path / "watch.csv", row(pmid="1")))
    (change,) = only(saved.run(assistant)).changes
    assert (change.kind, change.why) == ("gone", "the filters leave the paper out now")


def test_one_question_may_be_run_or_removed_alone(saved: SavedQuestions, assistant: Assistant) -> None:
    one, two = saved.add(QUESTION), saved.add("Is bread baked?", Filters(years=(2010, 2016)))
    told: list[tuple[int, int]] = []
    diffs = saved.run(assistant, on_progress=lambda done, of: told.append((done, of)))
    assert [diff.saved for diff in diffs] == [one, two] and told == [(1, 2), (2, 2)]
    assert saved.get(two).filters == Filters(years=(2010, 2016))
    assert [diff.saved for diff in saved.run(assistant, [two])] == [two]
    saved.remove(one)
    assert [held.id for held in saved.list()] == [two]
    for call in (saved.remove, saved.last, saved.get):
        with pytest.raises(UsageError, match="no saved question"):
            call(one)
    with pytest.raises(UsageError, match="empty"):
        saved.add(" ")


def test_users_have_their_own_and_runs_are_in_the_log(saved: SavedQuestions, assistant: Assistant) -> None:
    ann = SavedQuestions(saved.store, "ann")
    number = ann.add(QUESTION)
    assert saved.list() == []
    with pytest.raises(UsageError):
        saved.run(assistant, [number])
    ann.run(assistant)
    (logged,) = SearchLog(saved.store, "ann").list()
    assert (logged.via, logged.completed, logged.papers) == ("saved", QUESTION, ("pmid:1",))
    assert SearchLog(saved.store).list() == []
