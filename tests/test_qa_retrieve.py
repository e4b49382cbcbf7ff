"""Fused search against a slow oracle, and filters against a plain loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import fanout, parallel
from index.encoders import HashingEncoder
from index.errors import NoLibrary, UsageError
from index.library import Library
from index.records import NOT_ANSWERS, Filters, Hit, Passage
from index.words import content_terms, terms
from qa.retrieve import DENSE_WEIGHT, TITLE_WEIGHT, Retriever

SUBJECTS = ["axolotl legs", "moon dust", "stem cells", "iron lungs", "blue whales", "amber beads"]


def article(number: int, subject: str) -> str:
    kind = "Review" if number % 2 else "Journal Article"
    return f"""<PubmedArticle><MedlineCitation><PMID>{number}</PMID><Article><Journal>
<ISOAbbreviation>J Test</ISOAbbreviation>
<JournalIssue><PubDate><Year>{2000 + number}</Year></PubDate></JournalIssue></Journal>
<ArticleTitle>A paper on {subject}</ArticleTitle><Abstract>
<AbstractText Label="METHODS">We studied {subject} for {number} years. Nobody helped us.</AbstractText>
<AbstractText Label="RESULTS">There are many {subject} on earth. They grow well.</AbstractText></Abstract>
<PublicationTypeList><PublicationType>{kind}</PublicationType></PublicationTypeList></Article></MedlineCitation>
</PubmedArticle>"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Six papers in three segments, and one that was removed again."""
    folder = tmp_path_factory.mktemp("retrieve")
    with Library.create(folder / "library", encoder=HashingEncoder(64)) as library:
        for start in (0, 2, 4):
            file = folder / f"{start}.xml"
            articles = "".join(article(n + 1, s) for n, s in list(enumerate(SUBJECTS))[start : start + 2])
            file.write_text(f"<PubmedArticleSet>{articles}</PubmedArticleSet>", "utf-8")
            library.add([file])
        extra = folder / "gone.txt"
        extra.write_text("On moon dust\n\nMoon dust is moon dust.\n", "utf-8")
        (item,) = library.add([extra]).added
        library.remove([item.document_id])
        assert len(library.manifest.segments) > 1
        yield library


def every_passage(library: Library) -> dict[str, tuple[Passage, str]]:
    return {
        passage.id: (passage, library.text(passage.text_sha256).content[passage.start : passage.end])
        for document in library.documents()
        for passage in library.passages(document.id)
    }


def encoded(library: Library, passage: Passage, text: str) -> str:
    """What the vector of a passage is made from: behind the title, unless it is one."""
    title = library.summary(passage.document_id).title
    return text if passage.section == "title" else f"{title}. {text}"


def oracle(library: Library, question: str, bm25: dict[str, float], weight: float) -> dict[str, float]:
    """The fused score of every passage, from nothing but the papers' words and the BM25 scores given.

    No word of these papers has another spelling. A word that no passage or title has weighs nothing.
    """
    passages = every_passage(library)
    titles = {name: library.summary(p.document_id).title for name, (p, _) in passages.items()}
    words = {name: set(terms(f"{text} {titles[name]}")) for name, (_, text) in passages.items()}

    def idf(word: str) -> float:
        having = sum(word in said for said in words.values())
        return math.log(1 + (len(words) - having + 0.5) / (having + 0.5)) if having else 0.0

    asked = content_terms(question)
    greatest = sum(2.2 * idf(word) for word in asked)
    vector = library.encoder.encode_question(question)
    fused = {}
    for name, (passage, text) in passages.items():
        cosine = float(library.encoder.encode([encoded(library, passage, text)])[0] @ vector)
        heading = set(terms(titles[name]))
        match = sum(idf(w) for w in heading if w in asked) / sum(idf(w) for w in heading)
        share = bm25.get(name, 0.0) / greatest if greatest else 0.0
        fused[name] = weight * cosine + (1 - weight) * share + TITLE_WEIGHT * match**2
    return fused


@pytest.mark.parametrize("weight", [0.0, DENSE_WEIGHT, 1.0])
@pytest.mark.parametrize(
    "question", ["What are stem cells?", "Who studied moon dust for years?", "zebra", "moon zebras", "?"]
)
def test_the_fused_score_is_that_of_the_formula(shelf: Library, question: str, weight: float) -> None:
    hits = Retriever(shelf, dense_weight=weight).search(question, 50)
    bm25 = {hit.passage.id: hit.parts["lexical"] for hit in hits if "lexical" in hit.parts}
    expected = oracle(shelf, question, bm25, weight)
    assert {hit.passage.id: hit.score for hit in hits} == pytest.approx(expected, abs=2e-6)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    words = set(content_terms(question))
    vector = shelf.encoder.encode_question(question)
    for hit in hits:
        behind = encoded(shelf, hit.passage, hit.text)
        assert hit.parts["dense"] == pytest.approx(
            float(shelf.encoder.encode([behind])[0] @ vector), abs=1e-5
        )
        # BM25 finds a passage exactly if it, or its paper's title, holds a word of the question.
        assert ("lexical" in hit.parts) == bool(words & set(content_terms(behind)))


def test_one_fused_score_worked_out_by_hand(library: Library, paper: Callable[..., Path]) -> None:
    """Two passages of two words each, both about legs: IDF ln(1 + 0.5/2.5) each, and BM25 is the IDF itself.

    The title passage lacks no word; the other is encoded behind the title, so each cosine is known.
    """
    library.add([paper("a.xml", pmid="1", title="Legs grow", abstract="Grow legs")])
    first, second = Retriever(library).search("legs grow", 5)
    assert (first.parts["dense"], second.parts["dense"]) == (pytest.approx(1.0), pytest.approx(1.0))
    assert first.parts["lexical"] == pytest.approx(2 * math.log(1.2), rel=1e-5)
    score = DENSE_WEIGHT * 1 + (1 - DENSE_WEIGHT) / 2.2 + TITLE_WEIGHT
    assert (first.score, second.score) == (pytest.approx(score, abs=2e-6), pytest.approx(score, abs=2e-6))
    assert [first.passage.section, second.passage.section] == [
        "title",
        "abstract",
    ]  # a tie, in order of place


def test_a_question_of_words_that_occur_nowhere_is_searched_by_its_vector_alone(shelf: Library) -> None:
    hits = Retriever(shelf).search("zebra", 50)
    assert len(hits) == 18
    for hit in hits:
        assert set(hit.parts) == {"dense"}
        assert hit.score == pytest.approx(DENSE_WEIGHT * hit.parts["dense"], abs=1e-6)


def test_scores_below_zero_are_in_order_too(shelf: Library) -> None:
    vector = -shelf.encoder.encode_question("many stem cells grow on earth")
    hits = Retriever(shelf).search("zebra", 50, vector=vector)
    assert len(hits) == 18
    assert hits[-1].score < -0.3
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert (
        Retriever(shelf).search("zebra", 18, vector=vector, filters=Filters(documents=("3",)))[-1] == hits[-1]
    )


@pytest.mark.parametrize(
    "question", ["What are stem cells?", "Which legs grow well for years?", "zebra moon"]
)
def test_a_score_does_not_depend_on_what_else_is_found(shelf: Library, question: str) -> None:
    """So it compares between searches: with filters, without titles, with fewer passages."""
    whole = {hit.passage.id: hit.score for hit in Retriever(shelf).search(question, 18)}
    for filters in (Filters(years=(2003, 2004)), Filters(sections=("results",)), Filters(documents=("2",))):
        for hit in Retriever(shelf).search(question, 18, filters, answers_only=True):
            assert hit.score == pytest.approx(whole[hit.passage.id], abs=2e-6)


def test_scores_compare_across_questions(shelf: Library) -> None:
    """The best passage for what the library holds lies above the best for what it does not."""
    retriever = Retriever(shelf)

    def best(question: str) -> float:
        return retriever.search(question, 1, answers_only=True)[0].score

    held = [
        "How well do axolotl legs grow?",
        "Are there many iron lungs on earth?",
        "Who studied amber beads?",
    ]
    foreign = ["How do zebras vote?", "Which tax applies to yachts?", "When was Rome built?"]
    assert min(map(best, held)) > max(map(best, foreign)) + 0.2


def test_bm25_not_listed_is_half_the_least_listed(shelf: Library) -> None:
    """A list cut short leaves the BM25 of the other passages unknown; a whole one says that it is 0."""
    vector = shelf.encoder.encode_question("moon dust")
    search = Retriever(shelf, dense_weight=0.9, depth=2).search
    first, second = search("stem cells", 2, vector=vector)
    listed = [
        hit.parts["lexical"] for hit in Retriever(shelf).search("stem cells", 18) if "lexical" in hit.parts
    ]
    least = sorted(listed)[-2]
    greatest = 2 * 2.2 * math.log(1 + (18 - 3 + 0.5) / (3 + 0.5))
    for hit in (first, second):
        assert hit.passage.document_id == "pmid:2"
        assert set(hit.parts) == {"dense"}
        assert hit.score == pytest.approx(0.9 * hit.parts["dense"] + 0.1 * least / 2 / greatest, abs=2e-6)
    deep = Retriever(shelf, dense_weight=0.9).search("stem cells", 2, vector=vector)
    assert [hit.score for hit in deep] == pytest.approx([0.9 * hit.parts["dense"] for hit in deep], abs=2e-6)


def test_a_spelling_not_said_finds_its_passage(library: Library, paper: Callable[..., Path]) -> None:
    library.add(
        [
            paper("a.xml", pmid="1", title="Factors", abstract="Blocking TNF-alpha helped all mice."),
            paper("b.xml", pmid="2", title="Factors", abstract="Feeding hay helped all mice."),
        ]
    )
    retriever = Retriever(library, dense_weight=0.0)
    for question in ("Did TNFα matter?", "Did TNF-α matter?", "Did TNF alpha matter?"):
        hits = retriever.search(question, 9)
        assert [h.text for h in hits if "lexical" in h.parts] == ["Blocking TNF-alpha helped all mice."]


def test_a_title_finds_the_passages_of_its_paper(library: Library, paper: Callable[..., Path]) -> None:
    """A passage counts as being about its paper's subject, by its vector and by its words."""
    library.add(
        [
            paper("a.xml", pmid="1", title="Axolotl husbandry", abstract="The animals live in cold water."),
            paper("b.xml", pmid="2", title="Penguin husbandry", abstract="The animals live in cold water."),
        ]
    )
    for weight in (0.0, DENSE_WEIGHT, 1.0):
        best = Retriever(library, dense_weight=weight).search("Where do penguins live?", 1, answers_only=True)
        assert best[0].passage.document_id == "pmid:2"


@pytest.mark.parametrize("depth", [1, 2, 100])
def test_ties_are_in_order_of_place_however_they_were_added(
    tmp_path: Path, encoder: HashingEncoder, paper: Callable[..., Path], depth: int
) -> None:
    files = [
        paper(f"{n}.xml", pmid=str(n), title="On legs", abstract="Legs grow back within a year.")
        for n in range(1, 8)
    ]
    orders = []
    for name, added in (("one", files), ("other", files[::-1])):
        with Library.create(tmp_path / name, encoder=encoder) as library:
            for file in added:
                library.add([file])
            hits = Retriever(library, depth=depth).search("Do legs grow?", 7, answers_only=True)
            orders.append([hit.passage.document_id for hit in hits])
    assert orders[0] == orders[1] == [f"pmid:{n}" for n in range(1, 8)]


def test_equal_passages_tie_however_their_cosines_were_computed(
    tmp_path: Path, paper: Callable[..., Path]
) -> None:
    """One vector times a question can differ in its last bit from the same vector among others."""
    said = "Legs of the axolotl grow back within a year, slowly at first, later with astonishing speed."
    twin = {"title": "On the growth of legs in many animals", "abstract": said}
    moons = [{"pmid": str(n), "title": "Moon dust", "abstract": "Moon dust is grey."} for n in range(11, 15)]
    files = [
        paper("moons.xml", *moons),
        paper("two.xml", pmid="2", **twin),
        paper("odd.xml", *({"pmid": n, **twin} for n in ("1", "3", "4"))),
    ]
    encoder = HashingEncoder(384)
    question = "How do the legs of an axolotl grow back with speed?"
    vector = encoder.encode_question("moon dust") + 0.7 * encoder.encode_question(question)
    vector /= np.linalg.norm(vector)
    with Library.create(tmp_path / "l", encoder=encoder) as library:
        for file in files:
            library.add([file])
        hits = Retriever(library, depth=4).search(question, 4, vector=vector, answers_only=True)
        listed = {key for key, _ in library.search_dense(vector, 4, library.rows(None))}
        assert {library.passage(key)[0].document_id for key in listed} <= {f"pmid:{n}" for n in range(11, 15)}
    assert [hit.passage.document_id for hit in hits] == [f"pmid:{n}" for n in range(1, 5)]
    assert len({hit.score for hit in hits}) == 1


def test_a_hit_is_a_slice_of_its_text(shelf: Library) -> None:
    known = every_passage(shelf)
    for hit in Retriever(shelf).search("stem cells on earth", 50):
        assert (hit.passage, hit.text) == known[hit.passage.id]


def test_more_than_there_are_gives_each_once(shelf: Library) -> None:
    hits = Retriever(shelf).search("moon", 1000)
    assert sorted(hit.passage.id for hit in hits) == sorted(every_passage(shelf))
    assert len(hits) == shelf.passage_count == 18


def test_a_shorter_list_is_the_beginning_of_a_longer_one(shelf: Library) -> None:
    retriever = Retriever(shelf)
    whole = retriever.search("many stem cells on earth", 18)
    for k in range(1, 18):
        assert retriever.search("many stem cells on earth", k) == whole[:k]


def test_a_shallow_retriever_still_finds_k(shelf: Library) -> None:
    """Lists are read deeper until k answers are among them."""
    hits = Retriever(shelf, depth=1).search("stem cells", 12, answers_only=True)
    assert len(hits) == 12
    assert len({hit.passage.id for hit in hits}) == 12


def test_answers_leave_out_titles(shelf: Library) -> None:
    with_titles = Retriever(shelf).search("A paper on stem cells", 18)
    assert with_titles[0].passage.section == "title"
    without = Retriever(shelf).search("A paper on stem cells", 18, answers_only=True)
    assert len(without) == 12
    assert not {hit.passage.section for hit in without} & NOT_ANSWERS
    assert without[0].passage.document_id == "pmid:3"


def test_a_removed_document_is_never_found(shelf: Library) -> None:
    assert {hit.passage.document_id for hit in Retriever(shelf).search("Moon dust is moon dust", 99)} == {
        f"pmid:{n}" for n in range(1, 7)
    }


def test_a_vector_at_hand_is_used(shelf: Library) -> None:
    vector = np.zeros(64, np.float32)
    vector[0] = 1.0
    hits = Retriever(shelf).search("stem cells", 3, vector=vector)
    assert hits[0].parts["dense"] == pytest.approx(
        float(shelf.encoder.encode([encoded(shelf, hits[0].passage, hits[0].text)])[0][0]), abs=1e-6
    )


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["stem cells", "What grows on earth?", "nobody helped", "zebra", "?"]),
    st.builds(
        Filters,
        st.tuples(
            st.one_of(st.none(), st.integers(1999, 2008)), st.one_of(st.none(), st.integers(1999, 2008))
        ),
        st.lists(st.sampled_from(["pmid:1", "2", "pmid:3"]), max_size=2, unique=True).map(tuple),
        st.lists(st.sampled_from(["methods", "results", "title", "Results"]), max_size=2).map(tuple),
        st.lists(st.sampled_from(["review", "Journal Article", "Letter"]), max_size=2).map(tuple),
        st.sampled_from([(), ("Journal of Test",), ("Nature", "J. Test")]),
        designs=st.sampled_from([(), ("review",), ("rct", "Reviews")]),
    ),
    st.integers(1, 30),
    st.booleans(),
)
def test_filters_return_what_a_plain_loop_leaves_and_never_fewer(
    shelf: Library, question: str, filters: Filters, k: int, answers_only: bool
) -> None:
    first, last = filters.years
    wanted = set()
    for document in shelf.documents():
        year, kinds = (
            document.reference.year or 0,
            {t.casefold() for t in document.reference.publication_types},
        )
        if not (first or 0) <= year <= (last or 9999):
            continue
        if filters.documents and not {document.id, document.id.removeprefix("pmid:")} & set(
            filters.documents
        ):
            continue
        if filters.publication_types and not kinds & {t.casefold() for t in filters.publication_types}:
            continue
        if filters.designs and "review" not in kinds:
            continue
        wanted |= {
            passage.id
            for passage in shelf.passages(document.id)
            if (not filters.sections or passage.section in {s.casefold() for s in filters.sections})
            and not (answers_only and passage.section in NOT_ANSWERS)
        }
    hits: list[Hit] = Retriever(shelf).search(question, k, filters, answers_only=answers_only)
    found = [hit.passage.id for hit in hits]
    assert len(found) == len(set(found)) == min(k, len(wanted))
    assert set(found) <= wanted


@pytest.mark.parametrize("question", ["", "  \n"])
def test_an_empty_question_is_refused(shelf: Library, question: str) -> None:
    with pytest.raises(UsageError, match="question is empty"):
        Retriever(shelf).search(question)


def test_arguments_that_cannot_be_meant_are_refused(shelf: Library, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least one"):
        Retriever(shelf).search("stem cells", 0)
    with pytest.raises(UsageError, match="no document 'pmid:99'"):
        Retriever(shelf).search("stem cells", filters=Filters(documents=("pmid:99",)))
    with pytest.raises(NoLibrary):
        Retriever.open(tmp_path / "none")


def test_an_empty_library_finds_nothing(library: Library) -> None:
    assert Retriever(library).search("stem cells") == []


def test_a_library_is_opened_by_path(
    tmp_path: Path, encoder: HashingEncoder, paper: Callable[..., Path]
) -> None:
    with Library.create(tmp_path / "l", encoder=encoder) as made:
        made.add([paper("a.xml", pmid="1", abstract="Legs grow.")])
    retriever = Retriever.open(tmp_path / "l")
    assert [hit.text for hit in retriever.search("legs grow", 1)] == ["Legs grow."]
    retriever.library.close()


def test_who_holds_the_lock_can_read_the_lists(shelf: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where another thread does the lexical search: it must not wait for that lock."""
    retriever = Retriever(shelf)
    alone = retriever.lists("axolotl legs on earth", 5)
    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(parallel, "_helpers", lambda: pool)
        monkeypatch.setattr(fanout, "SIDE_BY_SIDE", 0)
        fresh = Retriever(shelf)
        with shelf.lock:
            assert fresh.lists("axolotl legs on earth", 5) == alone
