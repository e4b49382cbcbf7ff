"""The evidence table: each cell is what an answer would be if that paper alone were asked."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.encoders import HashingEncoder
from index.errors import UsageError
from index.library import Library
from index.records import Filters, Retraction
from qa import table as tables
from qa.assistant import Assistant
from qa.calibration import Calibration
from qa.marks import RowMarks, named
from qa.records import Citation, Quote
from qa.table import Cell, EvidenceTable, Row, TableProgress, table
from qa.table_files import escaped, guarded, unescaped, unguarded, write
from qa.user_store import NAME, UserStore

QUESTIONS = ["Does zinc shorten colds?", "Is heat acclimation impaired by sleep loss?"]
ABSTRACTS = [
    "Zinc lozenges shorten colds by two days. Zinc did not shorten colds in children. Bread is baked.",
    "Sleep loss impaired heat acclimation in soldiers. Heat acclimation took ten days.",
    "Whales sing songs in winter. They are heard for miles.",
    "Colds are common. Zinc acetate may shorten common colds when taken early.",
]


@pytest.fixture
def filled(library: Library, paper: Callable[..., Path]) -> Library:
    for number, abstract in enumerate(ABSTRACTS, 1):
        library.add([paper(f"{number}.xml", pmid=str(number), title=f"Title {number}", abstract=abstract,
                           doi=f"10.1/{number}", year=str(2015 + number))])  # fmt: skip
    return library


@pytest.fixture
def assistant(filled: Library) -> Assistant:
    low = Calibration({"cosine": 1.0, "coverage": 1.0}, 4.0, -3.0, 0.6, "", further=(3.0, 2.0, -2.0))
    return Assistant(filled, calibration=low)


def plain(quotes: tuple[Quote, ...]) -> list[Quote]:
    """Scores differ in their last bits with what else was computed at the same time."""
    return [replace(one, score=round(one.score, 4), confidence=round(one.confidence, 4)) for one in quotes]


def test_a_cell_is_the_answer_of_that_paper_alone(assistant: Assistant) -> None:
    made = table(assistant, QUESTIONS)
    assert made.questions == tuple(QUESTIONS)
    assert {row.document_id for row in made.rows} == {f"pmid:{n}" for n in (1, 2, 3, 4)}
    for row in made.rows:
        for question, cell in zip(QUESTIONS, row.cells, strict=True):
            answer = assistant.ask(question, Filters(documents=(row.document_id,)))
            assert plain(cell.quotes) == plain(answer.quotes)
    by_id = {row.document_id: row for row in made.rows}
    best = by_id["pmid:1"].cells[0].best
    assert best is not None and best.text == "Zinc lozenges shorten colds by two days."
    assert len(by_id["pmid:1"].cells[0].quotes) == 2, "all that is relevant, not only the best"
    assert by_id["pmid:3"].cells == (Cell(), Cell())
    assert made.rows[-1].document_id == "pmid:3", "papers that say nothing come last"


def test_reading_less_gives_the_cells_of_reading_everything(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "READ_ANYWAY", 1)
    monkeypatch.setattr(tables, "LIKELY_MOST", {"cosine": 0.5})
    quick, whole = (table(assistant, QUESTIONS, exhaustive=every) for every in (False, True))
    assert quick.rows == whole.rows
    assert quick.passages["read"] < whole.passages["read"] == whole.passages["looked_at"]


def test_of_many_passages_each_paper_keeps_its_best(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "LOOKED_AT", 1)
    assert table(assistant, QUESTIONS).passages["looked_at"] == 8


def test_only_the_best_when_so_asked(assistant: Assistant) -> None:
    made = table(assistant, QUESTIONS[:1], all_relevant=False)
    whole = table(assistant, QUESTIONS[:1])
    assert [row.cells[0].quotes for row in made.rows] == [row.cells[0].quotes[:1] for row in whole.rows]


def test_filters_and_papers_choose_the_rows(assistant: Assistant) -> None:
    ids = lambda made: {row.document_id for row in made.rows}  # noqa: E731
    assert ids(table(assistant, QUESTIONS, Filters(years=(2018, None)))) == {"pmid:3", "pmid:4"}
    assert ids(table(assistant, QUESTIONS, papers=["10.1/1", "pmid:2"])) == {"pmid:1", "pmid:2"}
    both = table(assistant, QUESTIONS, Filters(documents=("pmid:1",)), papers=["pmid:1", "pmid:2"])
    assert ids(both) == {"pmid:1"} and both.filters == {"documents": ("pmid:1",)}
    with pytest.raises(UsageError, match="no paper is left"):
        table(assistant, QUESTIONS, Filters(documents=("pmid:1",)), papers=["pmid:2"])
    with pytest.raises(UsageError, match="no document"):
        table(assistant, QUESTIONS, papers=["pmid:99"])
    for nothing in ([], [" "]):
        with pytest.raises(UsageError, match="no question"):
            table(assistant, nothing)


def test_progress_is_told_to_the_end(assistant: Assistant) -> None:
    told: list[TableProgress] = []
    made = table(assistant, QUESTIONS, on_progress=told.append)
    assert [(one.question, one.questions) for one in told] == [(1, 2), (1, 2), (2, 2), (2, 2)]
    assert sum(one.to_read for one in told if one.read == one.to_read) == made.passages["read"]


def test_a_write_meanwhile_leaves_the_table_whole(
    assistant: Assistant, filled: Library, paper: Callable[..., Path]
) -> None:
    """Half of the table is made before a paper goes, half after: all of it is of one generation."""
    before = table(assistant, QUESTIONS)

    def remove(progress: TableProgress) -> None:
        if progress.question == 1 and progress.read == 0:
            filled.remove(["pmid:2"])

    during = table(assistant, QUESTIONS, on_progress=remove)
    assert during.rows == before.rows and during.library == before.library
    assert len(table(assistant, QUESTIONS).rows) == 3


# -- marks -------------------------------------------------------------------------------------------


def test_marks_and_notes_stay_when_the_table_is_made_again(assistant: Assistant, tmp_path: Path) -> None:
    store = UserStore(tmp_path / NAME)
    marks = RowMarks(store, "zinc")
    marks.set("pmid:1", "include", "the only trial")
    marks.set("pmid:2", "exclude")
    marks.set("pmid:2", note="soldiers")
    marks.set("pmid:4", "include")
    marks.set("pmid:4", "")
    assert RowMarks(store, "other").all() == {} and RowMarks(store, "zinc", "ann").all() == {}
    for _ in range(2):
        made = {row.document_id: row for row in table(assistant, QUESTIONS).marked(marks.all()).rows}
        assert (made["pmid:1"].mark, made["pmid:1"].note) == ("include", "the only trial")
        assert (made["pmid:2"].mark, made["pmid:2"].note) == ("exclude", "soldiers")
        assert (made["pmid:4"].mark, made["pmid:3"].mark) == ("", "")
    assert named(store) == ["zinc"]
    marks.clear()
    assert marks.all() == {}
    with pytest.raises(UsageError, match="include or exclude"):
        marks.set("pmid:1", "maybe")


# -- files -------------------------------------------------------------------------------------------


def made_of(*texts: str) -> EvidenceTable:
    cited = Citation("=Wu 2024", "Wu.", {}, True)

    def quote(text: str) -> Quote:
        return Quote("d", "a" * 64, 5, 5 + len(text), (5, 6), text, "results", "", 3, 1.0, 0.81234, cited)

    rows = tuple(
        Row(f"d{n}", cited, "@title", 2024, "J", "10.1/a(b)<c>", "7", Retraction("retracted", "2021"),
            (Cell((quote(text), quote("And more."))), Cell()), "include", "-note")
        for n, text in enumerate(texts)
    )  # fmt: skip
    return EvidenceTable(("=Q1?", "Q2?"), rows, made="2026-01-01", passages={"looked_at": 3, "read": 2})


def read_csv(path: Path) -> list[list[str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [[unguarded(cell) for cell in row] for row in csv.reader(stream)]


NASTY = ["=1+1", "-5 % of patients", "+a", "@b", "'=x", "''-y", "\tTab", "\rReturn", "Plain.",
         "a,b\n“c” \"d\"", " ends in space ", "β-blockers −2.5 ≤ 3", "'quoted'"]  # fmt: skip


def test_csv_gives_quotes_back_and_no_cell_is_a_formula(tmp_path: Path) -> None:
    written = write(made_of(*NASTY), tmp_path / "t.csv", every=True)
    assert [path.name for path in written] == ["t.csv", "t-passages.csv"]
    head, *rows = read_csv(written[0])
    assert head[10:16] == ["1. =Q1?", "confidence", "place", "2. Q2?", "confidence", "place"]
    assert [row[10] for row in rows] == NASTY
    assert rows[0][1:10] == [
        "=Wu 2024", "@title", "J", "2024", "10.1/a(b)<c>", "7", "Retracted 2021", "include", "-note",
    ]  # fmt: skip
    assert rows[0][11:16] == ["0.8123", "results, p. 3", "", "", ""]
    _, *passages = read_csv(written[1])
    assert [row[4] for row in passages[::2]] == NASTY and passages[1][4] == "And more."
    assert passages[0][9:12] == ["5", "9", "a" * 64]
    for path in written:
        for row in csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")):
            assert not any(cell[:1] in "=+-@\t\r" and cell for cell in row)


@given(st.text())
def test_guards_come_off_again(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in tuple("=+-@\t\r")
    assert unescaped(escaped(text)) == text


def quotes_in(path: Path) -> Iterator[Any]:
    book = openpyxl.load_workbook(path)
    sheet = book["Passages"]
    yield from (sheet.cell(number, 5) for number in range(2, sheet.max_row + 1, 2))


def test_xlsx_gives_quotes_back_to_another_reader(tmp_path: Path) -> None:
    texts = [text for text in NASTY if "\r" not in text]
    (path,) = write(made_of(*texts), tmp_path / "t.xlsx")
    cells = list(quotes_in(path))
    assert [cell.value for cell in cells] == texts
    assert all(cell.data_type == "s" for cell in cells)
    book = openpyxl.load_workbook(path)
    sheet = book["Evidence"]
    assert sheet.freeze_panes == "C2" and book.sheetnames == ["Evidence", "Passages", "About"]
    assert [cell.value for cell in sheet["K"]][1:] == texts
    assert sheet["L2"].value == 0.8123 and sheet["L2"].data_type == "n"
    assert sheet["K1"].value == "1. =Q1?" and sheet["B2"].data_type == "s"
    assert sheet["F2"].hyperlink.target == "https://doi.org/10.1/a(b)%3Cc%3E"
    assert sheet["F2"].value == "10.1/a(b)<c>"
    assert sheet["G2"].hyperlink.target == "https://pubmed.ncbi.nlm.nih.gov/7"


@settings(max_examples=25, deadline=None)
@example(["_x0041_ and _x005F_", "\x0b"])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=5))
def test_any_text_survives_xlsx(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    """Where XML has no character, the format's own escape stands, which Excel undoes."""
    path = tmp_path_factory.mktemp("x") / "t.xlsx"
    write(made_of(*texts), path)
    found = [cell.value for cell in quotes_in(path)]
    assert [unescaped(one) for one in found] == texts


def test_a_text_too_long_for_a_cell_is_said_never_cut(tmp_path: Path) -> None:
    (path,) = write(made_of("x" * 40_000), tmp_path / "t.xlsx")
    assert [cell.value for cell in quotes_in(path)] == ["[40000 characters, see the paper]"]


def test_json_is_the_stable_form_and_other_endings_are_refused(tmp_path: Path) -> None:
    import json

    made = made_of("A quote.")
    (path,) = write(made, tmp_path / "t.JSON")
    held = json.loads(path.read_text("utf-8"))
    assert held == json.loads(json.dumps(made.to_dict()))
    assert held["rows"][0]["cells"][0]["quotes"][0]["text"] == "A quote."
    with pytest.raises(UsageError, match=r"\.csv, \.xlsx"):
        write(made, tmp_path / "t.ods")
    with pytest.raises(UsageError, match="cannot be written"):
        write(made, tmp_path / "none" / "t.csv")


def test_real_papers_with_the_real_reader(seed: Path, tmp_path: Path) -> None:
    """The confidence of a cell is that of the answer."""
    with Library.create(tmp_path / "library") as library:
        library.add([seed])
        assistant = Assistant(library)
        question = "By which mechanisms could stem cells work in multiple sclerosis?"
        (row,) = table(assistant, [question]).rows
        answer = assistant.ask(question, Filters(documents=(row.document_id,)))
        assert answer.quotes and answer.trace["calibrated"]
        assert plain(row.cells[0].quotes[: len(answer.quotes)]) == plain(answer.quotes)
        assert plain(row.cells[0].quotes[:1]) == plain(assistant.ask(question).quotes[:1])


def test_an_encoder_given_by_hand_serves_the_table(tmp_path: Path, encoder: HashingEncoder) -> None:
    with Library.create(tmp_path / "empty", encoder=encoder, reader="none") as library:
        assert table(Assistant(library), QUESTIONS).rows == ()
