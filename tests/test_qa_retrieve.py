"""Fused search against a slow oracle, and filters against a plain loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.encoders import HashingEncoder
from index.errors import NoLibrary, UsageError
from index.lexical import content_terms
from index.library import Library
from index.records import NOT_ANSWERS, Filters, Hit, Passage
from qa.retrieve import DENSE_WEIGHT, Retriever

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


def normalised(scores: dict[str, float]) -> dict[str, float]:
    low, high = min(scores.values()), max(scores.values())
    return {name: (score - low) / (high - low) if high > low else 1.0 for name, score in scores.items()}


def oracle(
    library: Library, question: str, lexical: dict[str, float], weight: float
) -> list[tuple[float, str]]:
    """The convex mean of the two min-max normalised lists, said plainly; ties by place."""
    encoder = library.encoder
    vector = encoder.encode_question(question)
    passages = every_passage(library)
    dense = {name: float(encoder.encode([text])[0] @ vector) for name, (_, text) in passages.items()}
    spread = normalised(dense)
    matched = normalised(lexical) if lexical else {}
    fused = {name: weight * spread[name] + (1 - weight) * matched.get(name, 0.0) for name in passages}
    return [(fused[name], name) for name in sorted(fused, key=lambda n: -fused[n])]


@pytest.mark.parametrize("weight", [0.0, DENSE_WEIGHT, 1.0])
@pytest.mark.parametrize("question", ["What are stem cells?", "Who studied moon dust for years?", "zebra"])
def test_the_fused_order_is_that_of_the_convex_mean(shelf: Library, question: str, weight: float) -> None:
    retriever = Retriever(shelf, dense_weight=weight)
    hits = retriever.search(question, 50)
    lexical = {hit.passage.id: hit.parts["lexical"] for hit in hits if "lexical" in hit.parts}
    words = set(content_terms(question))
    expected = oracle(shelf, question, lexical, weight)
    assert {hit.passage.id: hit.score for hit in hits} == pytest.approx(
        {name: score for score, name in expected}, abs=1e-5
    )
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    vector = shelf.encoder.encode_question(question)
    for hit in hits:
        assert hit.parts["dense"] == pytest.approx(
            float(shelf.encoder.encode([hit.text])[0] @ vector), abs=1e-5
        )
        # BM25 finds a passage exactly if it holds a word of the question.
        assert ("lexical" in hit.parts) == bool(words & set(content_terms(hit.text)))


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
        float(shelf.encoder.encode([hits[0].text])[0][0]), abs=1e-6
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


def test_titles_can_be_opened_by_path(
    tmp_path: Path, encoder: HashingEncoder, paper: Callable[..., Path]
) -> None:
    with Library.create(tmp_path / "l", encoder=encoder) as made:
        made.add([paper("a.xml", pmid="1", abstract="Legs grow.")])
    retriever = Retriever.open(tmp_path / "l")
    assert [hit.text for hit in retriever.search("legs grow", 1)] == ["Legs grow."]
    retriever.library.close()
