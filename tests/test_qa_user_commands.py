"""table, saved, log, feedback and history on the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from index.encoders import HashingEncoder
from index.library import Library
from qa.assistant import Assistant
from qa.conversations import Conversations
from qa.feedback import Feedback
from qa.user_store import NAME, UserStore
from tests.commands import Run

ASKED = "Does zinc shorten common colds?"
ZINC = "Zinc lozenges shorten common colds by two days."


class RunOn(Run):
    """Runs commands on one library."""

    def __init__(self, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(capsys)
        self.place = place

    def __call__(self, *argv: str | Path) -> tuple[int, str]:
        return super().__call__(*argv, "--library", self.place)


@pytest.fixture
def run(
    tmp_path: Path,
    paper: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    monkeypatch.delenv("LITQUOTE_HISTORY", raising=False)
    with Library.create(tmp_path / "mine", encoder=HashingEncoder(64), reader="none") as library:
        library.add([paper("1.xml", pmid="1", title="Title 1", abstract=f"{ZINC} Bread is baked.")])
        library.add([paper("2.xml", pmid="2", title="Title 2", abstract="Whales sing songs.")])
    return RunOn(tmp_path / "mine", capsys)


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    path = tmp_path / "colds.txt"
    path.write_text(f"# about colds\n\n{ASKED}\nWhat do walls weigh?\n", "utf-8-sig")
    return path


def test_a_table_is_written_read_and_marked(run: Run, asked: Path, tmp_path: Path) -> None:
    out = tmp_path / "t.xlsx"
    code, said = run("table", asked, "--out", out, "--exclude", "2", "--all")
    assert code == 0 and said == f"wrote {out}\n2 papers, 2 questions; 1 cell with 1 quote\n"
    sheet = openpyxl.load_workbook(out)["Evidence"]
    head = [cell.value for cell in sheet[1]]
    rows = [dict(zip(head, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=2)]
    assert [(row["Document"], row["Mark"], row[f"1. {ASKED}"]) for row in rows] == [
        ("pmid:1", None, ZINC),
        ("pmid:2", "exclude", None),
    ]
    table = run.json("table", asked)
    assert [row["mark"] for row in table["rows"]] == ["", "exclude"], "the name of the file is the table's"
    assert run.json("table", asked, "--name", "other", "--years", "2020")["filters"] == {
        "years": [2020, 2020]
    }
    code, said = run("table", asked, "--include", "pmid:1")
    assert code == 0 and f"“{ZINC}”" in said and "[include]" in said
    assert {one["via"] for one in run.json("log")} == {"table"}


def test_csv_gets_its_passages_beside_it(run: Run, asked: Path, tmp_path: Path) -> None:
    assert run("table", asked, "-o", tmp_path / "t.csv", "--all")[0] == 0
    with (tmp_path / "t-passages.csv").open(encoding="utf-8-sig", newline="") as stream:
        head, row = csv.reader(stream)
    assert row[head.index("Quote")] == ZINC and row[head.index("Document")] == "pmid:1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("table", "away.txt"), "cannot be read"),
        (("table", "{asked}", "--out", "t.ods"), ".xlsx"),
        (("table", "{asked}", "--include", "pmid:99"), "no document"),
        (("saved", "add"), "empty"),
        (("saved", "run", "7"), "no saved question 7"),
        (("saved", "remove", "x"), "is no number"),
        (("log", "--prisma", "-"), "the search log is empty"),
        (("feedback", "export"), "say where to"),
        (("feedback", "export", "somewhere"), "no verdict"),
        (("history", "--show", "4"), "no conversation 4"),
        (("history", "--keep", "long"), "number of days"),
    ],
)
def test_what_cannot_be_meant_is_one_line(run: Run, asked: Path, words: tuple[str, ...], said: str) -> None:
    assert run(*(word.format(asked=asked) for word in words)) == (2, "")
    assert said in run.err and run.err.count("\n") == 1


def test_saved_questions_tell_what_changed(run: Run, paper: Callable[..., Path]) -> None:
    assert run("saved", "list")[1].startswith("No question is saved")
    (first,) = run.json("saved", "add", ASKED)
    assert first["first"] and first["quotes"] == 1
    more = "Zinc gluconate also does shorten common colds."
    assert run("add", paper("3.xml", pmid="3", title="Title 3", abstract=more))[0] == 0
    assert "1 saved question not asked since the library changed: litquote saved run" in run.err
    (held,) = run.json("saved", "list")
    assert held["due"] and held["question"] == ASKED
    (peek,) = run.json("saved", "run", "--peek")
    assert [(one["kind"], one["quote"]["text"]) for one in peek["changes"]] == [("new", more)]
    code, said = run("saved", "run")
    assert code == 0 and "1 new, 1 as before" in said and f"+ new “{more}”" in " ".join(said.split())
    assert run.json("saved", "run", "1")[0]["changes"] == []
    assert not run.json("saved", "list")[0]["due"]
    assert run.json("saved", "remove", "1") == {"removed": [1]} and run.json("saved", "list") == []


def test_asking_is_logged_and_the_log_goes_where_it_is_asked(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    assert run("ask", ASKED, "--years", "2019-")[0] == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO("What do whales sing?\n"))
    assert run("chat")[0] == 0
    one, two = run.json("log")
    assert (one["via"], one["question"], one["filters"]) == ("ask", ASKED, {"years": [2019, None]})
    assert (one["papers"], two["via"]) == (["pmid:1"], "chat")
    files = {name: tmp_path / f"log.{name}" for name in ("csv", "prisma", "ris")}
    assert run("log", *(word for name, path in files.items() for word in (f"--{name}", path))) == (0, "")
    assert ASKED in files["prisma"].read_text("utf-8") and "years 2019 to any" in files["prisma"].read_text(
        "utf-8"
    )
    assert files["ris"].read_text("utf-8").count("ER  - ") == 2
    assert len(list(csv.reader(files["csv"].read_text("utf-8-sig").splitlines()))) == 3
    assert run("log", "--prisma", "-", "--only", "2")[1].count("generation") == 2
    assert run.json("log", "--clear") == {"cleared": 2} and run.json("log") == []
    assert run("log") == (0, "The log is empty.\n")


def test_off_means_that_the_command_line_writes_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITQUOTE_HISTORY", "off")
    assert run("ask", ASKED)[0] == 0 and run.err == ""
    assert list(run.place.glob(f"{NAME}*")) == []
    assert run("saved", "add", ASKED)[0] == 2 and "LITQUOTE_HISTORY" in run.err
    monkeypatch.delenv("LITQUOTE_HISTORY")
    assert run("history", "--off") == (0, "Conversations and the search log are switched off.\n")
    run("ask", ASKED)
    assert run.json("log") == []
    assert run("log")[1] == "The log is empty. It is switched off: litquote history --on\n"
    assert run.json("history", "--on", "--keep", "30") == {"on": True, "keep_days": 30, "conversations": []}
    assert run.json("history", "--keep", "forever")["keep_days"] is None


def test_a_damaged_file_is_said_and_the_question_answered(run: Run) -> None:
    run("ask", ASKED)
    (run.place / NAME).write_bytes(b"torn" * 2000)
    code, out = run("ask", ASKED)
    assert code == 0 and ZINC in out and "damaged" in run.err and run.err.count("\n") == 1
    assert len(run.json("log")) == 1


def test_conversations_are_listed_searched_shown_and_deleted(run: Run) -> None:
    with Library.open(run.place, encoder=HashingEncoder(64)) as library:
        answer = Assistant(library).ask(ASKED)
        store = UserStore.of(library)
        one = Conversations(store).append(None, answer)
        Conversations(store, "ann").append(None, answer)
    assert [held["id"] for held in run.json("history")["conversations"]] == [one]
    assert run.json("history", "--search", "lozenge")[0]["question"] == ASKED
    assert run.json("history", "--show", str(one))[0]["answer"] == json.loads(json.dumps(answer.to_dict()))
    assert ZINC in run("history", "--show", str(one))[1]
    assert len(run.json("history", "--user", "ann")["conversations"]) == 1
    assert run.json("history", "--delete", str(one))["conversations"] == []
    assert len(run.json("history", "--user", "ann")["conversations"]) == 1
    assert run.json("history", "--user", "ann", "--clear")["conversations"] == []


def test_feedback_becomes_a_set_that_eval_takes(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("ir_measures")
    with Library.open(run.place, encoder=HashingEncoder(64)) as library:
        answer = Assistant(library).ask(ASKED)
        Feedback(UserStore.of(library)).judge(answer, answer.quotes[0], True)
    assert run.json("feedback", "list")[0]["answers"] is True
    assert "answers" in run("feedback", "list")[1]
    code, said = run("feedback", "export", tmp_path / "mine")
    assert code == 0 and "1 question, 0 of them without an answer" in said
    figures = run.json("eval", tmp_path / "mine", "--stage", "answer", "--reader", "none")
    assert figures["sets"]["mine"]["systems"]["litquote"]["sentence_hit@1"]["value"] == 1.0
    assert run.json("feedback", "clear") == {"cleared": 1}
