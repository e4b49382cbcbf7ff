"""Abbreviations in questions: expanded both ways where the library is clear, left alone where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.encoders import HashingEncoder
from index.library import Library
from index.words import content_terms, terms
from qa.assistant import Assistant
from qa.expand import Expanded, Expansion, expand
from qa.retrieve import Retriever

PAPERS = [
    "Multiple sclerosis (MS) hurts. Human mesenchymal stem cells (MSCs) may help. The Was protein stays.",
    "Multiple sclerosis (MS) once more. Mesenchymal stem cells (MSCs) again.",
    "Samples went through mass spectrometry (MS). Peaks were sharp.",
    "Mesenchymal stromal cells (MSCs) are not much liked.",
    "Alzheimer's disease (AD) is common in old age. The cat sat on the mat.",
    "Atopic dermatitis (AD) itches. A cat was there as well, and a cat sat by.",
    "Chloramphenicol acetyltransferase (CAT) is an enzyme.",
    "Tumor necrosis factor alpha (TNF-α) and interleukin-6 (IL-6) rise in the acute phase.",
    "Length of stay (LOS) was short. Loss of weight is a loss.",
    "Wiskott-Aldrich syndrome (WAS) is inherited.",
    "Doxorubicin (Dox) is toxic. Vesicles of the cell kind float.",
    "MSCs float in the sea.",
    "The cat came back; a cat is a cat.",
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("expand")
    for number, text in enumerate(PAPERS):
        (folder / f"{number:02}.txt").write_text(f"Paper number {number}\n\n{text}\n", "utf-8")
    with Library.create(folder / "library", encoder=HashingEncoder(64), reader="none") as library:
        library.add(sorted(folder.glob("0*.txt")))
        library.add(sorted(folder.glob("1*.txt")))
        assert len(library.manifest.segments) > 1
        yield library


def said(question: str, library: Library) -> list[tuple[str, str]]:
    return [(form["from"], form["to"]) for form in expand(question, library).to_list()]


MS = "Multiple sclerosis"
MSC = "mesenchymal stem cells"
TNF = "Tumor necrosis factor alpha"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How bad is MS?", [("MS", MS)]),
        ("How bad is ms?", []),
        ("Is TNF-alpha up?", [("TNF-alpha", TNF)]),
        ("Is TNFα up, and IL-6?", [("TNFα", TNF), ("IL-6", "interleukin-6")]),
        ("TNF-α-driven", [("TNF-α", TNF)]),
        ("Does multiple sclerosis hurt?", [("multiple sclerosis", "MS")]),
        ("tumour, tumor necrosis factor-α", [("tumor necrosis factor-α", "TNF-α")]),
        ("Does multiple sclerosis (MS) hurt?", []),
        ("MS peaks by mass spectrometry", []),
        ("What MS spectrometry of mass?", []),
        ("Is AD common?", []),
        ("Does AD itch like dermatitis?", [("AD", "Atopic dermatitis")]),
        ("Is AD a disease?", [("AD", "Alzheimer's disease")]),
        ("How does atopic dermatitis go?", []),  # what AD stands for is not clear
        ("Where did the cat sit?", []),
        ("Is CAT an enzyme?", [("CAT", "Chloramphenicol acetyltransferase")]),
        ("was it so, and was there loss?", []),
        ("Was it WAS?", [("WAS", "Wiskott-Aldrich syndrome")]),
        ("WAS IT SO?", []),
        ("Is Dox toxic?", [("Dox", "Doxorubicin")]),
        ("DOX", [("DOX", "Doxorubicin")]),
        ("", []),
        ("?!", []),
        ("MS MS MS", [("MS", MS)]),
        ("MS?", [("MS", MS)]),
    ],
)
def test_a_question_is_expanded_where_the_library_is_clear(
    shelf: Library, question: str, expected: list[tuple[str, str]]
) -> None:
    assert said(question, shelf) == expected


def test_the_majority_counts_longer_forms_for_the_shorter_one(shelf: Library) -> None:
    """Two of three papers mean stem cells, one of them human ones; nothing else would be a majority."""
    rows = {row.long_key: row.documents for row in shelf.abbreviations_of_short(["msc"])}
    assert rows == {
        "mesenchym stem cell": 2,
        "mesenchym stromal cell": 1,
    } or rows == {"human mesenchym stem cell": 1, "mesenchym stem cell": 1, "mesenchym stromal cell": 1}
    for question in ("Do MSCs help?", "Do MSC help?", "MSC-derived vesicles", "do mscs help?", "an msc?"):
        ((source, to),) = said(question, shelf)
        assert source.casefold().startswith("msc") and to.casefold() == MSC
    assert said("Are MSCs stromal?", shelf)[0][1].casefold() == MSC


def test_words_of_the_question_decide_before_the_majority(shelf: Library) -> None:
    assert said("Which MSCs are mesenchymal, which cells stromal?", shelf) == []
    (form,) = expand("MS mass and spectrometry in multiple organs", shelf).forms or (None,)
    assert form is None


def test_an_expansion_holds_the_terms_of_both_forms(shelf: Library) -> None:
    (form,) = expand("Do MSCs help?", shelf).forms
    assert form.replaced == frozenset({"mscs"})
    assert form.added == (("mesenchym", "stem", "cell"), ("msc",))
    (form,) = expand("mesenchymal stem cells?", shelf).forms
    assert form.replaced == frozenset({"mesenchym", "stem", "cell"})
    assert set(form.added) == {("mscs",), ("msc",)}


def test_a_very_long_question_is_expanded_too(shelf: Library) -> None:
    """More keys than SQLite takes in one statement."""
    assert said(" ".join(f"word{n}" for n in range(3000)) + " MS", shelf) == [("MS", MS)]


def test_a_form_is_met_by_the_whole_other_form() -> None:
    forms = (
        Expanded("MSCs", "stem cells", frozenset({"mscs"}), (("stem", "cell"), ("msc",))),
        Expanded("MS", "multiple sclerosis", frozenset({"ms"}), (("multipl", "sclerosi"),)),
    )
    expansion = Expansion("MSCs in MS", forms)
    assert expansion.covered({"stem", "x"}) == {"stem", "x"}
    assert expansion.covered(["stem", "cell"]) == {"stem", "cell", "mscs"}
    assert expansion.covered({"msc", "multipl", "sclerosi"}) == {"msc", "mscs", "ms", "multipl", "sclerosi"}
    assert Expansion("MS").covered({"a"}) == {"a"}
    assert expansion.synonyms(0.5)[1].others == (("multipl", "sclerosi"),)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.sampled_from(
            ["MS", "ms", "MSCs", "stem", "cells", "mass", "AD", "cat", "WAS", "of", "TNF-α", "\ud800", "9"]
        ),
        max_size=9,
    )
)
def test_any_question_keeps_its_promises(shelf: Library, words: list[str]) -> None:
    question = " ".join(words)
    expansion = expand(question, shelf)
    own = set(content_terms(question))
    for form in expansion.forms:
        assert form.source in question and form.added
        assert not set(terms(form.to)) <= own
        assert all(form.added) and form.replaced
    assert expand(question, shelf) == expansion


def found(library: Library, question: str, **options: bool) -> list[str]:
    """The passages that words find, best first."""
    hits = Retriever(library, dense_weight=0.0).search(question, 40, **options)
    return [hit.text for hit in hits if "lexical" in hit.parts]


def test_a_search_finds_the_other_form_and_without_expansion_does_not(shelf: Library) -> None:
    assert "MSCs float in the sea." in found(shelf, "mesenchymal stem cells")
    assert "MSCs float in the sea." not in found(shelf, "mesenchymal stem cells", expand=False)
    assert any("multiple sclerosis" in text.casefold() for text in found(shelf, "MS"))
    plain = Retriever(shelf).search("Is there nothing to expand?", 20)
    assert plain == Retriever(shelf).search("Is there nothing to expand?", 20, expand=False)
    assert Retriever(shelf).expansion("MS") == expand("MS", shelf)


def test_an_answer_tells_what_else_was_searched_and_counts_it(shelf: Library) -> None:
    assistant = Assistant(shelf)
    answer = assistant.ask("Do mesenchymal stem cells float?")
    assert [form["from"] for form in answer.trace["expansions"]] == ["mesenchymal stem cells"]
    assert answer.to_dict()["expansions"] == answer.trace["expansions"]
    ranked = assistant.rank("Do mesenchymal stem cells float?")
    coverage = {candidate.text: candidate.parts["coverage"] for candidate in ranked}
    assert coverage["MSCs float in the sea."] == pytest.approx(1.0)


def test_a_removed_paper_s_abbreviations_are_gone(tmp_path: Path, paper: Callable[..., Path]) -> None:
    with Library.create(tmp_path / "library", encoder=HashingEncoder(64), reader="none") as library:
        library.add([paper("a.xml", {"pmid": "1", "abstract": "Multiple sclerosis (MS)."}, {"pmid": "2"})])
        assert said("MS?", library) == [("MS", MS)]
        library.remove(["pmid:1"])
        assert said("MS?", library) == []
