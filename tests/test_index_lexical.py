"""Lexical search: BM25 by hand, deletions, and index folders that share files."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.lexical import LexicalIndex, LexicalWriter, Synonym, key_of, link_folder, segment_and_row
from index.words import STOPWORDS, content_terms, idf, search_terms, terms, variants

K1, B = 1.2, 0.75


def written(folder: Path, texts: dict[int, str], *, titles: dict[int, str] | None = None) -> LexicalIndex:
    """An index with one passage per document: key ``n`` belongs to document ``n``."""
    writer = LexicalWriter(folder)
    for key, text in texts.items():
        writer.add(key, key, text, (titles or {}).get(key, ""))
    writer.finish()
    return LexicalIndex(folder)


def bm25(texts: dict[int, str], words: list[str]) -> dict[int, float]:
    """BM25 as Lucene has it (Robertson and Zaragoza 2009; IDF with 1 added), one text at a time."""
    counted = {key: Counter(terms(text)) for key, text in texts.items()}
    mean = sum(sum(count.values()) for count in counted.values()) / len(texts)
    scores: dict[int, float] = {}
    for word in words:
        having = sum(1 for count in counted.values() if word in count)
        idf = math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
        for key, count in counted.items():
            if word in count:
                norm = K1 * (1 - B + B * sum(count.values()) / mean)
                scores[key] = scores.get(key, 0.0) + idf * count[word] * (K1 + 1) / (count[word] + norm)
    return scores


TEXTS = {
    1: "Stem cells cure mice. Stem cells do.",
    2: "Cells of the moon are few.",
    key_of(3, 7): "The moon orbits the earth, and nothing else orbits it so closely.",
    4: "Mice.",
}


@pytest.mark.parametrize("question", ["stem cells", "moon", "mice orbiting", "the moon of mice", "zebra"])
def test_scores_are_those_of_the_formula(tmp_path: Path, question: str) -> None:
    words = list(dict.fromkeys(terms(question)))
    found = written(tmp_path / "l", TEXTS).search(words, 10)
    expected = bm25(TEXTS, words)
    assert dict(found) == pytest.approx(expected, rel=1e-5)
    assert [key for key, _ in found] == sorted(expected, key=lambda key: -expected[key])


def test_one_score_worked_out_by_hand(tmp_path: Path) -> None:
    """The word is in 2 of 4 texts of 7, 6, 12 and 1 words: IDF ln(1 + 2.5/2.5), mean length 6.5."""
    found = dict(written(tmp_path / "l", TEXTS).search(["moon"], 10))
    assert found[2] == pytest.approx(math.log(2) * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 6 / 6.5)), rel=1e-5)


@settings(deadline=None, max_examples=15)
@given(
    st.lists(st.lists(st.sampled_from(["ax", "bx", "cx", "dx", "ex"]), max_size=12), min_size=1, max_size=8),
    st.lists(st.sampled_from(["ax", "bx", "cx", "zx"]), min_size=1, max_size=3, unique=True),
)
def test_any_small_collection_is_scored_by_the_formula(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[list[str]], words: list[str]
) -> None:
    texts = {key: " ".join(body) for key, body in enumerate(bodies, 1)}
    if not any(texts.values()):
        return
    made = written(tmp_path_factory.mktemp("l") / "l", texts)
    found = made.search(words, 20)
    assert dict(found) == pytest.approx(bm25(texts, words), rel=1e-4)
    bound = (K1 + 1) * sum(map(made.weight, words))
    assert all(score < bound for _, score in found)


def test_title_words_are_searched_but_count_once(tmp_path: Path) -> None:
    """A passage is searched by its words and the words of the title that it lacks, each of them once."""
    made = written(
        tmp_path / "l",
        {1: "cells cells", 2: "moons", 3: "dust"},
        titles={1: "Cells and more cells", 2: "On cell and CELLS", 3: "On dust"},
    )
    as_searched = {1: "cells cells and more", 2: "moons on cell and", 3: "dust on"}
    for word in ("cell", "moon", "dust", "and", "on"):
        assert dict(made.search([word], 9)) == pytest.approx(bm25(as_searched, [word]), rel=1e-5)
    assert [key for key, _ in made.search(["cell"], 9)] == [1, 2]


def test_titles_leave_the_frequency_of_a_word_as_it_is(tmp_path: Path) -> None:
    made = written(tmp_path / "l", {1: "cells", 2: "moons"}, titles={2: "IL-6 in cells", 1: "IL6"})
    frequencies = [made.document_frequency(word) for word in ("cell", "moon", "in", "il6", "6")]
    assert frequencies == [1, 1, 0, 0, 0]


def test_a_word_weighs_what_its_passages_titles_and_spellings_make_it(tmp_path: Path) -> None:
    made = written(
        tmp_path / "l", {1: "IL-6 rose", 2: "it fell", 3: "dust"}, titles={2: "On IL6", 3: "Moon dust"}
    )
    having = {"il6": 2, "6": 2, "rose": 1, "fell": 1, "on": 1, "moon": 1, "dust": 1}
    for word, count in having.items():
        assert made.weight(word) == pytest.approx(math.log(1 + (3 - count + 0.5) / (count + 0.5)))
    assert made.weight("zebra") == 0.0


def test_a_deleted_passage_leaves_no_weight_below_zero(tmp_path: Path) -> None:
    """Deleted passages still count in a word's frequency, which may then pass the number of passages."""
    writer = LexicalWriter(tmp_path / "l")
    for key in range(1, 6):
        writer.add(key, key, "moon", "")
    writer.finish()
    later = LexicalWriter(tmp_path / "l")
    for key in range(1, 5):
        later.delete_document(key)
    later.finish()
    made = LexicalIndex(tmp_path / "l")
    assert 0 < made.weight("moon") <= math.log(4 / 3) + 1e-12


FORMS = {
    1: "msc heal bones",
    2: "mesenchym stem cells heal",
    3: "stem cells heal bones of many",
    4: "msc are mesenchym stem cells msc",
    5: "bones",
}


def synonym_oracle(texts: dict[int, str], words: list[str], synonyms: list[Synonym]) -> dict[int, float]:
    """Word by word: a synonym gives the best of its own terms' sum and of the forms that are there whole."""
    plain = {word: bm25(texts, [word]) for word in words}
    held = {key: set(terms(text)) for key, text in texts.items()}

    def weight(some: Iterable[str]) -> float:
        return sum(idf(sum(word in having for having in held.values()), len(texts)) for word in some)

    scores: dict[int, float] = {}
    for key in texts:
        left, score = list(words), 0.0
        for synonym in synonyms:
            own = [word for word in left if word in synonym.terms]
            left = [word for word in left if word not in synonym.terms]
            best = sum(plain[word].get(key, 0.0) for word in own)
            for form in synonym.others:
                if held[key].issuperset(form):
                    best = max(best, synonym.weight * min(weight(synonym.terms), weight(form)))
            score += best
        score += sum(plain[word].get(key, 0.0) for word in left)
        if score:
            scores[key] = score
    return scores


@pytest.mark.parametrize(
    ("words", "synonyms"),
    [
        (["msc", "heal"], [Synonym(frozenset({"msc"}), (("mesenchym", "stem", "cell"),), 0.8)]),
        (["mesenchym", "stem", "cell", "bone"],
         [Synonym(frozenset({"mesenchym", "stem", "cell"}), (("msc",), ("mscs",)), 1.0)]),
        (["heal", "bone"], [Synonym(frozenset({"bone"}), (("stem", "cell"),), 0.5),
                            Synonym(frozenset({"heal", "bone"}), (("msc",),), 0.5)]),
        (["bone"], [Synonym(frozenset({"gone"}), (("msc",),), 0.5)]),
    ],
)  # fmt: skip
def test_synonyms_are_scored_by_the_formula(
    tmp_path: Path, words: list[str], synonyms: list[Synonym]
) -> None:
    made = written(tmp_path / "l", FORMS)
    found = dict(made.search(words, 9, synonyms=synonyms))
    assert found == pytest.approx(synonym_oracle(FORMS, words, synonyms), rel=1e-5)
    assert dict(made.search(words, 9)) == pytest.approx(bm25(FORMS, words), rel=1e-5)


def test_who_says_it_once_in_either_form_is_found_and_saying_both_adds_nothing(tmp_path: Path) -> None:
    texts = {1: "msc x", 2: "mesenchym stem y", 3: "msc mesenchym stem", 4: "stem z", 5: "w"}
    synonym = Synonym(frozenset({"msc"}), (("mesenchym", "stem"),), 0.8)
    found = dict(written(tmp_path / "l", texts).search(["msc"], 9, synonyms=[synonym]))
    assert found.keys() == {1, 2, 3}
    assert found[1] > found[3] > found[2]  # the third is longer than the first


def test_skipping_pages_through_the_same_list(tmp_path: Path) -> None:
    texts = {key: "cell " * (key % 7 + 1) + f"word{key}" for key in range(1, 30)}
    made = written(tmp_path / "l", texts)
    whole = made.search(["cell"], 100)
    assert len(whole) == 29
    assert made.search(["cell"], 10) + made.search(["cell"], 40, skip=10) == whole
    assert made.search([], 10) == made.search(["cell"], 0) == []


def test_deleting_a_document_deletes_its_passages_also_those_of_this_session(tmp_path: Path) -> None:
    folder = tmp_path / "l"
    big = key_of(900_000, 12)  # beyond 32 bits, where a signed and an unsigned number could differ
    writer = LexicalWriter(folder)
    for key, document in ((1, 10), (2, 10), (3, 11), (4, big)):
        writer.add(key, document, "moon dust", "")
    writer.delete_document(10)
    writer.finish()
    made = LexicalIndex(folder)
    assert len(made) == 2
    assert {key for key, _ in made.search(["moon"], 9)} == {3, 4}
    later = LexicalWriter(folder)
    later.delete_document(big)
    later.add(5, 10, "moon rock", "")
    later.finish()
    made = LexicalIndex(folder)
    assert len(made) == 2
    assert {key for key, _ in made.search(["moon"], 9)} == {3, 5}


def test_abandoned_changes_are_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "l"
    written(folder, {1: "moon"})
    writer = LexicalWriter(folder)
    writer.add(2, 2, "moon", "")
    writer.delete_document(1)
    writer.abandon()
    assert [key for key, _ in LexicalIndex(folder).search(["moon"], 9)] == [1]


def test_writing_into_a_linked_folder_leaves_the_old_one_as_it_was(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    before = written(old, {1: "moon dust", 2: "star dust"})
    content = {path.name: path.read_bytes() for path in old.iterdir() if not path.name.endswith(".lock")}
    link_folder(old, new)
    assert not any(path.name.endswith(".lock") for path in new.iterdir())
    writer = LexicalWriter(new)
    writer.delete_document(1)
    writer.add(3, 3, "moon rock", "")
    writer.finish()
    after = {path.name: path.read_bytes() for path in old.iterdir() if not path.name.endswith(".lock")}
    assert after == content
    for index in (before, LexicalIndex(old)):
        assert {key for key, _ in index.search(["moon", "dust"], 9)} == {1, 2}
    assert {key for key, _ in LexicalIndex(new).search(["moon", "dust"], 9)} == {2, 3}


def test_linking_falls_back_to_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some disks know no links (FAT, some network shares)."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no links here")

    written(tmp_path / "old", {1: "moon"})
    monkeypatch.setattr("index.lexical.os.link", refuse)
    link_folder(tmp_path / "old", tmp_path / "new")
    assert [key for key, _ in LexicalIndex(tmp_path / "new").search(["moon"], 9)] == [1]


def test_a_term_s_frequency_is_counted_by_passage(tmp_path: Path) -> None:
    made = written(tmp_path / "l", TEXTS)
    assert [made.document_frequency(word) for word in ("cell", "moon", "orbit", "zebra")] == [2, 2, 1, 0]


def test_terms_are_lower_case_stems() -> None:
    assert terms("Therapies of CD4+ T-cells in Nógrádi's mice") == [
        "therapi", "of", "cd4", "t", "cell", "in", "nógrádi", "s", "mice",
    ]  # fmt: skip


def test_content_terms_leave_out_what_says_nothing() -> None:
    assert content_terms("Is there a cure for multiple sclerosis?") == ["cure", "multipl", "sclerosi"]
    assert content_terms("Cures that cure, CURE!") == ["cure"]
    assert content_terms("What is it?") == ["what", "is", "it"]
    assert content_terms("?!") == content_terms("\ud800") == []
    assert all(word == word.casefold() for word in STOPWORDS)


@pytest.mark.parametrize(
    ("text", "also"),
    [
        ("IL-6", ["il6"]),
        ("IL6", ["il", "6"]),
        ("IL 6", []),
        ("TNF-α", ["tnfalpha", "alpha"]),
        ("TNFα", ["tnfalpha", "tnf", "alpha"]),
        ("TNF-alpha", ["tnfalpha"]),
        ("TNF\u2011\U0001d6fc", ["tnfalpha", "alpha"]),  # a non-breaking hyphen, the alpha of formulas
        ("25mg", ["25", "mg"]),
        ("25 mg", []),
        ("COVID-19 and covid19", []),
        ("COVID-19", ["covid19"]),
        ("covid19", ["covid", "19"]),
        ("5-\u00b5g", ["5mug", "mu", "g"]),  # the micro sign
        ("5-\u03bcg", ["5mug", "mu", "g"]),  # the Greek letter
        ("NF-κB", ["nfkappab", "kappa", "b"]),
        ("NF-kappaB", ["nfkappab"]),
        ("λ phage, TGF-ς", ["lambda", "tgfsigma", "sigma"]),
        ("ϕX174", ["phix174", "phi", "x", "174"]),
        ("λόγος", []),  # a Greek word
        ("T-cell", ["tcell"]),
        ("state-of-the-art", []),
        ("well-established methodology", []),
        ("Nógrádi", []),
        ("plain words, 12 of them.", []),
        ("", []),
    ],
)
def test_other_spellings(text: str, also: list[str]) -> None:
    assert variants(text) == also


def test_a_question_is_searched_by_other_spellings_too() -> None:
    assert search_terms("What does IL-6 do?") == ["il", "6", "il6"]
    assert search_terms("Do cells make TNFα?") == ["cell", "make", "tnfα", "tnfalpha", "tnf", "alpha"]
    assert search_terms("Is there a cure?") == content_terms("Is there a cure?") == ["cure"]


@given(st.text(st.one_of(st.sampled_from("IL6αµκ-/ 9_ς"), st.characters()), max_size=40))
def test_other_spellings_of_any_text_are_new_words_in_lower_case(text: str) -> None:
    found = variants(text)
    assert len(found) == len(set(found))
    assert all(word and word == word.casefold() for word in found)
    assert not set(found) & {word.casefold() for word in text.split()}
    asked = search_terms(text)
    assert len(asked) == len(set(asked))
    assert asked[: len(content_terms(text))] == content_terms(text)


SPELLINGS = [
    ["IL-6", "IL6", "IL 6", "il-6", "IL\u20136"],
    ["TNF-α", "TNFα", "TNF-alpha", "TNF alpha", "TNF α"],
    ["25mg", "25 mg", "25-mg"],
    ["COVID-19", "covid19", "Covid 19"],
    ["5-\u00b5g", "5-\u03bcg", "5 \u00b5g", "5\u03bcg"],
    ["NF-κB", "NF-kappaB", "NFκB", "NF-kappa B"],
]


@pytest.mark.parametrize("spellings", SPELLINGS, ids=lambda names: names[0])
def test_every_spelling_finds_every_other(tmp_path: Path, spellings: list[str]) -> None:
    texts = {key: f"Levels of {said} were high." for key, said in enumerate(spellings, 1)}
    made = written(tmp_path / "l", {**texts, 99: "Nothing of this kind."})
    titled = written(tmp_path / "t", {key: "It was." for key in texts}, titles=texts)
    for asked in spellings:
        assert {key for key, _ in made.search(search_terms(f"What does {asked} do?"), 99)} == set(texts)
        assert {key for key, _ in titled.search(search_terms(f"What does {asked} do?"), 99)} == set(texts)


GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "κ": "kappa", "λ": "lambda", "ω": "omega", "\u00b5": "mu"}


@settings(deadline=None, max_examples=20)
@given(
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=4),
    st.one_of(st.sampled_from(sorted(GREEK)), st.integers(0, 999).map(str)),
)
def test_a_made_up_name_is_found_however_it_is_spelt(
    tmp_path_factory: pytest.TempPathFactory, name: str, end: str
) -> None:
    spellings = [f"{name}{end}", f"{name}-{end}", f"{name} {end}"]
    if end in GREEK:
        spellings += [f"{name}-{GREEK[end]}", f"{name} {GREEK[end]}"]
    texts = {key: f"Here {said} rose." for key, said in enumerate(spellings)}
    made = written(tmp_path_factory.mktemp("l") / "l", texts)
    for asked in spellings:
        assert {key for key, _ in made.search(search_terms(asked), 99)} == set(texts), asked


@given(st.integers(0, 2**31 - 1), st.integers(0, 2**32 - 1))
def test_a_key_gives_back_its_segment_and_row(segment: int, row: int) -> None:
    key = key_of(segment, row)
    assert segment_and_row(key) == (segment, row)
    assert key < 2**63
