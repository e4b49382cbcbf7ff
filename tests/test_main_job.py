"""The main job on the real seed page with the bundled model: what the project promises first."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.library import Library
from qa import Answer, Assistant, Quote, Retriever

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "seeds"
XML = ROOT.parent / "shared" / "files" / "pubmed-xml"

TITLE = "Stem cell therapies: a new era in the treatment of multiple sclerosis"
CURE = "While existing treatments can slow its course, a cure remains elusive."
MECHANISMS = (
    "It encompasses the primary sources of various types of stem cells and the three major mechanisms "
    "through which stem cells exert their therapeutic effects in MS treatment, including differentiation "
    "into various neural cells, secretion of trophic factors, and immunomodulation."
)
DISCLOSURE = (
    "The authors declare that the research was conducted in the absence of any commercial or financial "
    "relationships that could be construed as a potential conflict of interest."
)
#: What a saved page says besides the paper.
BOILERPLATE = (
    "official website", "Skip to main", ".gov", "Access keys", "Front Neurol. .", "Affiliations",
    "PubMed Disclaimer", "Similar articles", "Cited by", "LinkOut", "Keywords:", "doi:",
)  # fmt: skip
HEADINGS = {
    "abstract",
    "figures",
    "figure 1",
    "references",
    "conflict of interest statement",
    "review",
    TITLE.casefold(),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with the bundled model, from the seeds alone."""
    root = tmp_path_factory.mktemp("main-job") / "library"
    with Library.create(root) as library:
        report = library.add([SEEDS])
        assert (len(report.added), report.failed) == (1, [])
    return root


@pytest.fixture(scope="module")
def assistant(built: Path) -> Iterator[Assistant]:
    with Library.open(built) as library:
        yield Assistant(library)


@pytest.fixture(scope="module")
def page(seed: Path) -> str:
    """The independent reading: the file's characters, nothing else."""
    return seed.read_bytes().decode("utf-8")


def shown(answer: Answer) -> tuple[Quote, ...]:
    return answer.quotes or answer.nearest


def focus(assistant: Assistant, quote: Quote) -> str:
    return assistant.library.text(quote.text_sha256).content[slice(*quote.focus)]


def test_the_cure_comes_first(assistant: Assistant) -> None:
    answer = assistant.ask("Is there a cure for multiple sclerosis?")
    assert answer.status == "answered"
    quote = answer.quotes[0]
    assert (quote.text, focus(assistant, quote)) == (CURE, "a cure remains elusive")
    assert (quote.section, quote.document_id) == ("abstract", "doi:10.3389/fneur.2024.1389697")
    assert quote.citation.text.startswith("Wu L, et al. Stem cell therapies:")


def test_the_mechanisms_are_quoted_from_the_figure_s_caption(assistant: Assistant) -> None:
    answer = assistant.ask("By which mechanisms could stem cells work in MS?")
    quote = answer.quotes[0]
    assert focus(assistant, quote) in MECHANISMS
    assert quote.text == (
        "The schematic diagram succinctly outlines the therapeutic potential of stem cells in multiple "
        "sclerosis. " + MECHANISMS
    )
    assert (quote.section, quote.place) == ("figure", "Figure 1, caption")


def test_the_disclosure_comes_first(assistant: Assistant) -> None:
    answer = assistant.ask("Did the authors declare a conflict of interest?")
    assert (answer.quotes[0].text, answer.quotes[0].section) == (DISCLOSURE, "disclosure")


@pytest.mark.parametrize(
    "question",
    [
        "What is the boiling point of mercury?",
        "Who won the 1998 World Cup?",
        "What is the annual relapse rate after stem cell transplantation?",
        "How many patients were enrolled?",
        # only the title of the fifth reference speaks of it
        "Do umbilical-cord MSC vesicles attenuate EAE?",
        "Which colour is a Tuesday?",
        "How do I bake sourdough bread?",
        "Does litigation attenuate the price of sclerosis?",
    ],
)
def test_what_the_page_does_not_say_is_not_found(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert (answer.status, answer.quotes) == ("not_found", ())
    assert 1 <= len(answer.nearest) <= 3


def test_the_confidences_hold_for_the_bundled_model(assistant: Assistant) -> None:
    assert assistant.ask("Is there a cure for multiple sclerosis?").trace["calibrated"] is True


# -- every quote, over generated questions -------------------------------------------------------------

TEMPLATES = (
    "What is known about {}?",
    "Does {} work in patients?",
    "{}",
    "Tell me the title of the review on {}",
)
TERMS = (
    "induced pluripotent stem cells", "multiple sclerosis", "neural stem cells", "stem cell therapy",
    "Figure 1", "stem cell transplantation", "the central nervous system", "immunomodulation",
    "trophic factors", "safety", "clinical research", "regenerative properties", "limitations",
    "existing treatments", "references", "JAMA",
)  # fmt: skip
QUESTIONS = [template.format(term) for term in TERMS for template in TEMPLATES]


def check_quotes(assistant: Assistant, answer: Answer, page: str) -> None:
    """Every promise about every quote of one answer."""
    for quote in shown(answer):
        assert quote.text in page
        assert quote.text == assistant.library.text(quote.text_sha256).content[quote.start : quote.end]
        assert quote.start <= quote.focus[0] < quote.focus[1] <= quote.end
        assert quote.section in {"abstract", "figure", "disclosure"}
        assert quote.text.strip(" .:").casefold() not in HEADINGS
        assert TITLE not in quote.text
        assert not [words for words in BOILERPLATE if words in quote.text]
        assert re.search(r"[.?!]$", quote.text)


def test_every_quote_stands_in_the_page_character_for_character(assistant: Assistant, page: str) -> None:
    assert len(QUESTIONS) >= 60
    texts = set()
    for question in QUESTIONS:
        answer = assistant.ask(question)
        check_quotes(assistant, answer, page)
        texts |= {quote.text for quote in shown(answer)}
    assert len(texts) >= 6  # they are not all one sentence


WORDS = st.sampled_from(
    ["stem", "cells", "MS", "cure", "figure", "authors", "review", "Multiple", "Sclerosis", "title",
     "abstract", "not", "what", "is", "the", "α", "36:2977–90", "?", ".", "It"]
)  # fmt: skip


@settings(deadline=None, max_examples=30)
@given(st.lists(WORDS, min_size=1, max_size=9).map(" ".join))
def test_any_words_give_quotes_of_the_page_only(assistant: Assistant, page: str, question: str) -> None:
    check_quotes(assistant, assistant.ask(question), page)


def test_titles_can_be_found_and_are_not_quoted(assistant: Assistant) -> None:
    assert Retriever(assistant.library).search(TITLE, 1)[0].text == TITLE
    assert TITLE not in [quote.text for quote in shown(assistant.ask(TITLE))]


# -- real PubMed exports -------------------------------------------------------------------------------

EXPORTS = (
    "biopython__pubmed1.xml",  # old style, two articles
    "elifesciences__pubmed-bmjopen-2013-003269-20170717071707.xml",
    "jabref__MedlineImporterTestArticleItalics.xml",  # markup inside sentences
    "jabref__MedlineImporterTestMathML.xml",
    "pubdata2xl__book.xml",
    "titipata__pubmed-29768149.xml",
)


def one_blank(text: str) -> str:
    """White space that holds a line break is how a file is laid out, not what it says."""
    return re.sub(r"\s*\n\s*", " ", text)


def subjects(titles: Iterable[str]) -> Iterator[str]:
    for title in titles:
        words = [word for word in re.findall(r"[\w-]+", title) if len(word) > 4]
        for start in range(0, len(words), 3):
            yield "What is known about " + " ".join(words[start : start + 3]) + "?"


def test_every_quote_of_a_real_export_stands_in_its_xml(tmp_path: Path) -> None:
    """Read independently: the text of all elements, in order, by the standard library."""
    if not XML.is_dir():
        pytest.skip("the real files (../shared/files) are not on this machine")
    with Library.create(tmp_path / "library") as library:
        report = library.add([XML / name for name in EXPORTS])
        assert {Path(item.uri).name for item in report.added} == set(EXPORTS)
        assert report.failed == []
        files = {item.document_id: Path(item.uri) for item in report.added}
        readings = {
            path: one_blank("".join(ET.parse(path).getroot().itertext())) for path in set(files.values())
        }
        assistant, quoted, asked = Assistant(library), set(), 0
        for question in subjects([document.title for document in library.documents()]):
            asked += 1
            for quote in shown(assistant.ask(question)):
                assert one_blank(quote.text) in readings[files[quote.document_id]], quote
                assert quote.text == library.text(quote.text_sha256).content[quote.start : quote.end]
                assert quote.start <= quote.focus[0] < quote.focus[1] <= quote.end
                quoted.add(quote.document_id)
        assert asked >= 15
        assert len(quoted) >= 5


# -- the command line ----------------------------------------------------------------------------------

ASK = (
    "import sys; from qa.cli import main; code = main(sys.argv[1:]); "
    "heavy = {'torch', 'sentence_transformers', 'transformers', 'gradio'} & set(sys.modules); "
    "sys.stderr.write(','.join(sorted(heavy))); sys.exit(code)"
)


def asked(library: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ASK, *argv, "--library", str(library)],
        cwd=ROOT,
        env=os.environ | {"PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


def test_asking_from_a_cold_start_needs_no_torch(built: Path) -> None:
    """How long it takes is measured by tests/bench/starting.py."""
    done = asked(built, "ask", "Is there a cure for multiple sclerosis?")
    assert done.returncode == 0
    assert f"“{CURE}”" in done.stdout
    assert done.stderr == "", "heavy modules were loaded"


SHAPE: dict[str, Any] = {
    "text": str,
    "document_id": str,
    "start": int,
    "end": int,
    "focus": {"start": int, "end": int},
    "confidence": float,
    "section": str,
    "page": (int, type(None)),
    "text_sha256": str,
    "retraction": (dict, type(None)),
    "citation": {"text": str, "csl": dict, "authors_complete": bool},
    "designs": [str],
    "abstract_only": bool,
}
ANSWER: dict[str, Any] = {
    "schema": int,
    "question": str,
    "completed_question": str,
    "status": str,
    "summary": str,
    "quotes": [SHAPE],
    "nearest": [SHAPE],
    "expansions": [{"from": str, "to": str}],
    "library": {"generation": int, "encoder": str},
}
HITS: list[Any] = [
    {
        "document_id": str,
        "start": int,
        "end": int,
        "text": str,
        "text_sha256": str,
        "section": str,
        "page": (int, type(None)),
        "score": float,
        "parts": dict,
        "expansions": [{"from": str, "to": str}],
        "retraction": (dict, type(None)),
        "citation": SHAPE["citation"],
    }
]


def check_shape(value: Any, shape: Any, where: str = "$") -> None:
    """Exactly these keys, and exactly these types."""
    if isinstance(shape, dict):
        assert isinstance(value, dict) and list(value) == list(shape), where
        for key, inner in shape.items():
            check_shape(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for number, inner in enumerate(value):
            check_shape(inner, shape[0], f"{where}[{number}]")
    else:
        assert type(value) in (shape if isinstance(shape, tuple) else (shape,)), f"{where} is {value!r}"


def test_the_json_of_the_command_line_is_the_published_one(built: Path) -> None:
    done = asked(built, "ask", "Is there a cure for multiple sclerosis?", "--json")
    answer = json.loads(done.stdout)
    check_shape(answer, ANSWER)
    assert (answer["schema"], answer["status"], answer["nearest"]) == (1, "answered", [])
    assert (answer["quotes"][0]["text"], answer["summary"]) == (CURE, "3 quotes from 1 paper")
    assert answer["quotes"][0]["citation"]["csl"]["author"] == [
        {"family": "Wu", "given": "Lei"},
        {"literal": "et al."},
    ]
    done = asked(built, "search", "Is there a cure for multiple sclerosis?", "--json", "-k", "4")
    hits = json.loads(done.stdout)
    check_shape(hits, HITS)
    assert len(hits) == 4 and all(set(hit["parts"]) <= {"dense", "lexical"} for hit in hits)


def test_not_found_has_the_same_shape(assistant: Assistant) -> None:
    answer = assistant.ask("Who won the 1998 World Cup?").to_dict()
    check_shape(answer, ANSWER)
    assert (answer["status"], answer["quotes"], len(answer["nearest"]) > 0) == ("not_found", [], True)


def test_odd_questions_do_not_break_the_real_model(assistant: Assistant) -> None:
    for question in ("\ud800 lone half of a character", "word " * 5000, "😀", "?", "NOT *:* AND ("):
        assert assistant.ask(question).status in {"answered", "not_found"}


def test_the_built_library_is_whole(built: Path) -> None:
    with Library.open(built) as library:
        assert library.verify() == []
        (document,) = library.documents()
        assert document.title == TITLE
        assert (document.reference.journal, document.reference.year) == ("Front Neurol", 2024)
        assert len(library.document(document.id).references) == 5
