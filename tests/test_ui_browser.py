"""The page in a real browser: asking, reading, checking, filtering; by mouse, by keyboard, on a phone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import pytest

from index.library import Library
from qa.sealing import intact
from tests.browser import CHROMIUM, answered, ask, browser, served, shot, tab, violations
from tests.web_papers import review

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"
)
pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

STATEMENT = (
    "The authors declare that the research was conducted in the absence of any commercial or financial "
    "relationships that could be construed as a potential conflict of interest."
)
ZEBRAFISH = "Zebrafish 🐟 & <b>bold</b> fins regrow in {9} ${days} at P < .001."
RETRACTED = (
    "PMID- 77\nDP  - 2009\nTI  - Cats and moonlight: a randomised trial\nPT  - Retracted Publication\n"
    "PT  - Journal Article\nFAU - Katz, Ann\nTA  - J Cats\nRIN - J Cats. 2011;3:9. PMID: 78\n"
    "AB  - Cats purr louder under moonlight than under lamps.\n"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, seed: Path) -> Iterator[str]:
    """A library of the seed, a paper whose words would be markup, a review with a reference list, a
    retracted paper.
    """
    folder = tmp_path_factory.mktemp("ui")
    tricky = folder / "tricky.txt"
    tricky.write_text(
        f"On zebrafish <script>window.stolen = true</script><img src=x onerror='window.stolen=true'>\n\n"
        f"{ZEBRAFISH} Yes.\n",
        "utf-8",
    )
    (folder / "cats.nbib").write_text(RETRACTED, "utf-8")
    with Library.create(folder / "library") as library:
        library.add([seed, tricky, folder / "cats.nbib", *review(folder)])
    with served(folder, folder / "library") as place:
        yield place


@pytest.fixture
def page(chromium: Any, address: str) -> Iterator[Any]:
    with tab(chromium, address, permissions=["clipboard-read", "clipboard-write"]) as opened:
        yield opened


def words(locator: Any) -> str:
    return "".join(locator.all_inner_texts())


def test_a_question_is_answered_with_the_quote_and_its_place_in_the_paper(page: Any) -> None:
    shot(page, "01-start")
    turn = ask(page, "Did the authors declare a conflict of interest?")
    card = turn.locator(".lq-card").first
    focus = card.locator("blockquote mark").inner_text()
    assert "in the absence of any commercial or financial relationships" in focus and focus in STATEMENT
    assert "Wu et al. 2024" in card.inner_text()
    assert "Conflict of interest statement" in card.locator(".lq-where").inner_text()
    assert card.locator(".lq-evidence li").all_inner_texts() == ["2024", "Review", "abstract only"]
    sure = card.locator(".lq-confidence")
    assert "likely 0." in sure.inner_text()
    assert "probability, from 0 to 1" in sure.get_attribute("title")
    assert re.search(r"\d+ passages? found in \d\.\d\d s; \d+ sentences? read", turn.inner_text())
    page.get_by_role("button", name="Show quote 1 in Wu et al. 2024").click()
    marked = page.locator(".lq-panel mark")
    marked.first.wait_for()
    quote = card.locator("blockquote").inner_text()
    assert words(marked) == quote
    assert words(page.locator(".lq-panel mark b")) == focus
    panel, mark = page.locator(".lq-panel").bounding_box(), marked.first.bounding_box()
    assert panel["y"] <= mark["y"] < panel["y"] + panel["height"]
    link = page.locator(".lq-panel .lq-links a").first.get_attribute("href")
    assert link.startswith("https://doi.org/10.3389/fneur.2024.1389697#:~:text=")
    shot(page, "02-quote-in-the-paper")


def test_the_answer_moves_nothing_that_is_there(page: Any) -> None:
    page.evaluate(
        "window.shifts = 0; new PerformanceObserver(list => { for (const one of list.getEntries()) "
        "window.shifts += one.value; }).observe({type: 'layout-shift', buffered: false})"
    )
    ask(page, "Is there a cure for multiple sclerosis?")
    page.wait_for_timeout(300)
    assert page.evaluate("window.shifts") < 0.02


def test_a_follow_up_is_completed_and_can_be_asked_as_it_stands(page: Any) -> None:
    ask(page, "Do zebrafish fins regrow?")
    turn = ask(page, "And in winter?")
    assert turn.locator(".lq-completed").inner_text() == "Searched for: Do zebrafish fins regrow in winter?"
    shot(page, "03-follow-up")
    page.get_by_role("button", name="Filters and options").click()
    page.get_by_label("Complete follow-up questions").uncheck()
    assert ask(page, "And in winter?").locator(".lq-completed").count() == 0


def test_what_is_not_there_is_not_found_and_what_to_do_is_said(page: Any) -> None:
    turn = ask(page, "Who won the 1998 World Cup?")
    assert turn.locator(".lq-missing").inner_text() == "Not found in your library."
    nearest = turn.locator("details.lq-nearest")
    assert nearest.locator(".lq-card").count() == 3
    assert not nearest.evaluate("node => node.open")
    assert "papers that yours cite are not in the library" in turn.locator(".lq-remedies").inner_text()
    nearest.locator("summary").click()
    shot(page, "04-not-found")
    ask(page, "Do zebrafish fins regrow?")
    assert nearest.evaluate("node => node.open")  # drawing another turn folds nothing


def test_hostile_words_reach_the_reader_as_they_stand(page: Any) -> None:
    turn = ask(page, "Do zebrafish fins regrow?")
    assert turn.locator(".lq-card blockquote").first.inner_text() == ZEBRAFISH
    assert "<script>window.stolen = true</script><img" in turn.locator(".lq-paper").first.inner_text()
    turn.locator(".lq-chip").first.click()
    page.locator(".lq-panel mark").first.wait_for()
    assert words(page.locator(".lq-panel mark")) == ZEBRAFISH
    assert "<script>window.stolen = true</script><img" in page.locator(".lq-panel h2").inner_text()
    page.get_by_role("tab", name="Library").click()
    row = page.locator(".lq-sources tr", has_text="On zebrafish")
    assert "<script>window.stolen" in row.locator(".lq-title").inner_text()
    assert page.evaluate("window.stolen") is None
    page.get_by_label("Your question").fill("<img src=x onerror='window.stolen=true'> {{value}} ${7*7}")
    page.get_by_role("button", name="Ask", exact=True).click()
    asked = answered(page, 1).locator("h2").inner_text()
    assert asked == "<img src=x onerror='window.stolen=true'> {{value}} ${7*7}"
    assert page.evaluate("window.stolen") is None
    shot(page, "05-hostile-content")


def test_a_retraction_stands_red_on_the_quote(page: Any) -> None:
    turn = ask(page, "Do cats purr louder under moonlight?")
    notice = turn.locator(".lq-card", has_text="Cats purr").first.locator(".lq-retraction")
    assert notice.inner_text().startswith("Retracted 2011")
    red, green, blue = map(
        int, re.findall(r"\d+", notice.evaluate("node => getComputedStyle(node).color"))[:3]
    )
    assert red > 120 > max(green, blue)
    shot(page, "06-retracted")


def test_an_example_question_is_one_click_away_and_is_answered(page: Any) -> None:
    examples = page.locator(".lq-examples button")
    examples.first.wait_for()
    assert examples.count() >= 2
    asked = examples.first.inner_text()
    examples.first.click()
    assert answered(page, 0).locator("h2").inner_text() == asked
    assert page.locator(".lq-card").count() >= 1


def test_an_answer_is_copied_with_its_citations(page: Any) -> None:
    turn = ask(page, "Do zebrafish fins regrow?")
    turn.get_by_role("button", name="Copy as text").click()
    page.get_by_text("Copied", exact=True).first.wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Do zebrafish fins regrow?") and f"“{ZEBRAFISH}”" in copied
    turn.get_by_role("button", name="Copy as Markdown").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.startsWith('**'))")


def test_an_answer_and_a_conversation_are_taken_away_as_files(page: Any, tmp_path: Path) -> None:
    turn = ask(page, "Do zebrafish fins regrow?")
    form = turn.locator(".lq-export")
    form.get_by_text("Export…").click()
    form.get_by_label("References as in").select_option("apa")
    with page.expect_download() as download:
        form.get_by_role("button", name="Export as Word").click()
    assert download.value.suggested_filename == "litquote-do-zebrafish-fins-regrow.docx"
    download.value.save_as(tmp_path / "answer.docx")
    paragraphs = docx.Document(str(tmp_path / "answer.docx")).paragraphs
    assert [one.text for one in paragraphs if one.style.name == "Quote"] == [ZEBRAFISH]
    assert turn.locator(".lq-export[open]").count() == 1  # for the next file
    shot(page, "14-export")
    assert violations(page) == []
    ask(page, "Is there a cure for multiple sclerosis?")
    whole = page.locator(".lq-log > .lq-tools .lq-export")
    whole.get_by_text("Export the conversation…").click()
    with page.expect_download() as download:
        whole.get_by_role("button", name="Export as Sealed answer").click()
    download.value.save_as(tmp_path / "both.json")
    document = json.loads((tmp_path / "both.json").read_text("utf-8"))
    assert intact(document)
    quoted = {quote["text"] for one in document["answers"] for quote in one["quotes"]}
    assert quoted == set(page.locator(".lq-card blockquote").all_inner_texts())


def test_filters_are_counted_kept_in_the_address_and_in_a_link(page: Any, chromium: Any) -> None:
    ask(page, "Do zebrafish fins regrow?")
    page.get_by_role("button", name="Filters and options").click()
    page.get_by_label("Years from").fill("2010")
    page.locator("#lq-filtered", has_text="By years: 3 papers").wait_for()
    assert "2 of 5 papers" in page.locator("#lq-filtered").inner_text()
    page.wait_for_url("**years=2010-**")
    page.get_by_role("button", name="Ask again").click()
    turn = answered(page, 1)
    assert "Searched 2 papers of 5 that the filters leave." in turn.inner_text()
    assert ZEBRAFISH not in turn.inner_text()
    shot(page, "07-filters")
    with tab(chromium, page.url) as other:
        again = answered(other, 0)
        assert again.locator("h2").inner_text() == "Do zebrafish fins regrow?"
        assert "Searched 2 papers of 5 that the filters leave." in again.inner_text()
        other.get_by_role("button", name="Filters and options").click()
        assert other.get_by_label("Years from").input_value() == "2010"
        again.get_by_role("button", name="Ask without them").first.click()
        assert ZEBRAFISH in answered(other, 1).inner_text()
        other.wait_for_url(lambda url: "years" not in url)


def test_citations_in_the_text_lead_on_and_a_sentence_is_checked(page: Any) -> None:
    ask(page, "Do whales and geese sing loudly?")
    page.locator(".lq-card", has_text="Whales & geese sing loudly").first.locator(".lq-chip").click()
    page.locator(".lq-panel .lq-cite").first.wait_for()
    page.get_by_role("button", name="Check sentence 1 against what it cites").click()
    aside = page.get_by_label("Sentence 1, checked")
    aside.wait_for()
    assert "“Whales sing songs for hours.”" in aside.inner_text()
    assert "whether they support it is for you to judge" in aside.inner_text()
    assert aside.get_by_role("button", name="Fetch it").count() == 1
    shot(page, "08-check")
    aside.get_by_role("button", name="Show").first.click()
    page.locator(".lq-panel h2", has_text="Whales").wait_for()
    assert words(page.locator(".lq-panel mark")) == "Whales sing songs for hours."


def test_other_quotes_of_the_conversation_are_marked_and_the_contents_lead_on(page: Any) -> None:
    ask(page, "Do bees dance in the hive?")
    ask(page, "Do whales and geese sing loudly?")
    page.locator(".lq-turn").nth(1).locator(".lq-card", has_text="geese").first.locator(".lq-chip").click()
    page.locator(".lq-panel mark").first.wait_for()
    others = page.locator(".lq-panel .lq-other", has_text="Bees dance")
    assert "of question 1: Do bees dance in the hive?" in others.first.get_attribute("title")
    page.locator(".lq-contents summary").click()
    page.locator(".lq-contents").get_by_role("button", name="Others").click()
    assert page.evaluate("document.activeElement.textContent") == "Others"


def test_everything_works_by_keyboard_with_visible_focus_and_is_announced(page: Any) -> None:
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.keyboard.type("Did the authors declare a conflict of interest?")
    page.keyboard.press("Enter")
    answered(page, 0)
    page.wait_for_function(
        "document.getElementById('lq-announcer').textContent.startsWith('1 quote from 1 paper')"
        " || document.getElementById('lq-announcer').textContent.includes('quotes from')"
    )
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        name = page.evaluate(
            "(node => node.getAttribute('aria-label') || node.textContent.trim().slice(0, 40))"
            "(document.activeElement)"
        )
        style = page.evaluate(
            "(style => style.outlineStyle + ' ' + style.outlineWidth)"
            "(getComputedStyle(document.activeElement))"
        )
        reached.append(name)
        assert style == "solid 3px", (name, style)
        if name.startswith("Show quote 1 in"):
            break
    else:
        pytest.fail(f"the first quote cannot be reached: {reached}")
    page.keyboard.press("Enter")
    page.locator(".lq-panel mark").first.wait_for()
    page.wait_for_function("document.activeElement.classList.contains('lq-panel')")
    reached.clear()
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "BODY":
            break
        reached.append(
            page.evaluate(
                "(node => node.id || node.innerText || node.ariaLabel || node.tagName)"
                "(document.activeElement)"
            )
        )
    assert any("10.3389/fneur.2024.1389697" in name for name in reached)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation(chromium: Any, address: str, scheme: str) -> None:
    with tab(chromium, address, color_scheme=scheme) as page:
        assert violations(page) == []
        ask(page, "Do cats purr louder under moonlight?")
        page.locator(".lq-chip").first.click()
        page.locator(".lq-panel mark").first.wait_for()
        page.get_by_role("button", name="Filters and options").click()
        page.wait_for_timeout(400)
        assert violations(page) == []
        page.get_by_role("tab", name="Library").click()
        page.get_by_role("button", name="References of A review of songs").click()
        page.locator(".lq-references").wait_for()
        page.wait_for_timeout(400)
        assert violations(page) == []
        shot(page, f"09-library-{scheme}")


def test_the_page_works_on_a_phone_without_sideways_scrolling(chromium: Any, address: str) -> None:
    with tab(chromium, address, width=360, height=740, has_touch=True, is_mobile=True) as page:
        turn = ask(page, "Is there a cure for multiple sclerosis?")
        assert "a cure remains elusive" in turn.locator(".lq-card blockquote").first.inner_text()
        shot(page, "10-phone-answer")
        turn.locator(".lq-chip").first.tap()
        mark = page.locator(".lq-panel mark").first
        mark.wait_for()
        page.wait_for_timeout(500)
        box = mark.bounding_box()
        assert 0 <= box["y"] < 740
        shot(page, "11-phone-paper")
        page.get_by_role("tab", name="Library").click()
        page.locator(".lq-sources").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        small = page.evaluate(
            "[...document.querySelectorAll('.lq-card button, .lq-tools button, .lq-sources button')]"
            ".filter(node => node.getClientRects().length)"
            ".map(node => [node.textContent, node.getBoundingClientRect()])"
            ".filter(([, box]) => box.height < 24 || box.width < 24).map(([name]) => name)"
        )
        assert small == []  # WCAG 2.2, 2.5.8
