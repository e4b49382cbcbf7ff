"""Fitting a calibration on labelled questions, and the command that keeps it beside a library."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.encoders import HashingEncoder
from index.errors import LibraryDamaged, UsageError
from index.library import Library
from qa import calibrate, cli
from qa.assistant import Assistant
from qa.calibrate import BAR, FIT, LEAST, REPORT, Asked, Labelled, part_of
from qa.calibrate_command import keep
from qa.calibration import Calibration, load, shipped

UNREAD = next(one for one in shipped() if one.reader is None)
PAPERS = 60


def made_up(count: int, *, outsiders: int, seed: int = 0) -> list[Asked]:
    """Questions whose chance to be right is the logistic curve 3 x - 2 of the score x; none is right
    where the library has no answer."""
    random = np.random.default_rng(seed)
    found = []
    for n in range(count):
        score = float(random.normal(1.0, 0.6))
        found.append(Asked(f"q{n}", score, random.random() < 1 / (1 + math.exp(2 - 3 * score)), True))
    return found + [Asked(f"o{n}", float(random.normal(-0.5, 0.6)), False, False) for n in range(outsiders)]


# -- parts -------------------------------------------------------------------------------------------


@given(st.text(), st.integers(0, 99))
def test_the_same_words_are_always_in_the_same_part(question: str, seed: int) -> None:
    part = part_of(question, seed)
    assert part in (FIT, BAR, REPORT)
    assert part_of(f"  {question}\n", seed) == part
    assert part_of(question.casefold(), seed) == part


def test_the_parts_are_about_even_and_the_seed_deals_anew() -> None:
    parts = [part_of(f"Question {n}?") for n in range(3000)]
    assert all(900 < parts.count(part) < 1100 for part in (FIT, BAR, REPORT))
    other = [part_of(f"Question {n}?", 1) for n in range(3000)]
    assert 900 < sum(one == two for one, two in zip(parts, other, strict=True)) < 1100


# -- fitting -----------------------------------------------------------------------------------------


def test_the_fitted_curve_says_what_is_true() -> None:
    found = calibrate.fit(made_up(6000, outsiders=6000), UNREAD).calibration
    figures = found.figures["questions"]
    assert figures["ece"][0] < 0.03 and figures["auroc"][0] > 0.9
    assert all(abs(said - true) < 0.08 for said, true, _ in found.curve)
    assert sum(count for _, _, count in found.curve) == figures["answerable"] + figures["others"]
    assert found.weights == UNREAD.weights and found.encoder == UNREAD.encoder


def test_only_the_first_part_decides_the_curve_and_only_the_second_the_bar() -> None:
    asked = made_up(300, outsiders=300)
    whole = calibrate.fit(asked, UNREAD).calibration
    for part in (FIT, BAR, REPORT):
        moved = [replace(one, score=one.score + 0.3 * (part_of(one.question) == part)) for one in asked]
        found = calibrate.fit(moved, UNREAD).calibration
        assert found.slope == pytest.approx(whole.slope)
        assert found.intercept == pytest.approx(whole.intercept - 0.3 * whole.slope * (part == FIT))
        assert found.bar == pytest.approx(whole.bar + 0.3 * (part == BAR))


def test_how_many_questions_have_no_answer_changes_nothing() -> None:
    """Each outsider asked three times is the same evidence as asked once; the bar is only surer."""
    asked = made_up(200, outsiders=200)
    more = asked + [one for one in asked if not one.answerable] * 2
    one, other = (calibrate.fit(these, UNREAD).calibration for these in (asked, more))
    assert (other.slope, other.intercept) == pytest.approx((one.slope, one.intercept))
    assert other.bar >= one.bar
    for name in ("auroc", "coverage@p90", "ece"):
        assert other.figures["questions"][name][0] == pytest.approx(
            one.figures["questions"][name][0], abs=0.01
        )


def test_figures_by_hand() -> None:
    """Two right of three, one outsider above the bar of two; a kind counts as a whole."""
    certain = Calibration({"cosine": 1.0}, slope=1.0, intercept=0.0, bar=1.5, encoder="")
    asked = [Asked("a", 3.0, True, True), Asked("b", 2.0, True, True), Asked("c", 1.0, False, True)]
    asked += [Asked("d", 2.5, False, False), Asked("e", 0.0, False, False)]
    found = calibrate.measure(certain, asked)
    assert (found["answerable"], found["others"]) == (3, 2)
    assert (found["answered"], found["answered_others"], found["hit@1"]) == (0.6667, 0.5, 0.6667)
    assert found["auroc"][0] == pytest.approx(4 / 6, abs=1e-4)
    assert found["coverage@p90"][0] == pytest.approx(1 / 3, abs=1e-4)
    low, high = found["auroc"][1:]
    assert low <= found["auroc"][0] <= high


@pytest.mark.parametrize(("inside", "outside"), [(LEAST - 1, 99), (99, LEAST - 1), (0, 0)])
def test_too_few_questions_are_refused_with_the_remedy(inside: int, outside: int) -> None:
    with pytest.raises(UsageError, match=r"at least 30 of each kind.*--outsiders"):
        calibrate.fit(made_up(inside, outsiders=outside), UNREAD)


def test_scores_that_fall_with_rightness_are_refused() -> None:
    asked = [replace(one, score=-one.score) for one in made_up(200, outsiders=200)]
    with pytest.raises(UsageError, match="check the labelled places"):
        calibrate.fit(asked, UNREAD)


# -- weights -----------------------------------------------------------------------------------------


def sentences(count: int) -> list[Labelled]:
    """Six sentences a question: the right one has more of ``cosine`` and less of ``coverage``."""
    random = np.random.default_rng(3)
    found = []
    for n in range(count):
        right = tuple(place == n % 6 for place in range(6))
        parts = tuple(
            {"cosine": float(random.normal(2.0 * one)), "coverage": float(random.normal(-1.0 * one))}
            for one in right
        )
        found.append(Labelled(f"q{n}", True, parts, right))
    return found


def test_a_part_that_would_count_against_is_left_out() -> None:
    labelled = sentences(120)
    weights = calibrate.weigh(labelled, ["cosine", "coverage"])
    assert set(weights) == {"cosine"} and weights["cosine"] > 0
    made = replace(UNREAD, weights=weights)
    assert calibrate.hit(labelled, made) > calibrate.hit(labelled, UNREAD)
    with pytest.raises(UsageError, match="no part of the score"):
        calibrate.weigh(labelled, ["coverage"])
    assert set(calibrate.weigh(labelled, ["cosine", "retrieval"])) == {"cosine"}  # none has a retrieval


def test_the_best_sentence_is_the_one_that_the_weights_put_first() -> None:
    parts = ({"cosine": 1.0}, {"coverage": 3.0}, {"coverage": 3.0})
    labelled = [Labelled("q", True, parts, (False, True, False), "set")]
    assert calibrate.asked(labelled, UNREAD) == [
        Asked("q", 3.0, True, True, "set", ((3.0, False), (1.0, False)))
    ]
    words = replace(UNREAD, weights={"cosine": 1.0})
    assert calibrate.asked(labelled, words) == [
        Asked("q", 1.0, False, True, "set", ((0.0, True), (0.0, False)))
    ]
    assert math.isnan(calibrate.hit([], UNREAD))


def test_further_quotes_have_a_curve_of_their_own() -> None:
    """Beside a best sentence of 3.0, those of 2.9 are right half of the time, those of 1.5 one in ten."""
    asked = [
        Asked(
            f"q{n}",
            3.0 if n % 2 else -1.0,
            n % 2 == 1,
            n % 2 == 1,
            further=((2.9, n % 4 == 1), (1.5, n % 20 == 1)) if n % 2 else (),
        )
        for n in range(2400)
    ]
    made = calibrate.fit(asked, UNREAD).calibration
    assert made.further is not None
    assert made.confidence(2.9, 3.0) == pytest.approx(0.5, abs=0.08)
    assert made.confidence(1.5, 3.0) == pytest.approx(0.1, abs=0.04)
    assert made.confidence(2.9) > 0.9
    told = made.figures["questions"]["further"]
    assert told["said"] == pytest.approx(told["right"], abs=0.08)


def test_too_few_further_quotes_make_no_curve() -> None:
    asked = [Asked(f"q{n}", 3.0 * (n % 2), n % 2 == 1, n % 2 == 1) for n in range(400)]
    assert calibrate.fit(asked, UNREAD).calibration.further == UNREAD.further


# -- the command -------------------------------------------------------------------------------------


class Command:
    """Runs ``litquote`` on one library of made-up papers with questions about them."""

    def __init__(self, place: Path, questions: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.place, self.questions, self._capsys = place, questions, capsys
        self.own = place / "calibration.json"

    def __call__(self, *argv: object) -> tuple[int, str, str]:
        code = cli.main([*map(str, argv), "--library", str(self.place)])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    def json(self, *argv: object) -> Any:
        code, out, err = self(*argv, "--json")
        assert code == 0, err
        return json.loads(out)


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def name(number: int) -> str:
    """A word of its own for a number."""
    return "".join("bdfgklmnprstvz"[int(digit)] + "aeiou"[number % 5] for digit in f"{number:03}")


def answerable(number: int) -> dict[str, Any]:
    """Labelled by PMID, DOI or id in turn, without a start."""
    paper = (f"{number + 1}", f"10.1/{number}", f"pmid:{number + 1}")[number % 3]
    text = f"The {name(number)} frog eats {number} flies."
    answer = [{"doc_id": paper, "text": text}]
    return {"id": f"q{number}", "question": f"What does the {name(number)} frog eat?", "answers": answer}


def unanswerable(number: int) -> dict[str, Any]:
    question = f"Who taxed the yachts of {name(number + 500)}?"
    return {"id": f"u{number}", "question": question, "answerable": False}


def mislabelled(paper: str, words: str) -> dict[str, Any]:
    return {"id": "x", "question": "Which frogs?", "answers": [{"doc_id": paper, "text": words}]}


LABELLED = [one for n in range(PAPERS) for one in (answerable(n), unanswerable(n))]


@pytest.fixture
def command(tmp_path: Path, paper: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> Command:
    records = [
        {
            "pmid": str(n + 1),
            "doi": f"10.1/{n}",
            "title": f"On the {name(n)} frog",
            "abstract": f"Frogs are green. The {name(n)} frog eats {n} flies. It sleeps.",
        }
        for n in range(PAPERS)
    ]
    place = tmp_path / "library"
    with Library.create(place, encoder=HashingEncoder(64), reader="none") as library:
        library.add([paper("frogs.xml", *records)])
    return Command(place, write(tmp_path / "questions.jsonl", LABELLED), capsys)


def test_a_library_gets_its_own_calibration_and_uses_it(command: Command) -> None:
    before = command.json("ask", "What does the frog eat?")
    assert before["status"] in ("answered", "not_found")
    with Library.open(command.place) as library:
        assert Assistant(library).ask("What do frogs eat?").trace["calibrated"] is False
    said = command.json("calibrate", command.questions)
    assert said["written"] is True and said["path"] == str(command.own) and said["left_out"] == 0
    assert sum(said["questions"].values()) == 2 * PAPERS
    assert said["calibration"]["weights"] == dict(UNREAD.weights) and said["calibration"]["made"]
    figures = said["calibration"]["figures"]["questions"]
    assert figures["hit@1"] == 1 and figures["auroc"][0] == 1 and figures["answered_others"] == 0
    with Library.open(command.place) as library:
        assistant = Assistant(library)
        assert assistant.calibration.to_dict() == load(command.own)[0].to_dict()
        answer = assistant.ask(LABELLED[0]["question"])
        assert answer.trace["calibrated"] is True
        assert answer.trace["bar"] == said["calibration"]["bar"]
        assert answer.quotes[0].text == LABELLED[0]["answers"][0]["text"]
        assert assistant.ask(LABELLED[1]["question"]).status == "not_found"


def test_what_it_did_is_printed_as_a_small_table(command: Command) -> None:
    code, out, _ = command("calibrate", command.questions)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("fitted on ") and "measured on" in lines[0]
    assert lines[1].startswith("a score is the sum of cosine 1, coverage 1; a quote needs ")
    assert lines[2].startswith("before: auroc 1.000 [") and lines[3].startswith("now: auroc 1.000 [")
    assert "hit@1 1.000" in lines[3] and "of the answerable" in lines[3]
    table = lines.index("said   right   questions")
    assert len(lines) - table - 2 == len(load(command.own)[0].curve)
    assert lines[-1] == f"kept in {command.own}"


def test_a_dry_run_writes_nothing_and_a_reset_goes_back(command: Command) -> None:
    dry = command.json("calibrate", command.questions, "--dry-run")
    assert dry["written"] is False and not command.own.exists()
    again = command.json("calibrate", command.questions)
    assert again["calibration"] == dry["calibration"]
    assert command.own.exists()
    assert command("calibrate", "--reset")[:2] == (0, "litquote's own calibration is used again\n")
    assert not command.own.exists()
    assert command.json("calibrate", "--reset")["reset"] is True


def test_fitting_again_starts_from_what_ships_not_from_the_last_fit(command: Command) -> None:
    first = command.json("calibrate", command.questions)
    second = command.json("calibrate", command.questions)
    assert second["calibration"] == first["calibration"]
    assert second["before"] == first["calibration"]["figures"]["questions"]


def test_a_damaged_calibration_is_named_and_made_anew(command: Command) -> None:
    command.own.write_text('[{"weights": ')
    code, _, err = command("ask", "What does the frog eat?")
    assert code == 1 and err.count("\n") == 1
    assert "calibration.json" in err and err.endswith("make it anew with: litquote calibrate\n")
    assert command.json("calibrate", command.questions)["written"] is True
    assert command("ask", "What does the frog eat?")[0] == 0


def test_calibrations_for_other_readers_are_kept(tmp_path: Path) -> None:
    own = tmp_path / "calibration.json"
    one, other = replace(UNREAD, reader="a" * 64), replace(UNREAD, reader="b" * 64)
    keep(own, one)
    keep(own, other)
    keep(own, replace(one, bar=5.0))
    assert load(own) == [replace(one, bar=5.0), other]
    assert [path.name for path in tmp_path.iterdir()] == ["calibration.json"]
    own.write_text("gone bad")
    with pytest.raises(LibraryDamaged):
        load(own)
    keep(own, one)
    assert load(own) == [one]


def test_writing_and_sweeping_leave_it_alone(command: Command, paper: Callable[..., Path]) -> None:
    command.json("calibrate", command.questions)
    kept = command.own.read_bytes()
    new = paper("new.xml", pmid="900", title="On newts", abstract="Newts swim.")
    for argv in (("add", new), ("remove", "pmid:900"), ("compact",), ("rollback",), ("rebuild",)):
        assert command(*argv)[0] == 0
        assert command.own.read_bytes() == kept
    assert command.json("verify") == {"problems": []}
    with Library.create(command.place) as library:
        assert Assistant(library).ask("What do frogs eat?").trace["calibrated"] is True


def test_questions_of_another_set_count_as_unanswerable(command: Command, tmp_path: Path) -> None:
    """As many are drawn as there are answerable ones; what the own set asks too is left out."""
    own = write(tmp_path / "own.jsonl", [answerable(n) for n in range(PAPERS)])
    code, _, err = command("calibrate", own)
    assert code == 2 and "0 questions without an answer are too few" in err and "--outsiders" in err
    other = tmp_path / "other"
    other.mkdir()
    strangers = [{**unanswerable(n), "answerable": True} for n in range(300)]
    write(other / "questions.jsonl", strangers)
    said = command.json("calibrate", own, "--outsiders", other, "--dry-run")
    assert sum(said["questions"].values()) == 2 * PAPERS
    write(other / "questions.jsonl", [{**answerable(n), "id": f"x{n}"} for n in range(PAPERS)])
    assert command("calibrate", own, "--outsiders", other)[0] == 2


def test_questions_that_do_not_say_where_the_answer_stands_are_counted(
    command: Command, tmp_path: Path
) -> None:
    vague = [{"id": "v", "question": "What do newts eat?", "relevant": {"1": 1}}]
    questions = write(tmp_path / "vague.jsonl", [*LABELLED, *vague])
    assert "1 questions were not asked" in command("calibrate", questions, "--dry-run")[1]
    assert command.json("calibrate", questions, "--dry-run")["left_out"] == 1


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (LABELLED[:40], "20 questions with an answer whose place is given are too few"),
        ([*LABELLED, mislabelled("99", "Frogs are green.")], "'x' names an answer elsewhere"),
        ([*LABELLED, mislabelled("1", "Frogs are blue.")], "copy them from the document's text"),
        ([], "holds no questions"),
    ],
)
def test_unusable_questions_are_one_clear_line_before_any_is_asked(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    records: list[dict[str, Any]],
    said: str,
) -> None:
    monkeypatch.setattr(Assistant, "rank", lambda *_: pytest.fail("asked"))
    code, _, err = command("calibrate", write(tmp_path / "bad.jsonl", records))
    assert code == 2 and said in err and err.count("\n") == 1
    assert not command.own.exists()


def test_usage_without_questions_or_with_too_few_for_weights(command: Command) -> None:
    assert command("calibrate")[0] == 2
    code, _, err = command("calibrate", command.questions, "--weights")
    assert code == 2 and "at least 300, or leave --weights out" in err


def test_weights_are_fitted_where_there_are_enough_and_they_do_better(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.calibrate_command.LEAST_FOR_WEIGHTS", PAPERS)
    same = command.json("calibrate", command.questions, "--weights", "--dry-run")
    assert same["calibration"]["weights"] == dict(UNREAD.weights)  # every question is right already
    monkeypatch.setattr(calibrate, "weigh", lambda *_: {"coverage": 4.0})
    monkeypatch.setattr(calibrate, "hit", lambda _, made: float(set(made.weights) == {"coverage"}))
    found = command.json("calibrate", command.questions, "--weights")
    assert found["calibration"]["weights"] == {"coverage": 2.0}  # of the shipped sum
    with Library.open(command.place) as library:
        assistant = Assistant(library)
        first = assistant.rank(LABELLED[0]["question"])[0]
        assert first.score == pytest.approx(2 * first.parts["coverage"])
    back = command.json("calibrate", command.questions)
    assert back["calibration"]["weights"] == dict(UNREAD.weights)
