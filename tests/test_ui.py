"""The page's HTML: nothing in quotation marks is changed, warnings stand on the quote."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from index.library import Library
from index.records import Retraction
from qa.assistant import Assistant
from qa.calibration import calibration_for
from qa.examples import example_questions
from qa.records import Answer, Citation, Quote
from web import papers, render

#: The calibration for no reader.
UNREAD = calibration_for("", None, "")

CITATION = Citation(
    "Wu et al. 2024", "Wu L, et al. Title.", {"title": "A <title>", "container-title": "J & J"}, False
)


def quote(text: str, *, focus: tuple[int, int] | None = None, retraction: Retraction | None = None) -> Quote:
    start, end = focus or (0, len(text))
    return Quote(
        "doi:10.1/x", "a" * 64, 10, 10 + len(text), (10 + start, 10 + end), text, "results", "Results", None,
        1.2, 0.83, CITATION, retraction,
    )  # fmt: skip


def answer(*quotes: Quote, status: str = "answered", calibrated: bool = True) -> Answer:
    found = {"quotes": quotes} if status == "answered" else {"nearest": quotes}
    return Answer("q", "q", status, **found, trace={"calibrated": calibrated})


def words_in(page: str, tag: str) -> str:
    """What a browser shows of the first element ``tag``: tags dropped, character references read."""
    inner = re.search(rf"<{tag}[^>]*>(.*?)</{tag}>", page, re.DOTALL)
    assert inner is not None
    return html.unescape(re.sub(r"<[^>]*>", "", inner[1]))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), st.data())
def test_a_quote_is_shown_character_for_character(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    card = render.card(quote(text, focus=(start, end)), 1, calibrated=True)
    assert words_in(card, "blockquote") == text
    if start < end:
        assert words_in(card, "mark") == text[start:end]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_no_text_becomes_markup_or_template(text: str) -> None:
    shown = render.text(text)
    assert not set("<>\"'{}$`\\") & set(shown)
    assert html.unescape(shown) == text


def test_the_answer_counts_quotes_and_papers_and_numbers_its_cards() -> None:
    page = render.answer(answer(quote("One."), quote("Two.")))
    assert "2 quotes from 1 paper" in page
    assert re.findall(r">\[(\d)\]<", page) == ["1", "2"]
    assert "likely 0.83" in page
    assert "A &lt;title&gt;" in page


def test_the_other_forms_of_abbreviations_stand_above_the_quotes_unmarked() -> None:
    forms = [{"from": "MS", "to": "<b>multiple</b> sclerosis"}]
    given = Answer("q", "What is q?", "not_found", trace={"expansions": forms})
    shown = render.answer(given)
    line = "Also searched: &lt;b&gt;multiple&lt;/b&gt; sclerosis (MS)"
    assert f'<p class="lq-completed">Searched for: What is q?<br>{line}</p>' in shown
    assert "lq-completed" not in render.answer(Answer("q", "q", "not_found"))


def test_an_uncalibrated_number_says_so() -> None:
    assert "uncalibrated" not in render.answer(answer(quote("One.")))
    assert "uncalibrated" in render.answer(answer(quote("One."), calibrated=False))


def test_a_retraction_stands_on_the_quote_itself() -> None:
    notice = Retraction("retracted", "2021", "PMID 5", "PubMed record")
    card = render.card(quote("One.", retraction=notice), 1, calibrated=True)
    assert card.index("Retracted") < card.index("<blockquote>")
    assert "2021: PMID 5" in card
    concern = render.card(quote("One.", retraction=replace(notice, kind="concern")), 1, calibrated=True)
    assert "Expression of concern" in concern


def test_a_completed_question_stands_above_the_quotes_and_only_then() -> None:
    plain = answer(quote("One."))
    assert "Searched for" not in render.answer(plain)
    page = render.answer(replace(plain, completed_question="Do <b>legs</b> grow in mice?"))
    assert words_in(page, "p") == "Searched for: Do <b>legs</b> grow in mice?"
    assert page.index("Searched for") < page.index("<blockquote>")
    papers = replace(plain, completed_question="Who?", trace={"completion": {"documents": ["doi:10.1/x"]}})
    assert words_in(render.answer(papers), "p") == "Searched for: Who? In the paper quoted before."
    missing = replace(answer(quote("Near."), status="not_found"), completed_question="Do legs grow?")
    assert render.answer(missing).index("Searched for") < render.answer(missing).index("Not found")


DESK = """
import sys, ui
from index.library import Library
from qa.assistant import Assistant
desk = ui.Desk(Assistant(Library.open(sys.argv[1])))
first, history = desk.ask("Do stem cells cure mice?")
print("FIRST", "Searched for" in first, len(history))
then, later = desk.ask("And rats?", history)
print("THEN", "Searched for: Do stem cells cure rats?" in then, later[0].completed_question)
print("OFF", "Searched for" in desk.ask("And rats?", history, complete=False)[0])
failed, kept = desk.ask("  ", history)
print("ERROR", "lq-error" in failed, kept == history)
"""


def test_the_desk_completes_follow_ups_unless_told_not_to(
    library: Library, paper: Callable[..., Path]
) -> None:
    """In a process of its own: gradio leaves event loops open behind it."""
    library.add([paper("a.xml", pmid="1", abstract="Stem cells cure mice.")])
    command = [sys.executable, "-c", DESK, str(library.path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "FIRST False 1",
        "THEN True Do stem cells cure rats?",
        "OFF False",
        "ERROR True True",
    ]


def test_not_found_folds_the_nearest_sentences_away_without_a_confidence() -> None:
    page = render.answer(answer(quote("Near."), status="not_found"))
    assert page.index("Not found in your library.") < page.index("<details")
    assert "lq-confidence" not in page


def test_the_whole_text_of_a_paper_is_shown_with_the_quote_marked(
    library: Library, paper: Callable[..., Path]
) -> None:
    library.add([paper("a.xml", pmid="1", abstract="Stem cells cure mice. 🐟 fins regrow. Moons are far.")])
    document = library.document("pmid:1")
    start = document.text.content.index("🐟")
    span = (start, start + len("🐟 fins regrow."))
    page = papers.paper(document, document.text.content, document.sections, span, span)
    assert words_in(page, "mark") == "🐟 fins regrow."
    shown = html.unescape(re.sub(r"<[^>]*>", " ", page))
    for word in document.text.content.split():
        assert word in shown


def test_examples_are_questions_the_library_answers(library: Library, paper: Callable[..., Path]) -> None:
    library.add(
        [paper("a.xml", pmid="1", title="Axolotl legs", abstract="Axolotl legs regrow within ninety days.")]
    )
    assistant = Assistant(library, calibration=replace(UNREAD, bar=0.3))
    questions = example_questions(library, assistant=assistant)
    assert questions == ["What is known about axolotl legs?"]
    assert assistant.ask(questions[0]).status == "answered"


DEMO = """
import sys, ui
from pathlib import Path
from index.library import Library
from qa.assistant import Assistant
demo, own, file, quoted = sys.argv[1:]
desk = ui.Desk(Assistant(Library.open(demo)), own_library=Path(own))
assert own in desk.overview()[1]
steps = list(desk.add([file]))
print(steps[-1])
print("PATH", desk.library.path == Path(own), len(desk.library), len(Library.open(demo)))
print("SHOWN", desk.show({"quote": quoted}))
"""


def test_papers_added_in_the_demo_start_a_library_of_ones_own(
    library: Library, paper: Callable[..., Path], tmp_path: Path
) -> None:
    """In a process of its own: gradio leaves event loops open behind it."""
    library.add([paper("a.xml", pmid="1", abstract="Stem cells cure mice.")])
    text = library.summary("pmid:1").text.sha256
    place = json.dumps({"document": "pmid:1", "text": text, "quote": [0, 5], "focus": [0, 5]})
    added = tmp_path / "moon.txt"
    added.write_text("On the moon\n\nThe moon is far away.\n")
    command = [sys.executable, "-c", DEMO, str(library.path), str(tmp_path / "own"), str(added), place]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Added (1)" in done.stdout
    assert "PATH True 1 1" in done.stdout
    assert "<mark>" in done.stdout.split("SHOWN")[1]
    assert not added.exists()


def test_a_citation_of_a_held_paper_shows_it_when_clicked(library: Library, tmp_path: Path) -> None:
    review = tmp_path / "review.xml"
    review.write_text(
        "<article><front><article-meta><article-id pub-id-type='doi'>10.1000/r</article-id><title-group>"
        "<article-title>A review of songs</article-title></title-group></article-meta></front><body><p>"
        "Whales &amp; geese sing [<xref ref-type='bibr' rid='a'>1</xref>, <xref ref-type='bibr' rid='b'>2"
        "</xref>]. Frogs do [<xref ref-type='bibr' rid='b'>2</xref>].</p></body><back><ref-list>"
        "<ref id='a'><element-citation><article-title>Whales</article-title><year>1971</year>"
        "<pub-id pub-id-type='pmid'>71</pub-id></element-citation></ref><ref id='b'><element-citation>"
        "<article-title>Frogs</article-title><pub-id pub-id-type='pmid'>72</pub-id></element-citation></ref>"
        "</ref-list></back></article>",
        "utf-8",
    )
    (tmp_path / "whales.nbib").write_text("PMID- 71\nTI  - Whales\nAB  - Whales sing.\n", "utf-8")
    library.add([review, tmp_path / "whales.nbib"])
    from ui import Desk

    page = Desk(Assistant(library)).show({"document": "10.1000/r"})
    buttons = re.findall(
        r'<button type="button" class="lq-cite" data-document="([^"]+)" title="([^"]+)">', page
    )
    assert {name for name, _ in buttons} == {"pmid:71"}
    assert "1. Whales" in buttons[0][1]
    assert 'title="Not in this library: 2. Frogs"' in page
    document = library.document("10.1000/r")
    words = html.unescape(re.sub(r"<[^>]*>", "", page))
    assert document.text.content[document.sections[1].start : document.sections[1].end] in words
