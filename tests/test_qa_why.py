"""Why was it not found: one real library, read by the bundled model, and a test for each reason."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.encoders import HashingEncoder, load_encoder
from index.errors import UsageError
from index.library import Library
from index.records import Filters
from index.words import search_terms
from qa.assistant import MAX_QUOTES, QUOTES_PER_DOCUMENT, Assistant
from qa.calibration import READ_PASSAGES
from qa.retrieve import Retriever
from qa.why import REASONS, Why, why

QUESTION = "Do axolotls regrow lost legs?"
SAME = "Axolotls regrow their lost legs within weeks."


def article(pmid: str, title: str, abstract: str, *, year: int = 2020, cited: str = "") -> str:
    parts = f"<Abstract><AbstractText>{abstract}</AbstractText></Abstract>" if abstract else ""
    listed = f"<ReferenceList>{cited}</ReferenceList>" if cited else ""
    return f"""<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article><Journal>
<ISOAbbreviation>J Test</ISOAbbreviation><JournalIssue><PubDate><Year>{year}</Year></PubDate></JournalIssue>
</Journal><ArticleTitle>{title}</ArticleTitle>{parts}<AuthorList><Author><LastName>Wu</LastName>
<ForeName>Lei</ForeName></Author></AuthorList></Article></MedlineCitation><PubmedData><ArticleIdList>
<ArticleId IdType="doi">10.1234/paper.{pmid}</ArticleId></ArticleIdList>{listed}</PubmedData>
</PubmedArticle>"""


CITED = """<Reference><Citation>Null S. The limb regeneration of newts in winter. J Cold. 1999.</Citation>
<ArticleIdList><ArticleId IdType="pubmed">999</ArticleId>
<ArticleId IdType="doi">10.9999/newt.winter</ArticleId></ArticleIdList></Reference>"""

PAPERS = [
    article("1", "Regrowth of legs in the axolotl", SAME, cited=CITED),
    article("2", "The legs of axolotls once more", f"{SAME} Blood flows.", year=2010),
    article(
        "3",
        "Many experiments on axolotl legs and their regrowth",
        "Lost legs of axolotls regrow in spring. Axolotls regrow legs that were lost in a fight. Lost "
        "axolotl legs regrow slowly. Axolotls regrow a lost leg again. All lost legs of an axolotl regrow.",
    ),
    article("4", "Axolotls regrow lost legs, a title without abstract", ""),
    article("5", "Salamander tissue", "The blastema forms under the skin of the wound and makes new limbs."),
    *(article(str(n), f"On beetle {n}", f"Beetle number {n} regrows no lost legs.") for n in range(20, 34)),
    *(article(str(n), f"On ship {n}", f"Ship number {n} left the port at noon.") for n in range(100, 140)),
    article("6", "Iron lungs in history", "The iron lung was a machine for breathing."),
]  # fmt: skip


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("why")
    (folder / "a.xml").write_text(f"<PubmedArticleSet>{''.join(PAPERS)}</PubmedArticleSet>", "utf-8")
    with Library.create(folder / "library", encoder=load_encoder()) as library:
        library.add([folder / "a.xml"])
        yield library


@pytest.fixture(scope="module")
def assistant(shelf: Library) -> Assistant:
    return Assistant(shelf)


def barred(assistant: Assistant, bar: float) -> Assistant:
    return Assistant(assistant.library, calibration=replace(assistant.calibration, bar=bar, further=None))


def test_a_quoted_paper_is_told_the_number_of_its_quote(assistant: Assistant) -> None:
    answer = assistant.ask(QUESTION)
    quoted = [q.document_id for q in answer.quotes]
    found = why(assistant, QUESTION, quoted[0])
    assert found.reason == "quoted"
    assert found.quotes == tuple(n for n, one in enumerate(quoted, 1) if one == quoted[0])
    assert found.quotes[0] == found.sentence_rank == 1
    assert found.sentence is not None and found.sentence.score == pytest.approx(answer.quotes[0].score)
    assert found.text.startswith(f"Wu 2020 ({quoted[0]}) is quoted, as number 1")


def test_further_sentences_that_one_paper_s_share_holds_back_are_counted(assistant: Assistant) -> None:
    found = why(barred(assistant, 0.2), QUESTION, "pmid:3")
    assert len(found.quotes) <= QUOTES_PER_DOCUMENT
    assert found.held_back > 0
    assert "one paper's share is full" in found.text


def test_words_that_are_quoted_already_are_named_with_their_paper(assistant: Assistant) -> None:
    first, second = ("pmid:1", "pmid:2")
    quoted = {q.document_id for q in assistant.ask(QUESTION).quotes}
    assert len(quoted & {first, second}) == 1, "one of the two that say the same is quoted"
    (other,) = {first, second} - quoted
    (kept,) = quoted & {first, second}
    found = why(assistant, QUESTION, other)
    assert (found.reason, found.quotes) == ("same words", ())
    assert found.sentence is not None and found.sentence.text == SAME
    assert f"({kept})" in found.text


def test_a_full_answer_leaves_out_what_would_do(assistant: Assistant) -> None:
    low = barred(assistant, -9.0)
    quoted = [q.document_id for q in low.ask(QUESTION).quotes]
    assert len(quoted) == MAX_QUOTES
    hits = low.retriever.search(QUESTION, READ_PASSAGES, answers_only=True)
    # Beetles each say words of their own.
    beetles = [h.passage.document_id for h in hits if h.text.startswith("Beetle")]
    found = why(low, QUESTION, next(one for one in beetles if one not in quoted))
    assert found.reason == "cap"
    assert found.read is not None and found.sentence_rank is not None and found.sentence_rank > MAX_QUOTES
    assert f"{MAX_QUOTES} better sentences are quoted" in found.text


def test_a_paper_that_was_read_but_says_too_little_is_below_the_bar(assistant: Assistant) -> None:
    high = barred(assistant, 9.0)
    found = why(high, QUESTION, "pmid:3")
    assert (found.reason, found.bar) == ("bar", 9.0)
    ranked = high.rank(QUESTION)
    own = next(c for c in ranked if c.hit.passage.document_id == "pmid:3")
    assert found.sentence == own
    assert found.sentence_rank == ranked.index(own) + 1
    assert f"{own.score:.2f}" in found.text and "a quote needs 9.00" in found.text


def test_a_paper_beyond_the_passages_read_is_told_its_ranks(assistant: Assistant) -> None:
    hits = assistant.retriever.search(QUESTION, 60, answers_only=True)
    hit = hits[READ_PASSAGES + 3]
    found = why(assistant, QUESTION, hit.passage.document_id)
    assert (found.reason, found.read, found.sentence_rank) == ("read", None, None)
    assert found.passage is not None and found.passage.passage == hit.passage
    assert found.standing["fused"].listed
    dense = assistant.library.search_dense(
        assistant.library.encoder.encode_question(QUESTION), 1000, assistant.library.rows(None)
    )
    place = next(n for n, (key, _) in enumerate(dense, 1) if assistant.library.passage(key)[0] == hit.passage)
    assert found.standing["dense"].rank == place
    assert found.standing["dense"].score == pytest.approx(hit.parts["dense"], abs=1e-5)
    assert found.sentence is not None and "would score" in found.text


def test_a_paper_in_neither_list_is_told_how_deep_it_lies(shelf: Library) -> None:
    """A shallow retriever stands for a large library."""
    assistant = Assistant(shelf)
    assistant.retriever = Retriever(shelf, depth=12)
    found = why(assistant, QUESTION, "pmid:6")
    assert found.reason == "depth"
    assert found.standing["fused"].rank is None and not found.standing["dense"].listed
    dense, lexical = found.standing["dense"], found.standing["lexical"]
    vector = shelf.encoder.encode_question(QUESTION)
    (key,) = [key for key in shelf.keys("pmid:6") if shelf.section_of(key) == "abstract"]
    every = shelf.search_dense(vector, 1000, shelf.rows(None))
    assert dense.rank is not None and every[dense.rank - 1][0] == key
    assert dense.rank > 12
    assert lexical.rank is None, "it has no word of the question"
    assert "no word of the question" in found.text


def test_the_rank_by_words_is_exact_beyond_the_list(shelf: Library) -> None:
    assistant = Assistant(shelf)
    assistant.retriever = Retriever(shelf, depth=5)
    hits = shelf.search_lexical(search_terms(QUESTION), 1000, shelf.rows(None))
    found = why(assistant, QUESTION, "pmid:33")
    assert found.passage is not None
    (rank,) = [n for n, (key, _) in enumerate(hits, 1) if shelf.passage(key)[0] == found.passage.passage]
    assert found.standing["lexical"].rank == rank
    read = assistant.retriever.lists(QUESTION, READ_PASSAGES, answers_only=True)
    assert found.standing["lexical"].listed == (rank <= read.depth)
    assert found.standing["lexical"].score == pytest.approx(hits[rank - 1][1], rel=1e-5)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (Filters(years=(2019, None)), ("years",)),
        (Filters(years=(2019, None), sections=("abstract",), authors=("Smith",)), ("years", "authors")),
        (Filters(documents=("pmid:1",), retracted=False), ("documents",)),
        (Filters(sections=("results",)), ("sections",)),
    ],
)
def test_filters_that_leave_a_paper_out_are_named(
    assistant: Assistant, filters: Filters, names: tuple[str, ...]
) -> None:
    found = why(assistant, QUESTION, "pmid:2", filters)
    assert (found.reason, found.filters, found.without_filters) == ("filter", names, True)
    free = why(assistant, QUESTION, "pmid:2")
    assert found.standing == free.standing and found.sentence == free.sentence
    assert found.text.startswith("Wu 2010 (pmid:2) is left out by the filter")
    assert "Without the filters its best passage" in found.text


def test_filters_that_a_paper_passes_count_only_what_passes(assistant: Assistant) -> None:
    found = why(assistant, QUESTION, "pmid:2", Filters(years=(2010, 2010)))
    assert found.reason == "quoted"
    assert found.standing["dense"].rank is not None and found.standing["dense"].rank <= 2


def test_a_paper_with_nothing_but_a_title_cannot_be_quoted(assistant: Assistant) -> None:
    found = why(assistant, QUESTION, "pmid:4")
    assert (found.reason, found.passage) == ("no text", None)
    assert "only its title" in found.text


def test_a_paper_that_is_only_cited_is_named_with_who_cites_it(assistant: Assistant) -> None:
    for name in ("10.9999/NEWT.winter", "pmid:999", "999", "https://doi.org/10.9999/newt.winter"):
        found = why(assistant, QUESTION, name)
        assert found.reason == "only cited", name
        assert found.absence is not None and found.absence.cited_by == ("pmid:1",)
        assert "only in the reference list of Wu 2020 (pmid:1)" in found.text
    titled = why(assistant, QUESTION, "The limb regeneration of newts in winter")
    assert titled.reason == "only cited"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("10.1234/papers.132", "pmid:132"),
        ("Regrowth of leg in axolotl", "pmid:1"),
        ("many experiments on the axolotl's legs and regrowth", "pmid:3"),
    ],
)
def test_a_name_typed_wrongly_brings_the_nearest(assistant: Assistant, name: str, meant: str) -> None:
    found = why(assistant, QUESTION, name)
    assert found.reason == "not in the library"
    assert found.absence is not None and found.absence.near[0] == meant
    assert "Did you mean Wu 2020" in found.text and meant in found.text


def test_a_name_like_no_other_is_not_in_the_library(assistant: Assistant) -> None:
    for name in ("10.5555/unheard.of", "zebra", "Quantum chromodynamics on a lattice"):
        found = why(assistant, QUESTION, name)
        assert found.text == f"{name!r} is not in your library."


def test_a_whole_title_names_its_paper(assistant: Assistant) -> None:
    assert why(assistant, QUESTION, "regrowth of legs in the AXOLOTL.").document_id == "pmid:1"


def test_a_removed_paper_is_told_with_the_day(
    tmp_path: Path, encoder: HashingEncoder, paper: Callable[..., Path]
) -> None:
    with Library.create(tmp_path / "l", encoder=encoder) as library:
        library.add([paper("a.xml", pmid="1", abstract="Legs grow.")])
        library.remove(["pmid:1"])
        found = why(Assistant(library), "Do legs grow?", "1")
        day = library.manifest.created[:10]
        assert found.reason == "removed"
        assert found.absence is not None and found.absence.removed_on == day
        assert found.text.startswith(f"pmid:1 was removed from your library on {day};")
        for n in range(2, 7):  # until no generation from before it is kept
            library.add([paper(f"{n}.xml", pmid=str(n), abstract=f"Number {n}.")])
        assert why(Assistant(library), "Do legs grow?", "pmid:1").text.startswith(
            "pmid:1 was removed from your library; adding"
        )  # fmt: skip


def test_every_reason_is_one_of_those_listed_and_json_holds_everything(assistant: Assistant) -> None:
    for name in [f"pmid:{n}" for n in (1, 2, 3, 4, 5, 6, 25, 120)] + ["zebra"]:
        found: Why = why(assistant, QUESTION, name)
        assert found.reason in REASONS
        data = json.loads(json.dumps(found.to_dict()))
        assert (data["reason"], data["text"]) == (found.reason, found.text)
        if found.passage is not None:
            text = assistant.library.text(data["passage"]["text_sha256"]).content
            assert text[data["passage"]["start"] : data["passage"]["end"]] == data["passage"]["text"]
            assert set(data["lists"]) == {"dense", "lexical", "fused"}
            assert math.isfinite(data["lists"]["dense"]["score"]) and data["sentence"]["text"]


def test_it_agrees_with_the_answer(assistant: Assistant) -> None:
    """A paper is called quoted exactly if it is."""
    for question in (QUESTION, "Which ship left the port at noon?", "What is a blastema?"):
        quoted = {q.document_id for q in assistant.ask(question).quotes}
        for name in {"pmid:1", "pmid:2", "pmid:3", "pmid:5", "pmid:21", "pmid:101"} | quoted:
            assert (why(assistant, question, name).reason == "quoted") == (name in quoted)


def test_what_cannot_be_asked_is_refused(assistant: Assistant) -> None:
    with pytest.raises(UsageError, match="question is empty"):
        why(assistant, " ", "pmid:1")
    with pytest.raises(UsageError, match="no document 'pmid:77'"):
        why(assistant, QUESTION, "pmid:1", Filters(documents=("pmid:77",)))
