"""Sealed answers, and what becomes of their quotes when sources, libraries and files change."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index.encoders import HashingEncoder
from index.errors import UsageError
from index.library import Library
from index.records import Filters
from qa import Assistant
from qa.sealed import unseal
from qa.sealing import CONTEXT, intact, load, seal, seal_of, to_json
from qa.verifying import ALTERED, CHANGED, MISSING, VERIFIED, Verdict, verify

SHORT = "Axolotls grow new legs within 40 days."
FULLER = f"Salamanders were watched. {SHORT} Frogs do not. None of 12 newts lost a leg for good."
QUESTION = "Do axolotls grow new legs?"


@pytest.fixture
def filled(library: Library, paper: Callable[..., Path]) -> Library:
    library.add([paper("legs.xml", pmid="1", doi="10.1/Legs", title="On axolotl legs", abstract=SHORT)])
    return library


@pytest.fixture
def sealed(filled: Library) -> dict[str, Any]:
    return seal(Assistant(filled).ask(QUESTION), filled, asked_at="2026-11-23T10:00:00+00:00")


def tried(document: dict[str, Any], library: Library | None, **options: Any) -> Verdict:
    """The verdict on the one quote, from the document as it comes from a file."""
    (found,) = verify(json.loads(to_json(document)), library, **options)
    return found


def sealed_anew(document: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The document as somebody who knows how to seal would forge it."""
    forged = copy.deepcopy(document)
    change(forged)
    return forged | {"seal": seal_of(forged)}


# -- sealing ---------------------------------------------------------------------------------------------


def test_a_sealed_answer_says_where_each_quote_stands_and_what_it_was_read_from(
    sealed: dict[str, Any], filled: Library, tmp_path: Path
) -> None:
    (answer,) = sealed["answers"]
    (quote,) = answer["quotes"]
    assert answer["question"] == QUESTION and answer["asked_at"] == "2026-11-23T10:00:00+00:00"
    assert quote["text"] == SHORT
    content = filled.text(quote["text_sha256"]).content
    assert content[quote["start"] : quote["end"]] == SHORT
    assert quote["sha256"] == hashlib.sha256(SHORT.encode()).hexdigest()
    assert quote["before"] == content[max(0, quote["start"] - CONTEXT) : quote["start"]]
    assert quote["after"] == content[quote["end"] : quote["end"] + CONTEXT]
    (text,) = sealed["texts"]
    original = tmp_path / "files" / "legs.xml"
    assert text == {
        "sha256": quote["text_sha256"],
        "length": len(content),
        "reader": "pubmed-xml/" + text["reader"].partition("/")[2],
        "source_sha256": hashlib.sha256(original.read_bytes()).hexdigest(),
        "source_names": ["legs.xml"],
    }
    assert sealed["library"] == {
        "generation": 2,
        "encoder": filled.encoder.name,
        "encoder_fingerprint": filled.encoder.fingerprint,
        "reader": "none",
    }
    assert answer["library"]["encoder_fingerprint"] == filled.encoder.fingerprint
    assert answer["library"]["calibrated"] is False
    (paper,) = sealed["papers"]
    assert (
        paper["record"]["title"] == "On axolotl legs" and paper["record"]["authors"][0]["family"] == "Nógrádi"
    )
    assert set(paper["aliases"]) | {paper["document_id"]} >= {"doi:10.1/legs", "pmid:1"}
    assert str(tmp_path) not in to_json(sealed)  # where the user keeps the file is nobody's business


def test_filters_and_not_found_are_sealed_too(filled: Library) -> None:
    asked = Assistant(filled).ask("What is the boiling point of mercury?", Filters(years=(2010, None)))
    document = seal([asked, asked], filled, asked_at=["2026-01-01", "2026-01-02"])
    assert [one["status"] for one in document["answers"]] == ["not_found", "not_found"]
    assert [one["asked_at"] for one in document["answers"]] == ["2026-01-01", "2026-01-02"]
    assert document["answers"][0]["limits"] == {"years": [2010, None]}
    assert document["answers"][0]["nearest"][0]["text"] == SHORT
    assert [one.kind for one in verify(document, filled)] == ["nearest", "nearest"]


def test_the_seal_notices_any_change_of_the_file(sealed: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text(to_json(sealed), "utf-8")
    assert intact(load(path))
    path.write_text(json.dumps(dict(reversed(sealed.items()))), "utf-8")  # the same, in other characters
    assert intact(load(path))
    for old, new in (("40 days", "41 days"), ('"page": null', '"page": 1'), ("On axolotl", "On Axolotl")):
        assert old in to_json(sealed)
        path.write_text(to_json(sealed).replace(old, new), "utf-8")
        assert not intact(load(path))


def test_the_seal_is_that_of_the_canonical_form(sealed: dict[str, Any]) -> None:
    """RFC 8785, by hand: keys sorted, no spaces, whole numbers without a point."""
    small = {"b": 1.0, "a": ["é", 0.25, {"d": None, "c": True}], "seal": "x"}
    plain = '{"a":["é",0.25,{"c":true,"d":null}],"b":1}'
    assert seal_of(small) == f"sha256:{hashlib.sha256(plain.encode()).hexdigest()}"


def test_what_is_unsealed_is_what_was_sealed(sealed: dict[str, Any], filled: Library) -> None:
    answer = Assistant(filled).ask(QUESTION)
    (found,) = unseal(json.loads(to_json(sealed))).answers
    (quote,) = found.answer.quotes
    (given,) = answer.quotes
    assert quote == replace(given, score=round(given.score, 4), confidence=round(given.confidence, 4))
    assert found.answer.summary == answer.summary and found.answer.question == answer.question


def test_a_quote_that_does_not_stand_in_its_source_is_never_sealed(filled: Library) -> None:
    answer = Assistant(filled).ask(QUESTION)
    (quote,) = answer.quotes
    forged = replace(quote, text=quote.text.replace("40", "41"))
    with pytest.raises(UsageError, match="is not what stands there"):
        seal(replace(answer, quotes=(forged,)), filled)
    with pytest.raises(UsageError, match="0 answers"):
        seal([], filled)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is no JSON"),
        ("[1]", "is no sealed answer"),
        ('{"kind": "other"}', "is no sealed answer"),
        ('{"kind": "litquote answers", "schema": 99}', "newer litquote"),
        ('{"kind": "litquote answers", "schema": 1}', "not as litquote writes it"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_a_file_that_is_no_sealed_answer_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "answer.json"
    path.write_text(content, "utf-8")
    with pytest.raises(UsageError, match=said):
        verify(load(path), None)


def test_positions_that_can_be_none_are_refused(sealed: dict[str, Any]) -> None:
    for name, value in (("start", -1), ("end", 0), ("focus", {"start": 0, "end": 9999}), ("start", "1")):
        forged = copy.deepcopy(sealed)
        forged["answers"][0]["quotes"][0][name] = value
        with pytest.raises(UsageError, match="not as litquote writes it"):
            verify(forged, None)


# -- verifying -------------------------------------------------------------------------------------------


def test_a_quote_is_verified_against_the_text_in_the_library(sealed: dict[str, Any], filled: Library) -> None:
    found = tried(sealed, filled)
    assert (found.state, found.note, found.found) == (VERIFIED, "in the library", None)
    assert (found.answer, found.number, found.kind) == (1, 1, "quote")


def test_a_changed_digit_is_caught_even_where_it_was_sealed_anew(
    sealed: dict[str, Any], filled: Library
) -> None:
    def change(document: dict[str, Any]) -> None:
        quote = document["answers"][0]["quotes"][0]
        quote["text"] = quote["text"].replace("40", "41")
        quote["sha256"] = hashlib.sha256(quote["text"].encode()).hexdigest()

    forged = sealed_anew(sealed, change)
    assert intact(forged)
    found = tried(forged, filled)
    assert found.state == ALTERED and "stands something else" in found.note


def test_a_quote_moved_to_another_place_is_caught(sealed: dict[str, Any], filled: Library) -> None:
    def change(document: dict[str, Any]) -> None:
        quote = document["answers"][0]["quotes"][0]
        quote["start"] -= 1
        quote["end"] -= 1
        quote["focus"] = {"start": quote["start"], "end": quote["end"]}

    assert tried(sealed_anew(sealed, change), filled).state == ALTERED


def test_a_quote_given_to_another_paper_is_caught(
    sealed: dict[str, Any], filled: Library, paper: Callable[..., Path]
) -> None:
    filled.add([paper("newts.xml", pmid="2", title="On newts", abstract="Newts swim in ponds.")])

    def change(document: dict[str, Any]) -> None:
        document["answers"][0]["quotes"][0]["document_id"] = document["papers"][0]["document_id"] = "pmid:2"
        document["papers"][0]["aliases"] = []

    found = tried(sealed_anew(sealed, change), filled)
    assert found.state == ALTERED and found.note.endswith("but in the text of pmid:1")


def test_a_changed_digit_is_caught_where_nothing_is_left_to_compare_with(sealed: dict[str, Any]) -> None:
    sealed["answers"][0]["quotes"][0]["text"] = SHORT.replace("40", "41")
    found = tried(sealed, None)
    assert found.state == ALTERED and found.note == "its words are not those that were sealed"


def test_an_answer_still_verifies_after_its_source_was_replaced_by_a_fuller_text(
    sealed: dict[str, Any], filled: Library, paper: Callable[..., Path]
) -> None:
    path = paper("legs.xml", pmid="1", doi="10.1/Legs", title="On axolotl legs", abstract=FULLER)
    assert len(filled.add([path]).replaced) == 1
    assert FULLER in filled.document("pmid:1").text.content
    found = tried(sealed, filled)
    assert found.state == VERIFIED
    assert found.note == "in the library; the paper has another text now, the one quoted is kept"
    filled.compact()
    assert tried(sealed, filled).state == VERIFIED
    filled.rebuild()
    assert tried(sealed, filled).state == VERIFIED


def test_an_answer_still_verifies_after_its_paper_was_removed(
    sealed: dict[str, Any], filled: Library
) -> None:
    filled.remove(["pmid:1"])
    assert tried(sealed, filled).note == "in the library; the paper has been removed since"


def test_where_the_text_is_compacted_away_the_library_s_copy_of_the_file_is_read_again(
    sealed: dict[str, Any], filled: Library
) -> None:
    filled.remove(["pmid:1"])
    filled.compact()
    found = tried(sealed, filled)
    assert found.state == VERIFIED
    assert found.note.startswith("in the library's copy of the original file, read again")
    for copied in (filled.path / "inbox").iterdir():
        copied.write_bytes(copied.read_bytes() + b"<!-- rotten -->")  # no longer what its name says
    assert tried(sealed, filled).state == MISSING


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Library]:
    """Another library, which never held the quoted text."""
    with Library.create(tmp_path / "other", encoder=HashingEncoder(64), reader="none") as made:
        yield made


def test_of_a_newer_text_it_is_said_where_the_same_words_stand_in_it(
    sealed: dict[str, Any], other: Library, paper: Callable[..., Path]
) -> None:
    other.add([paper("b.xml", pmid="1", title="On axolotl legs", abstract=FULLER)])
    found = tried(sealed, other)
    assert found.state == CHANGED and found.found is not None
    now = other.document("pmid:1").text.content
    assert now[found.found[0] : found.found[1]] == SHORT and now.count(SHORT) == 1


def test_of_a_newer_text_without_the_words_it_is_said_that_they_are_gone(
    sealed: dict[str, Any], other: Library, paper: Callable[..., Path]
) -> None:
    other.add([paper("b.xml", pmid="1", title="On axolotl legs", abstract=SHORT.replace("40", "41"))])
    found = tried(sealed, other)
    assert (found.state, found.found) == (CHANGED, None)
    assert "do not stand" in found.note


def test_of_several_places_with_the_same_words_that_of_the_same_context_is_named(
    filled: Library, other: Library, paper: Callable[..., Path]
) -> None:
    said = "Legs grew. It was seen twice. Tails grew. It was seen twice. Fins did not."
    filled.add([paper("twice.xml", pmid="2", title="What was seen in newts", abstract=said)])
    answer = Assistant(filled).ask("What grew, tails?")
    (quote, *_) = [one for one in answer.quotes + answer.nearest if one.document_id == "pmid:2"]
    content = filled.text(quote.text_sha256).content
    start = content.rindex("It was seen twice.")
    end = start + len("It was seen twice.")
    second = replace(quote, start=start, end=end, focus=(start, end), text=content[start:end])
    document = seal(replace(answer, status="answered", quotes=(second,), nearest=()), filled)
    other.add([paper("b.xml", pmid="2", title="What was seen in newts", abstract=f"At first. {said}")])
    found = tried(document, other)
    assert found.state == CHANGED and found.found is not None
    assert other.document("pmid:2").text.content[found.found[0] - 12 : found.found[0]] == " Tails grew. "[1:]


def test_without_library_and_file_the_text_is_missing(sealed: dict[str, Any], other: Library) -> None:
    assert tried(sealed, None).state == MISSING
    found = tried(sealed, other)
    assert found.state == MISSING and "--file" in found.note


def test_a_quote_is_verified_against_the_original_file_alone(sealed: dict[str, Any], tmp_path: Path) -> None:
    moved = tmp_path / "renamed.xml"
    moved.write_bytes((tmp_path / "files" / "legs.xml").read_bytes())
    found = tried(sealed, None, files=[moved])
    assert (found.state, found.note) == (VERIFIED, "in renamed.xml, read again")


def test_where_readers_read_the_same_file_otherwise_now_the_exact_words_decide(
    sealed: dict[str, Any], tmp_path: Path
) -> None:
    def read_by_an_older_one(document: dict[str, Any]) -> None:
        document["texts"][0]["sha256"] = document["answers"][0]["quotes"][0]["text_sha256"] = "0" * 64

    older = sealed_anew(sealed, read_by_an_older_one)
    found = tried(older, None, files=[tmp_path / "files" / "legs.xml"])
    assert found.state == VERIFIED and "the same file by its SHA-256" in found.note and found.found


def test_another_file_with_the_same_words_is_no_proof(
    sealed: dict[str, Any], paper: Callable[..., Path]
) -> None:
    path = paper("another.xml", pmid="9", title="Another paper on legs", abstract=FULLER)
    found = tried(sealed, None, files=[path])
    assert found.state == CHANGED and "which is another file" in found.note and found.found
    path = paper("third.xml", pmid="9", title="A third paper on legs", abstract="Nothing of the kind.")
    assert tried(sealed, None, files=[path]).state == MISSING


def test_a_file_that_cannot_be_read_stops_no_other(
    sealed: dict[str, Any], filled: Library, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and nothing else")
    original = tmp_path / "files" / "legs.xml"
    assert tried(sealed, filled, files=[broken]).state == VERIFIED
    assert tried(sealed, None, files=[broken, original]).state == VERIFIED
    found = tried(sealed, None, files=[broken])
    assert found.state == MISSING and "broken.pdf cannot be read (" in found.note


def test_a_file_that_is_none_is_refused_by_name(sealed: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        verify(sealed, None, files=[tmp_path / "nowhere.pdf"])


def test_a_quote_of_a_pdf_is_verified_against_the_pdf(library: Library, shared: Path) -> None:
    path = shared / "files" / "pdf" / "petermr__1129-2377-14-93.pdf"
    if not path.is_file():
        pytest.skip("this PDF is not among the real files")
    library.add([path])
    document = seal(Assistant(library).ask("What are the results on headache?"), library)
    verdicts = verify(document, None, files=[path])
    assert verdicts and {one.state for one in verdicts} == {VERIFIED}
