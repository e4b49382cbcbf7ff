"""The evidence table on the page: made, marked, noted, taken away as files."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from index.library import Library
from index.records import Filters
from qa.assistant import Assistant
from qa.calibration import calibration_for
from qa.policy import Policy
from tests.page_parts import merged
from web.page import Page
from web.rooms import Rooms
from web.talk import Talk

Paper = Callable[..., Path]
ALL = replace(calibration_for("", None, ""), bar=0.35, further=None)


@pytest.fixture
def page(library: Library, paper: Paper) -> Page:
    library.add([
        paper("a.xml", pmid="1", title="Cells of mice", abstract="Stem cells cure mice. They cost money."),
        paper("b.xml", pmid="2", title="Cells of rats", abstract="Stem cells cure rats.", year="2001"),
        paper("c.xml", pmid="3", title="On the moon", abstract="The moon is far away."),
    ])  # fmt: skip
    return Page(Rooms(Assistant(library, calibration=ALL)))


def plain(shown: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", shown))


def test_every_paper_is_asked_every_question_and_the_table_goes_along(page: Page) -> None:
    talk = Talk()
    values = merged(page.tabulated("Do stem cells cure?\n\n  How far is the moon?", talk))
    shown = " ".join(plain(values["table"]).split())
    assert "3 papers of 3 with a quote or a mark." in shown
    for quote in ("Stem cells cure mice.", "Stem cells cure rats.", "The moon is far away."):
        assert quote in shown
    page.marked_row({"document": "pmid:2", "mark": "exclude"}, talk)
    values = page.noted_row({"document": "pmid:2", "note": "rats <only>"}, talk)
    assert 'class="lq-exclude"' in values["table"] and "rats &lt;only&gt;" in values["table"]
    workbook, sheet, *_ = values["files"]
    assert [Path(one).name for one in values["files"]] == [
        "evidence.xlsx", "evidence.csv", "evidence-passages.csv",
    ]  # fmt: skip
    cells = {str(cell) for row in openpyxl.load_workbook(workbook).worksheets[0].values for cell in row}
    assert "Stem cells cure mice." in cells and "rats <only>" in cells
    with Path(sheet).open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert any("exclude" in row and "rats <only>" in row for row in rows)
    again = merged(page.tabulated("Do stem cells cure?", talk))
    assert "rats &lt;only&gt;" in again["table"]  # marks stay when the table is made again


def test_filters_and_errors_of_a_table(page: Page) -> None:
    talk = Talk(filters=Filters(years=(2010, None)))
    assert "of 2 with" in plain(merged(page.tabulated("Do stem cells cure?", talk))["table"])
    assert "no question" in plain(merged(page.tabulated("  \n", talk))["work"])
    assert page.marked_row({"document": "pmid:9", "mark": "include"}, talk) == {}
    assert "lq-error" in page.marked_row({"document": "pmid:1", "mark": "maybe"}, talk)["work"]


def test_strangers_make_tables_and_mark_nothing(page: Page) -> None:
    library = page.desk(Talk()).library
    open_to_all = Page(Rooms(Assistant(library, calibration=ALL), policy=Policy(read_only=True)))
    talk = Talk()
    assert "Stem cells cure mice." in plain(
        merged(open_to_all.tabulated("Do stem cells cure?", talk))["table"]
    )
    assert "lq-error" in open_to_all.marked_row({"document": "pmid:1", "mark": "include"}, talk)["work"]
