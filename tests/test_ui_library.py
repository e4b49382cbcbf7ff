"""The library in a real browser: uploads, fetching, removing while a question runs, two tabs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from index.library import Library
from tests.browser import CHROMIUM, answered, ask, browser, served, shot, tab, violations
from tests.remote_server import Paper, RemoteServer
from tests.test_index_sources_pdf import two_columns, written
from tests.web_papers import review

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"
)
pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def server() -> Iterator[RemoteServer]:
    frogs = Paper("Frogs", "Frogs croak in choirs of nine.", "Li", 1999, "72", "10.1000/frogs")
    with RemoteServer([frogs]) as server:
        yield server


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, seed: Path, server: RemoteServer) -> Iterator[str]:
    """A library of the seed and of a review, read slowly; services of our own."""
    folder = tmp_path_factory.mktemp("ui-library")
    with Library.create(folder / "library") as library:
        library.add([seed, *review(folder)])
    settings = {
        **server.environment(),
        "XDG_DATA_HOME": str(folder / "data"),
        "LITQUOTE_ANSWERS": str(folder),
    }
    with served(folder, folder / "library", slow=1.0, settings=settings) as place:
        yield place


@pytest.fixture
def page(chromium: Any, address: str) -> Iterator[Any]:
    with tab(chromium, address) as opened:
        yield opened


def open_library(page: Any) -> None:
    page.get_by_role("tab", name="Library").click()
    page.locator(".lq-sources").wait_for()


def upload(page: Any, *files: Path) -> Any:
    """Upload ``files``; the report of it."""
    open_library(page)
    page.locator("#lq-upload input[type=file]").set_input_files(list(files))
    report = page.get_by_role("status", name="What was added")
    report.wait_for()
    return report


def test_an_answer_comes_in_stages_and_can_be_stopped(page: Any) -> None:
    page.get_by_label("Your question").fill("Is there a cure for multiple sclerosis?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text(re.compile(r"passages found in \d\.\d\d s, Reading…")).wait_for()
    shot(page, "20-stages")
    page.get_by_role("button", name="Stop").click()
    turn = answered(page, 0)
    assert turn.locator(".lq-missing").inner_text() == "Stopped."
    assert page.locator(".lq-card").count() == 0


def test_a_second_question_waits_for_the_first_and_a_double_click_asks_once(page: Any) -> None:
    question, button = page.get_by_label("Your question"), page.get_by_role("button", name="Ask", exact=True)
    question.fill("Do bees dance in the hive?")
    button.dblclick()
    page.locator(".lq-pending").wait_for()
    question.fill("Do whales sing in choirs?")
    button.click()
    answered(page, 1)
    assert page.locator("h2.lq-question").all_inner_texts() == [
        "Do bees dance in the hive?", "Do whales sing in choirs?",
    ]  # fmt: skip


def test_a_paper_is_removed_while_a_question_runs(page: Any, tmp_path: Path) -> None:
    doomed = tmp_path / "newts.txt"
    doomed.write_text("On newts\n\nNewts swim upstream in March.\n", "utf-8")
    upload(page, doomed)
    page.get_by_label("Your question").fill("When do newts swim upstream?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("Reading…").wait_for()
    row = page.locator(".lq-sources tr", has_text="On newts")
    row.get_by_text("Remove…").click()
    shot(page, "21-remove")
    row.get_by_role("button", name="Remove On newts from the library").click()
    page.locator("#lq-work", has_text="Removed: On newts.").wait_for()
    page.locator(".lq-sources tr", has_text="On newts").wait_for(state="detached")
    turn = answered(page, 0)
    assert "Newts swim upstream in March." in turn.locator("blockquote").first.inner_text()
    again = ask(page, "When do newts swim upstream?")
    assert "Newts" not in again.locator(".lq-count, .lq-missing").first.inner_text()
    assert "Newts swim" not in again.inner_text()


def test_uploads_good_and_malformed_are_reported_and_answer(page: Any, tmp_path: Path) -> None:
    good, bad, empty = tmp_path / "axolotl.txt", tmp_path / "scan.pdf", tmp_path / "<b>x.xml"
    good.write_text("On axolotls\n\nAxolotls regrow whole legs within ninety days.\n", "utf-8")
    bad.write_bytes(b"%PDF-1.7\n\x00\x01\x02")
    empty.write_bytes(b"<PubmedArticleSet><PubmedArticle>")
    report = upload(page, good, bad, empty)
    told = report.inner_text()
    assert "Added (1)" in told and "On axolotls" in told
    assert "Failed (2)" in told and "scan.pdf" in told and "PDF" in told
    shot(page, "22-upload")
    page.locator(".lq-sources").get_by_text("On axolotls").wait_for()
    turn = ask(page, "How fast do axolotls regrow legs?")
    assert turn.locator("blockquote").first.inner_text() == "Axolotls regrow whole legs within ninety days."


def test_an_uploaded_pdf_shows_its_page_with_the_quote_boxed(page: Any, tmp_path: Path) -> None:
    article = tmp_path / "stores.pdf"
    article.write_bytes(written([two_columns(), two_columns(2)]))
    report = upload(page, article)
    assert "Slow cooling of maize in flat stores" in report.inner_text()
    turn = ask(page, "How was mould scored in the stores of maize?")
    card = turn.locator(".lq-card", has_text="Mould was scored by eye").first
    assert "p. 1" in card.locator(".lq-where").inner_text()
    card.locator(".lq-chip").click()
    sheet = page.locator(".lq-page img")
    sheet.wait_for()
    assert "Page 1 of 2 of Slow cooling of maize" in sheet.get_attribute("alt")
    assert sheet.evaluate("node => node.complete && node.naturalWidth") == 1000
    box, on = page.locator(".lq-box-focus").first.bounding_box(), sheet.bounding_box()
    assert on["x"] + on["width"] / 2 < box["x"] < on["x"] + on["width"]  # in the right column
    assert (
        "".join(page.locator(".lq-panel mark").all_inner_texts()) == card.locator("blockquote").inner_text()
    )
    shot(page, "26-pdf-page")
    page.get_by_role("button", name="Next page").click()
    page.get_by_role("img", name="Page 2 of 2 of Slow cooling of maize in flat stores, without").wait_for()
    assert page.locator(".lq-box").count() == 0


def test_another_library_is_made_entered_and_erased(page: Any) -> None:
    page.get_by_role("tab", name="Libraries").click()
    page.get_by_label("A new library called").fill("Birds & <b>bees</b>")
    page.get_by_role("button", name="Create").click()
    page.locator(".lq-head", has_text="Birds & <b>bees</b>").wait_for()
    page.get_by_text("This library holds no papers yet.").wait_for()
    page.wait_for_url("**library=**")
    item = page.locator(".lq-libraries li", has_text="Birds & <b>bees</b>")
    item.get_by_text("Rename…").click()
    item.get_by_label("New title").fill("Birds")
    item.get_by_role("button", name="Rename").click()
    page.locator(".lq-head", has_text="Birds 0 documents").wait_for()
    shot(page, "27-libraries")
    item = page.locator(".lq-libraries li", has_text="libraries/birds")
    item.get_by_text("Erase…").click()
    item.get_by_role("button", name="Erase Birds").click()
    page.locator("#lq-work", has_text="is erased").wait_for()
    page.locator(".lq-libraries li", has_text="libraries/birds").wait_for(state="detached")


def test_a_conversation_is_kept_judged_and_reopened_and_a_saved_question_asked_again(
    page: Any, chromium: Any, address: str, tmp_path: Path
) -> None:
    ask(page, "Do bees dance in the hive?")
    turn = ask(page, "Is there a cure for multiple sclerosis?")
    verdict = turn.get_by_role("button", name="Quote 1 answers")
    verdict.click()
    page.locator(".lq-turn").nth(1).locator("[aria-pressed=true]").wait_for()
    page.locator(".lq-turn").nth(0).get_by_role("button", name="Save the question").click()
    page.locator("#lq-work", has_text="The question is saved").wait_for()
    with tab(chromium, address) as later:
        later.get_by_role("tab", name="Notes").click()
        later.get_by_label("Search them").fill("sclerosis")
        later.get_by_role("button", name="Search", exact=True).click()
        later.locator(".lq-notebook", has_text="1 answer").wait_for()
        later.locator(".lq-notebook .lq-title", has_text="Is there a cure").click()
        later.locator(".lq-turn").nth(1).locator("[aria-pressed=true]").wait_for()
        assert later.locator("h2.lq-question").all_inner_texts() == [
            "Do bees dance in the hive?", "Is there a cure for multiple sclerosis?",
        ]  # fmt: skip
        later.get_by_role("tab", name="Notes").click()
        later.get_by_role("button", name="Ask them again").click()
        later.locator(".lq-diff", has_text="First asked:").wait_for()
        added = tmp_path / "bees.txt"
        added.write_text("On bees\n\nBees dance in the hive to tell where flowers are.\n", "utf-8")
        upload(later, added)
        later.get_by_role("tab", name="Notes").click()
        later.get_by_role("button", name="Ask them again").click()
        later.locator(".lq-diff .lq-new", has_text="Bees dance in the hive to tell").wait_for()
        shot(later, "28-notes")
        assert violations(later) == []


def test_a_table_asks_every_paper_and_is_taken_away(page: Any, tmp_path: Path) -> None:
    page.get_by_role("tab", name="Table").click()
    page.get_by_label("Questions, one a line").fill(
        "Is there a cure for multiple sclerosis?\nDo whales sing?"
    )
    page.get_by_role("button", name="Make the table").click()
    page.locator("#lq-work progress").wait_for()
    table = page.locator(".lq-evidence-table table")
    table.wait_for()
    assert table.locator("thead th").all_inner_texts() == [
        "Paper", "Is there a cure for multiple sclerosis?", "Do whales sing?",
    ]  # fmt: skip
    whales = table.locator("tr", has_text="Whales 1971").first
    assert whales.locator("blockquote").first.inner_text() == "Whales sing songs for hours."
    whales.get_by_role("button", name="Include Whales 1971").click()
    page.locator(".lq-evidence-table tr.lq-include", has_text="Whales 1971").wait_for()
    assert violations(page) == []
    shot(page, "29-table", whole=True)
    with page.expect_download() as download:
        page.locator("#lq-files a[download]").first.click()
    download.value.save_as(tmp_path / "evidence.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "evidence.xlsx").worksheets[0]
    assert any("Whales sing songs for hours." in map(str, row) for row in sheet.values)
    page.locator(".lq-evidence-table").get_by_role("button", name="Show in Whales 1971").first.click()
    page.locator(".lq-panel mark").first.wait_for()
    assert "".join(page.locator(".lq-panel mark").all_inner_texts()) == "Whales sing songs for hours."


def test_a_missing_reference_is_fetched_and_quoted(page: Any, server: RemoteServer) -> None:
    open_library(page)
    before = len(server.requests)
    page.get_by_role("button", name="References of A review of songs").click()
    box = page.locator(".lq-references").get_by_role("checkbox")
    box.check()
    assert len(server.requests) == before  # nothing is asked before the user says so
    shot(page, "23-references")
    page.get_by_role("button", name="Fetch the ticked ones").click()
    report = page.get_by_role("status", name="What was added")
    report.wait_for()
    assert "Added (1)" in report.inner_text() and "Frogs" in report.inner_text()
    page.locator(".lq-references", has_text="2 held").wait_for()
    turn = ask(page, "In choirs of how many do frogs croak?")
    assert turn.locator("blockquote").first.inner_text() == "Frogs croak in choirs of nine."
    assert "reference 2 of A review of songs 2021" in turn.locator(".lq-listed").first.inner_text()
    shot(page, "24-fetched")


def test_two_tabs_see_the_same_library(page: Any, chromium: Any, address: str, tmp_path: Path) -> None:
    with tab(chromium, address) as other:
        open_library(other)
        added = tmp_path / "owls.txt"
        added.write_text("On owls\n\nOwls hoot on cold nights.\n", "utf-8")
        upload(page, added)
        other.locator(".lq-sources").get_by_text("On owls").wait_for()
        turn = ask(other, "When do owls hoot?")
        assert turn.locator("blockquote").first.inner_text() == "Owls hoot on cold nights."
        assert page.locator(".lq-turn").count() == 0


def test_the_library_is_searched_verified_rebuilt_and_rolled_back(page: Any) -> None:
    open_library(page)
    page.get_by_label("Search the table").fill("whales")
    page.locator(".lq-sources .lq-note", has_text="1 paper of").wait_for()
    assert page.locator(".lq-sources .lq-title").all_inner_texts() == ["Whales"]
    page.get_by_label("Search the table").fill("")
    page.locator(".lq-sources .lq-title").nth(2).wait_for()
    page.locator(".lq-sources th").get_by_role("button", name="Year").click()
    page.locator("th[aria-sort=ascending]").wait_for()
    years = page.locator(".lq-sources td:nth-child(2)").all_inner_texts()
    assert [year for year in years if year] == sorted(year for year in years if year)
    page.get_by_role("button", name="Verify").click()
    page.locator("#lq-work", has_text="Everything is as it was published.").wait_for()
    page.get_by_label("Your question").fill("Is there a cure for multiple sclerosis?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("Reading…").wait_for()
    page.get_by_role("button", name="Rebuild").click()
    turn = answered(page, 0)
    assert "a cure remains elusive" in turn.inner_text()
    page.get_by_role("status", name="What was added").wait_for()
    page.get_by_role("button", name="Roll back").click()
    page.locator("#lq-work", has_text="is published again").wait_for()
    shot(page, "25-upkeep")
