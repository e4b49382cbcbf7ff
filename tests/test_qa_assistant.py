"""Asking a library: what becomes a quote, what is near, and that every quote is a position."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.encoders import HashingEncoder
from index.errors import NoLibrary, UsageError
from index.library import Library
from index.manifest import Settings
from index.records import NOT_ANSWERS, Filters, Page, Reference
from index.words import idf
from qa import Answer, Assistant, Quote
from qa.assistant import MAX_QUOTES, NEAREST, QUOTES_PER_DOCUMENT
from qa.calibration import Calibration, calibration_for, scheme
from qa.quoting import page_at

Paper = Callable[..., Path]
#: The calibration for no reader.
UNREAD = calibration_for("", None, "")
EVERYTHING = replace(
    UNREAD,
    slope=1.0,
    intercept=0.0,
    bar=-9.0,
    further=None,
    encoder=HashingEncoder(64).fingerprint,
    scheme=scheme(Settings()),
)

LEGS = (
    "On axolotl legs\n\nAxolotls grow legs. They grow them for life. This is rare. Frogs lose theirs. "
    "Newts grow legs too.\n"
)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("assistant")
    (folder / "legs.txt").write_text(LEGS, "utf-8")
    for n in range(4):
        (folder / f"{n}.md").write_text(
            f"# On whales {n}\n\n" + " ".join(f"Whale number {n}{i} sings song {i}." for i in range(6)),
            "utf-8",
        )
    with Library.create(folder / "library", encoder=HashingEncoder(64), reader="none") as library:
        library.add([folder / "legs.txt", *(folder / f"{n}.md" for n in range(4))])
        yield library


def shown(answer: Answer) -> tuple[Quote, ...]:
    return answer.quotes or answer.nearest


def test_the_best_sentence_comes_first_with_its_focus_and_what_it_leans_on(shelf: Library) -> None:
    answer = Assistant(shelf, calibration=EVERYTHING).ask("Do axolotls grow legs for life?")
    first = answer.quotes[0]
    content = shelf.text(first.text_sha256).content
    assert answer.status == "answered" and answer.nearest == ()
    assert first.text in ("Axolotls grow legs. They grow them for life.", "Axolotls grow legs.")
    leaning = next(q for q in answer.quotes if content[slice(*q.focus)] == "They grow them for life.")
    assert leaning.text.endswith("They grow them for life.")


def test_a_score_is_cosine_plus_weighted_coverage(shelf: Library) -> None:
    """Worked out for one sentence, with the library's own word frequencies."""
    question = "Which frogs grow legs?"
    ranked = Assistant(shelf).rank(question)
    assert [c.score for c in ranked] == sorted((c.score for c in ranked), reverse=True)
    found = next(c for c in ranked if c.text == "Frogs lose theirs.")
    assert shelf.lexical is not None
    weights = {
        w: idf(shelf.lexical.document_frequency(w), len(shelf.lexical)) for w in ("frog", "grow", "leg")
    }
    encoder = shelf.encoder
    cosine = float(encoder.encode([found.text])[0] @ encoder.encode_question(question))
    assert found.score == pytest.approx(cosine + weights["frog"] / sum(weights.values()), abs=1e-5)


def test_below_the_bar_is_not_found_with_the_nearest_sentences(shelf: Library) -> None:
    never = replace(UNREAD, bar=99.0)
    answer = Assistant(shelf, calibration=never).ask("Do axolotls grow legs for life?")
    assert (answer.status, answer.quotes) == ("not_found", ())
    assert 1 <= len(answer.nearest) <= NEAREST
    assert answer.nearest[0].text.startswith("Axolotls grow legs.")
    assert answer.trace["calibrated"] is False
    assert answer.trace["best_score"] == pytest.approx(answer.nearest[0].score)


def test_one_paper_may_fill_the_answer_several_share_it(shelf: Library) -> None:
    assistant = Assistant(shelf, calibration=EVERYTHING)
    answer = assistant.ask("Which whale sings?")
    assert len(answer.quotes) == MAX_QUOTES
    counts = [sum(q.document_id == other.document_id for q in answer.quotes) for other in answer.quotes]
    assert max(counts) <= QUOTES_PER_DOCUMENT
    one = answer.quotes[0].document_id
    alone = assistant.ask("Which whale sings?", Filters(documents=(one,)))
    assert [q.document_id for q in alone.quotes] == [one] * MAX_QUOTES


def test_the_answer_says_what_made_it(shelf: Library) -> None:
    answer = Assistant(shelf, calibration=EVERYTHING).ask("Which whale sings?")
    assert answer.question == answer.completed_question == "Which whale sings?"
    assert answer.library == {"generation": shelf.manifest.generation, "encoder": "hashing-64"}
    assert answer.trace["calibrated"] is True
    assert set(answer.trace["milliseconds"]) == {"question", "retrieve", "read", "extract"}
    for quote in answer.quotes:
        assert quote.confidence == pytest.approx(EVERYTHING.confidence(quote.score))


def test_the_trace_counts_what_each_filter_leaves_out(shelf: Library) -> None:
    assistant = Assistant(shelf, calibration=EVERYTHING)
    assert assistant.ask("Which whale sings?").trace["filters"] == {}
    filters = Filters(years=(2020, None), sections=("body",))
    counts = assistant.ask("Which whale sings?", filters).trace["filters"]
    whole, bodies = shelf.passage_count, counts["all"]["passages"] - counts["sections"]["passages"]
    assert counts["all"] == {"passages": whole, "documents": 5}
    assert counts["years"] == {"passages": whole, "documents": 5}, "none of them has a year"
    assert counts["sections"]["documents"] == 0 < bodies < whole
    assert counts["left"] == {"passages": 0, "documents": 0}
    assert assistant.retriever.counts(filters).to_dict() == counts


WORDS = [
    "axolotls",
    "grow",
    "legs",
    "They",
    "This",
    "whale",
    "sings",
    "song",
    "life",
    "On",
    "what",
    "2",
    "?",
    "α",
]


@settings(deadline=None, max_examples=80)
@given(
    st.one_of(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(" ".join), st.text(min_size=1)),
    st.sampled_from([UNREAD, EVERYTHING]),
)
def test_every_quote_is_a_slice_of_an_answerable_section(
    shelf: Library, question: str, calibration: Calibration
) -> None:
    if not question.strip():
        return
    answer = Assistant(shelf, calibration=calibration).ask(question)
    assert (answer.status == "answered") == bool(answer.quotes)
    assert not (answer.quotes and answer.nearest)
    for quote in shown(answer):
        document = shelf.document(quote.document_id)
        assert quote.text == shelf.text(quote.text_sha256).content[quote.start : quote.end]
        assert quote.start <= quote.focus[0] < quote.focus[1] <= quote.end
        assert quote.text == quote.text.strip() != ""
        (section,) = [s for s in document.sections if s.start <= quote.start and quote.end <= s.end]
        assert section.label == quote.section not in NOT_ANSWERS | {"heading"}
    for one, other in itertools.combinations(shown(answer), 2):
        overlap = one.start < other.end and other.start < one.end
        assert not (overlap and one.text_sha256 == other.text_sha256), "a sentence is shown twice"
        assert one.score >= other.score


@pytest.mark.parametrize("question", ["", " \n\t"])
def test_an_empty_question_is_refused(shelf: Library, question: str) -> None:
    with pytest.raises(UsageError, match="question is empty"):
        Assistant(shelf).ask(question)


@pytest.mark.parametrize(
    "question", ["?", "😀", "the of and", "x" * 5000, "\ud800 lone", "a AND (b OR", "NOT *:*"]
)
def test_odd_questions_are_answered_like_any_other(shelf: Library, question: str) -> None:
    assert Assistant(shelf).ask(question).status in {"answered", "not_found"}


def test_an_empty_library_finds_nothing(library: Library) -> None:
    answer = Assistant(library).ask("Which whale sings?")
    assert (answer.status, answer.quotes, answer.nearest) == ("not_found", (), ())
    assert answer.trace["best_score"] is None


def test_the_newest_generation_answers(tmp_path: Path, encoder: HashingEncoder, paper: Paper) -> None:
    with (
        Library.create(tmp_path / "l", encoder=encoder, reader="none") as writer,
        Library.open(tmp_path / "l", encoder=encoder) as reader,
    ):
        assistant = Assistant(reader)
        assert assistant.ask("Do legs grow?").status == "not_found"
        writer.add([paper("a.xml", pmid="1", abstract="Legs grow.")])
        answer = assistant.ask("Do legs grow?")
        assert [q.text for q in answer.quotes] == ["Legs grow."]
        assert answer.library["generation"] == writer.manifest.generation


def test_a_quote_outlives_its_document(tmp_path: Path, encoder: HashingEncoder, paper: Paper) -> None:
    with Library.create(tmp_path / "l", encoder=encoder, reader="none") as made:
        made.add([paper("a.xml", pmid="1", abstract="Legs grow.")])
        quote = Assistant(made).ask("Do legs grow?").quotes[0]
        made.remove(["pmid:1"])
        assert Assistant(made).ask("Do legs grow?").quotes == ()
        assert made.text(quote.text_sha256).content[quote.start : quote.end] == quote.text


def test_a_place_without_a_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITQUOTE_LIBRARY", str(tmp_path / "none"))
    with pytest.raises(NoLibrary, match="litquote add"):
        Assistant.open()


def test_pages_are_found_by_position() -> None:
    from index.records import Document, Text

    text = Text.of("abcdef", source="0" * 64, extractor="test/1")
    document = Document("d", text, "", Reference(), pages=(Page(0, 3, 1), Page(3, 6, 2)))
    assert [page_at(document, at) for at in (0, 2, 3, 5, 6)] == [1, 1, 2, 2, None]
