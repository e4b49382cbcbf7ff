"""Exports opened by readers that are not ours, their quotes equal to the library's."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bibtexparser
import docx
import html5lib
import pytest
import rispy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from index.encoders import HashingEncoder
from index.errors import UsageError
from index.library import Library
from index.records import Author, Document, Filters, Reference, Retraction
from index.sources import reader_for
from qa import Assistant, render, seal, verify
from qa.bibliography import STYLES
from qa.sealed import unseal
from qa.sealing import intact
from qa.writing import format_of, quoted_papers, write
from qa.writing.characters import given_back, held
from qa.writing.sheet import limits, when

ROOT = Path(__file__).resolve().parents[1]

#: Everything that means something in Markdown, HTML, TeX or XML, right-to-left letters, combining marks.
ODD = (
    "Cells (*n* = 12) | `x` <b>grew</b> & $p<0.05$ in _vitro_ ~~by~~ 40\u00a0% [1], see #3 and e\u0301 or "
    "שלום \"to\" 'us' -- in ... all ![a](b) {c} \\d: legs grow."
)
QUESTIONS = ("Do cells grew legs in vitro?", "What of whales & <songs>?", "Of what did 7 newts | die?")

WHALES = """<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>8</PMID><Article><Journal>
<ISOAbbreviation>J Test</ISOAbbreviation><JournalIssue><PubDate><Year>2020</Year></PubDate></JournalIssue>
</Journal><ArticleTitle>The songs of whales</ArticleTitle><Abstract>
<AbstractText>Whales sing &lt;songs&gt; &amp; they dive. Of 7 newts | none died.</AbstractText></Abstract>
<AuthorList CompleteYN="N"><Author><LastName>Wu</LastName><ForeName>Lei</ForeName></Author></AuthorList>
</Article><CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn">
<RefSource>J Test. 2021 May</RefSource><PMID>9</PMID></CommentsCorrections></CommentsCorrectionsList>
</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="doi">10.1000/whales</ArticleId>
</ArticleIdList></PubmedData></PubmedArticle></PubmedArticleSet>"""

Quotes = Callable[[bytes], list[str]]


# -- readers that are not ours ---------------------------------------------------------------------------


def strict_html(data: bytes) -> Any:
    """The tree of a page that has no error of HTML5."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(data.decode("utf-8"))


def blockquotes(tree: Any) -> list[str]:
    return ["".join(one.find("p").itertext()) for one in tree.iter("blockquote")]


def quotes_of_html(data: bytes) -> list[str]:
    return [given_back(one) for one in blockquotes(strict_html(data))]


def quotes_of_markdown(data: bytes) -> list[str]:
    """As CommonMark, and as a reader with tables, strikethrough and a typographer shows them."""
    found = []
    for reader in (
        MarkdownIt("commonmark"),
        MarkdownIt("js-default", {"typographer": True, "linkify": False, "html": True}),
    ):
        page = f"<!DOCTYPE html><title>x</title>{reader.render(data.decode('utf-8'))}"
        tree = html5lib.parse(page, namespaceHTMLElements=False)
        found.append([given_back(one) for one in blockquotes(tree)])
    assert found[0] == found[1]
    return found[0]


def quotes_of_docx(data: bytes) -> list[str]:
    document = docx.Document(io.BytesIO(data))
    return [given_back(one.text) for one in document.paragraphs if one.style.name == "Quote"]


def quotes_of_json(data: bytes) -> list[str]:
    document = json.loads(data)
    return [
        quote["text"]
        for answer in document["answers"]
        for quote in (answer["quotes"] if answer["status"] == "answered" else answer["nearest"])
    ]


READ: dict[str, Quotes] = {
    "html": quotes_of_html,
    "markdown": quotes_of_markdown,
    "docx": quotes_of_docx,
    "json": quotes_of_json,
}


# -- a conversation on a real library --------------------------------------------------------------------


@pytest.fixture
def conversation(library: Library, paper: Callable[..., Path], tmp_path: Path) -> dict[str, Any]:
    """Three answers, one of them "not found", from two papers, one of them retracted and cut short."""
    odd = tmp_path / "odd.txt"
    odd.write_text(f"A note on odd letters\n\n{ODD} Nothing else was seen of them.\n", "utf-8")
    whales = tmp_path / "whales.xml"
    whales.write_text(WHALES, "utf-8")
    library.add([odd, whales])
    assistant = Assistant(library)
    asked = [assistant.ask(one, Filters(retracted=None)) for one in QUESTIONS]
    return seal(asked, library, asked_at="2026-11-23T10:00:00+00:00")


def shown(document: dict[str, Any], library: Library) -> list[str]:
    """The quotes as the library holds them."""
    found = []
    for one in unseal(document).answers:
        for quote in one.answer.quotes or one.answer.nearest:
            found.append(library.text(quote.text_sha256).content[quote.start : quote.end])
    return found


@pytest.mark.parametrize("format", READ)
def test_quotes_read_back_by_others_are_the_library_s(
    format: str, conversation: dict[str, Any], library: Library
) -> None:
    expected = shown(conversation, library)
    assert any(ODD in one for one in expected) and len(expected) >= 3
    assert READ[format](render(conversation, format)) == expected


@pytest.mark.parametrize("format", READ)
def test_a_changed_digit_in_an_export_is_seen_by_comparing(
    format: str, conversation: dict[str, Any], library: Library
) -> None:
    forged = copy.deepcopy(conversation)
    for answer in forged["answers"]:
        for quote in (*answer["quotes"], *answer["nearest"]):
            quote["text"] = quote["text"].replace("12", "13")
    assert READ[format](render(forged, format)) != shown(conversation, library)
    assert not intact(forged)


def test_plain_text_holds_each_quote_as_it_stands(conversation: dict[str, Any], library: Library) -> None:
    said = render(conversation, "text").decode("utf-8")
    for words in shown(conversation, library):
        assert f"“{words}”\n" in said


def visible(format: str, data: bytes) -> str:
    if format == "html":
        return " ".join("".join(strict_html(data).find("body").itertext()).split())
    if format == "docx":
        return " ".join(one.text for one in docx.Document(io.BytesIO(data)).paragraphs)
    if format == "markdown":
        page = MarkdownIt("commonmark").render(data.decode("utf-8"))
        return " ".join("".join(html5lib.parse(page, namespaceHTMLElements=False).itertext()).split())
    return " ".join(data.decode("utf-8").split())


@pytest.mark.parametrize("format", ["html", "markdown", "docx", "text"])
def test_every_document_says_question_state_place_confidence_and_where_it_comes_from(
    format: str, conversation: dict[str, Any]
) -> None:
    said = visible(format, render(conversation, format, "ama"))
    for question in QUESTIONS:
        assert question in said
    sealed = unseal(conversation)
    first = sealed.answers[0].answer
    assert first.summary in said and "2026-11-23 10:00 UTC" in said and "Filters: none" in said
    quote = first.quotes[0]
    assert f"{quote.document_id}:{quote.start}-{quote.end}" in said and quote.place in said
    assert f"{quote.confidence:.2f} (uncalibrated)" in said and "only the order of the quotes counts" in said
    for text in sealed.texts.values():
        assert text.sha256 in said and str(text.source_sha256) in said
    assert "odd.txt" in said and conversation["seal"] in said
    assert "litquote verify ANSWER.json" in said and "generation 2" in said
    assert "AMA, 11th edition" in said


@pytest.mark.parametrize("format", ["html", "markdown", "docx", "text"])
@pytest.mark.parametrize("style", STYLES)
def test_the_retraction_and_the_authors_cut_short_are_said_in_every_document_and_style(
    format: str, style: str, conversation: dict[str, Any]
) -> None:
    said = visible(format, render(conversation, format, style))
    assert "[retracted 2021: PMID 9, J Test. 2021 May]" in said  # behind the entry
    assert "Retracted 2021: PMID 9, J Test. 2021 May [PubMed record, " in said  # beside the quote
    start = said.index("Wu", said.index("eferences" if format != "text" else "REFERENCES"))
    assert "et al." in said[start : start + 15]


def test_not_found_is_said_and_the_nearest_sentences_do_not_pass_for_answers(
    library: Library, seed: Path
) -> None:
    library.add([seed])
    answer = Assistant(library).ask("What is the boiling point of mercury?")
    assert answer.status == "not_found" and answer.nearest
    document = seal(answer, library)
    for format in ("html", "markdown", "docx", "text"):
        said = visible(format, render(document, format))
        assert "Not found in your library. The nearest sentences, which do not seem to answer:" in said
    assert render(document, "ris") == b"" and json.loads(render(document, "csl")) == []


def test_the_page_has_no_script_marks_the_focus_and_loads_nothing(conversation: dict[str, Any]) -> None:
    data = render(conversation, "html")
    tree = strict_html(data)
    assert not list(tree.iter("script")) and not list(tree.iter("link")) and not list(tree.iter("img"))
    assert not [name for one in tree.iter() for name in one.attrib if name.startswith("on") or name == "src"]
    quotes = [q for one in unseal(conversation).answers for q in (one.answer.quotes or one.answer.nearest)]
    marks = ["".join(one.itertext()) for one in tree.iter("mark")]
    assert marks == [q.text[q.focus[0] - q.start : q.focus[1] - q.start] for q in quotes]
    ids = {one.get("id") for one in tree.iter() if one.get("id")}
    targets = {one.get("href")[1:] for one in tree.iter("a") if one.get("href").startswith("#")}
    assert targets and targets <= ids
    assert "https://doi.org/10.1000/whales" in {one.get("href") for one in tree.iter("a")}


def test_the_word_document_has_quotes_bold_focus_links_and_the_same_bytes_again(
    conversation: dict[str, Any],
) -> None:
    data = render(conversation, "docx")
    document = docx.Document(io.BytesIO(data))
    quotes = [q for one in unseal(conversation).answers for q in (one.answer.quotes or one.answer.nearest)]
    bold = ["".join(r.text for r in p.runs if r.bold) for p in document.paragraphs if p.style.name == "Quote"]
    assert bold == [q.text[q.focus[0] - q.start : q.focus[1] - q.start] for q in quotes]
    assert [link.address for p in document.paragraphs for link in p.hyperlinks] == [
        "https://doi.org/10.1000/whales"
    ]
    assert document.core_properties.title == QUESTIONS[0] and document.core_properties.author == ""
    again = render(conversation, "docx")
    parts = [
        {n: z.read(n) for n in z.namelist()} for z in map(zipfile.ZipFile, map(io.BytesIO, (data, again)))
    ]
    assert parts[0] == parts[1]


def test_the_word_document_is_read_by_litquote_itself_too(
    conversation: dict[str, Any], library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "answer.docx"
    write(conversation, path)
    (document,) = reader_for(path, path.name).read(path, source="0" * 64, name=path.name)
    assert isinstance(document, Document)
    for words in shown(conversation, library):
        assert " ".join(words.split()) in " ".join(document.text.content.split())


def test_quotes_that_run_from_right_to_left_are_set_so(one_answer: dict[str, Any]) -> None:
    made = with_quotes(one_answer, [("שלום world.", 0, 0.5), ("Hello שלום.", 0, 0.5)])
    document = docx.Document(io.BytesIO(render(made, "docx")))
    first, second = (one for one in document.paragraphs if one.style.name == "Quote")
    assert [run.font.rtl for run in first.runs] == [True, True] and "<w:bidi/>" in first._p.xml
    assert [run.font.rtl for run in second.runs] == [None, None] and "<w:bidi/>" not in second._p.xml
    for one in strict_html(render(made, "html")).iter("blockquote"):
        assert one.find("p").get("dir") == "auto"


# -- any text --------------------------------------------------------------------------------------------


Cut = tuple[str, float, float]


def with_quotes(document: dict[str, Any], quotes: list[Cut]) -> dict[str, Any]:
    """A sealed answer with these quotes: each a text, and where its focus begins and ends as shares of it."""
    made = copy.deepcopy(document)
    made["answers"] = made["answers"][:1]
    (quote, *_) = made["answers"][0]["quotes"]
    made["answers"][0]["quotes"] = []
    for text, *cut in quotes:
        first, last = sorted(round(one * len(text)) for one in cut)
        place = {"start": 10, "end": 10 + len(text), "focus": {"start": 10 + first, "end": 10 + last}}
        made["answers"][0]["quotes"].append({**quote, "text": text, **place})
    return made


@pytest.fixture(scope="module")
def one_answer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """An answer from the seed document."""
    encoder = HashingEncoder(64)
    with Library.create(
        tmp_path_factory.mktemp("one") / "library", encoder=encoder, reader="none"
    ) as library:
        library.add([ROOT / "seeds" / "wu-2024-stem-cell-therapies-multiple-sclerosis.pubmed.txt"])
        return seal(Assistant(library).ask("By which mechanisms could stem cells work in MS?"), library)


signs = st.sampled_from(
    list("|`*_<>&$#-+=~[](){}!\\\"'.:^@1 \t\n\r\0\x0b\x1f\x7f\x85\u2028\u00a0\ufeff\ufffeשe\u0301")
)
texts = st.text(st.one_of(signs, st.characters(exclude_categories=["Cs"])), min_size=1, max_size=60)


cuts = st.tuples(texts, st.floats(0, 1), st.floats(0, 1))
TRICKY: list[Cut] = [
    ("_x000B_ and \x0b and _x1FFFE_ \U0001fffe", 0.0, 0.3),
    ("1. a", 0.0, 1.0),
    ("    code", 0.5, 1.0),
    ("a  \n\n- b\n> c\n---\n", 0.1, 0.5),
    (":smile: &amp; &#35; www.a.org http://b.c <d@e.f> --- ... (c) +- !!!!", 0.2, 0.6),
    ("a**b**c_x000", 0.6, 0.7),
    ("[1]: http://a.b 'c'", 0.0, 0.2),
]


@settings(max_examples=25, deadline=None)
@given(quotes=st.lists(cuts, min_size=1, max_size=8))
@example(quotes=TRICKY)
def test_any_quote_survives_every_export(one_answer: dict[str, Any], quotes: list[Cut]) -> None:
    document = with_quotes(one_answer, quotes)
    expected = [text for text, *_ in quotes]
    for format, read in READ.items():
        assert read(render(document, format)) == expected, format
    said = render(document, "text")
    assert all(f"“{text}”\n".encode() in said for text in expected)


@settings(max_examples=60, deadline=None)
@given(st.text())
@example("_x000B_\x0b_x_x0041_")
def test_what_exports_cannot_hold_comes_back(text: str) -> None:
    assert given_back(held(text)) == text
    assert not any(ord(sign) < 9 or 0x7F <= ord(sign) <= 0x9F for sign in held(text))


@settings(max_examples=15, deadline=None)
@given(question=texts)
def test_any_question_is_shown_and_breaks_no_page(one_answer: dict[str, Any], question: str) -> None:
    document = with_quotes(one_answer, [("Legs grow.", 0, 1)])
    document["answers"][0] |= {"question": question, "completed_question": question}
    tree = strict_html(render(document, "html"))
    heads = ["".join(one.itertext()) for one in tree.iter("h2")]
    assert given_back(heads[0]) == question
    assert quotes_of_markdown(render(document, "markdown")) == ["Legs grow."]
    assert quotes_of_docx(render(document, "docx")) == ["Legs grow."]


junk = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({}),
    st.just("\ud800"),
)  # fmt: skip


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(way for name, one in inner for way in paths(one, (*here, name)))]


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(), value=junk, format=st.sampled_from(["html", "markdown", "text", "ris", "bibtex", "csl"])
)
def test_a_document_that_somebody_broke_is_written_or_refused_in_one_line(
    one_answer: dict[str, Any], data: st.DataObject, value: Any, format: str
) -> None:
    broken = copy.deepcopy(one_answer)
    *way, last = data.draw(st.sampled_from(paths(broken)[1:]))
    holder = broken
    for name in way:
        holder = holder[name]
    holder[last] = value
    try:
        assert isinstance(render(broken, format), bytes)
        assert {one.state for one in verify(broken, None)} <= {"text missing", "quote altered"}
    except UsageError as error:
        assert "not as litquote writes it" in str(error)


# -- references ------------------------------------------------------------------------------------------

families = st.text(st.characters(categories=("Lu", "Ll")), min_size=1, max_size=8)
people = st.lists(st.builds(Author, family=families, given=families), min_size=1, max_size=9)


@settings(max_examples=40, deadline=None)
@given(authors=people, whole=st.booleans(), against=st.sampled_from(["", "retracted", "concern"]))
def test_references_cut_short_or_retracted_say_so_in_every_format(
    one_answer: dict[str, Any], authors: list[Author], whole: bool, against: str
) -> None:
    document = copy.deepcopy(one_answer)
    notice = Retraction(against, "2020", "PMID 7") if against else None
    record = document["papers"][0]["record"]
    record |= {"authors": [{"family": one.family, "given": one.given} for one in authors]}
    record |= {"authors_complete": whole, "doi": ""}
    record["retraction"] = {"kind": against, "date": "2020", "notice": "PMID 7"} if notice else None
    for answer in document["answers"]:
        answer["nearest"] = []
    (found,) = quoted_papers(unseal(document))
    assert found.authors == tuple(authors)

    (entry,) = rispy.loads(render(document, "ris").decode("utf-8"))
    named = [f"{one.family}, {one.given}" for one in authors]
    assert entry["authors"] == named + ["et al."] * (not whole)
    said = [note for note in entry.get("notes", []) if "PMID 7" in note]
    assert len(said) == bool(against)

    library = bibtexparser.parse_string(render(document, "bibtex").decode("utf-8"))
    (entry,) = library.entries
    assert entry["author"].split(" and ") == named + ["others"] * (not whole)
    assert ("PMID 7" in entry.fields_dict["note"].value) if against else "note" not in entry.fields_dict

    (item,) = json.loads(render(document, "csl"))
    assert (item["author"][-1] == {"literal": "et al."}) is not whole
    assert len(item["author"]) == len(authors) + (not whole)
    assert item.get("note", "").endswith("2020: PMID 7") == bool(against)


def test_references_are_those_that_answer_each_once(conversation: dict[str, Any]) -> None:
    sealed = unseal(conversation)
    names = {quote.document_id for one in sealed.answers for quote in one.answer.quotes}
    records = rispy.loads(render(conversation, "ris").decode("utf-8"))
    assert len(records) == len(names) == len(quoted_papers(sealed))


# -- files -----------------------------------------------------------------------------------------------


def test_the_ending_says_the_format(tmp_path: Path) -> None:
    found = {name: format_of(Path(name)) for name in ("a.MD", "b.csl.json", "c.json", "d.htm", "e.tar.docx")}
    assert found == {
        "a.MD": "markdown",
        "b.csl.json": "csl",
        "c.json": "json",
        "d.htm": "html",
        "e.tar.docx": "docx",
    }
    with pytest.raises(UsageError, match=r"a\.pdf: the ending says the format: \.md"):
        format_of(Path("a.pdf"))


def test_a_file_is_written_whole_and_never_over_another(one_answer: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "answer.md"
    write(one_answer, path)
    assert path.read_bytes() == render(one_answer, "markdown")
    path.write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="--force"):
        write(one_answer, path)
    assert path.read_text("utf-8") == "mine"
    write(one_answer, path, replace=True)
    assert path.read_bytes() == render(one_answer, "markdown")
    with pytest.raises(UsageError, match="cannot be written"):
        write(one_answer, tmp_path / "no" / "folder.md")
    with pytest.raises(UsageError, match="no style 'harvard'"):
        write(one_answer, tmp_path / "b.html", style="harvard")
    assert [one.name for one in tmp_path.iterdir() if one.suffix != ".txt" and one.is_file()] == ["answer.md"]


def test_an_unknown_format_is_refused(one_answer: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="there is no format 'pdf'"):
        render(one_answer, "pdf")


def test_a_paper_removed_before_sealing_is_cited_as_it_was_quoted(library: Library, seed: Path) -> None:
    library.add([seed])
    answer = Assistant(library).ask("By which mechanisms could stem cells work in MS?")
    library.remove([answer.quotes[0].document_id])
    (record,) = quoted_papers(unseal(seal(answer, library)))
    assert record.authors == (Author("Wu", "Lei"),) and not record.authors_complete
    assert (record.journal, record.year, record.volume, record.doi) == (
        "Front Neurol", 2024, "15", "10.3389/fneur.2024.1389697",
    )  # fmt: skip


def test_filters_and_times_are_said_in_words() -> None:
    said = limits({"years": [2015, None], "journals": ["BMJ", "Lancet"], "retracted": False})
    assert said == "years from 2015; journals BMJ, Lancet; retracted none"
    assert limits({"years": [2015, 2020]}) == "years 2015 to 2020"
    assert (when("2026-11-23T10:30:00+01:00"), when("one day")) == ("2026-11-23 09:30 UTC", "one day")
    assert Reference().authors_complete
