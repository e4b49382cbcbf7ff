"""Files made to harm: refused or read within limits, and nothing outside the file is ever read."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import pytest

from index.errors import SourceError
from index.records import Document, Failure
from index.sources import reader_for, ris
from index.sources.markdown_text import is_markdown

PUBMED = (
    "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>{0}"
    "</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>"
)
JATS = (
    "<article><front><article-meta><title-group><article-title>{0}</article-title></title-group>"
    "</article-meta></front></article>"
)
ROOTS = [("PubmedArticleSet", PUBMED), ("article", JATS)]


def read(path: Path, content: str | bytes) -> list[Document | Failure]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(reader_for(path, path.name).read(path, source="0" * 64, name=path.name))


def titles(found: list[Document | Failure]) -> list[str]:
    return [item.title for item in found if isinstance(item, Document)]


@pytest.mark.parametrize(("root", "body"), ROOTS)
@pytest.mark.parametrize("kind", ["laughs", "external", "parameter"])
def test_xml_that_declares_entities_is_refused(tmp_path: Path, root: str, body: str, kind: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("not to be read")
    address = secret.as_uri()
    subset = {
        "laughs": "<!ENTITY a 'lol'>" + "".join(f"<!ENTITY {n} '{'&a;' * 10}'>" for n in "bcdefghijk"),
        "external": f"<!ENTITY a SYSTEM '{address}'>",
        "parameter": f"<!ENTITY % a SYSTEM '{address}'> %a;",
    }[kind]
    text = f"<?xml version='1.0'?><!DOCTYPE {root} [{subset}]>{body.format('&a;')}"
    with pytest.raises(SourceError, match="declares entities of its own"):
        read(tmp_path / "a.xml", text)


@pytest.mark.parametrize(("root", "body"), ROOTS)
def test_a_dtd_or_an_inclusion_elsewhere_is_not_followed(tmp_path: Path, root: str, body: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("not to be read")
    include = (
        f"<x:include xmlns:x='http://www.w3.org/2001/XInclude' parse='text' href='{secret.as_uri()}'/>Whales"
    )
    text = f"<?xml version='1.0'?><!DOCTYPE {root} SYSTEM '{secret.as_uri()}'>{body.format(include)}"
    assert titles(read(tmp_path / "a.xml", text)) == ["Whales"]


@pytest.mark.parametrize(("root", "body"), ROOTS)
def test_elements_in_elements_without_end_are_named(tmp_path: Path, root: str, body: str) -> None:
    try:
        found = read(tmp_path / "a.xml", body.format("<b>" * 20_000 + "x" + "</b>" * 20_000))
    except SourceError as error:
        assert "Excessive depth" in str(error)
    else:
        assert "Excessive depth" in " ".join(one.reason for one in found if isinstance(one, Failure))


def test_gzip_inside_gzip_is_not_unpacked(tmp_path: Path) -> None:
    packed = gzip.compress(gzip.compress(PUBMED.format("Whales").encode()))
    with pytest.raises(SourceError, match="unpack it"):
        read(tmp_path / "a.xml.gz", packed)


def test_abbreviations_that_double_do_not_fill_memory(tmp_path: Path) -> None:
    strings = "@string{s0 = {lol}}\n" + "".join(
        f"@string{{s{n} = s{n - 1} # s{n - 1}}}\n" for n in range(1, 60)
    )
    (document,) = read(tmp_path / "a.bib", strings + "@article{a, title = s3, file = s59, year = 2001}\n")
    assert isinstance(document, Document)
    assert document.title == "lol" * 8


def test_an_entry_that_abbreviations_make_too_long_is_named_and_passed_over(tmp_path: Path) -> None:
    text = (
        f"@string{{s = {{{'lol' * 1000}}}}}\n@article{{a, title = {' # '.join('s' * 2000)}, year = 2001}}\n"
        "@article{b, title = {Whales}, year = 2001}\n"
    )
    failure, document = read(tmp_path / "a.bib", text)
    assert isinstance(failure, Failure)
    assert failure.reason == "the entry is longer than 4 million characters; export it again"
    assert isinstance(document, Document)
    assert document.title == "Whales"


def test_text_of_very_many_lines_is_not_parsed_as_markdown() -> None:
    assert is_markdown("# Whales\n\n" + "- a\n" * 1000, ".md")
    assert not is_markdown("# Whales\n\n" + "- a\n" * 200_000, ".md")


@pytest.mark.parametrize("deep", ["[" * 100_000 + "]" * 100_000, '{"a":' * 60_000])
def test_json_in_json_without_end_raises_nothing_else(tmp_path: Path, deep: str) -> None:
    text = (
        f'[{{"type": "article-journal", "title": "Whales", "issued": 2001}}, {{"title": "x", "a": {deep}}}]'
    )
    try:
        found = read(tmp_path / "a.json", text)
    except SourceError:
        return
    assert titles(found) == ["Whales"]


def test_lone_surrogates_and_numbers_that_are_none_are_read_past(tmp_path: Path) -> None:
    text = '[{"type": "article-journal", "title": "A \\ud800 b", "volume": NaN, "issued": 2001}]'
    assert titles(read(tmp_path / "a.json", text)) == ["A \ufffd b"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_characters_are_read(tmp_path: Path, encoding: str) -> None:
    text = "TY  - JOUR\nTI  - Über Ähren\nAU  - Müller, A\nPY  - 2001\nER  - \n"
    assert titles(read(tmp_path / "a.ris", text.encode(encoding))) == ["Über Ähren"]


def test_a_file_that_goes_on_as_another_format_gives_its_own_records(tmp_path: Path) -> None:
    text = (
        "TY  - JOUR\nTI  - Whales\nPY  - 2001\nER  - \n@article{a, title={Other}}\nPMID- 123\nTI  - Third\n"
    )
    assert titles(read(tmp_path / "a.ris", text)) == ["Whales"]


def test_time_grows_with_size_and_not_with_its_square(tmp_path: Path) -> None:
    def seconds(lines: int) -> float:
        path = tmp_path / f"{lines}.ris"
        path.write_text("TY  - JOUR\nTI  - T\nPY  - 2001\nAB  - x\n" + "more of it\n" * lines + "ER  - \n")
        start = time.process_time()
        assert len(list(ris.read(path, source="0" * 64, name=path.name))) == 1
        return time.process_time() - start

    small = max(seconds(5_000), 0.02)
    assert seconds(50_000) < 40 * small  # its square would be a hundred times


def test_a_whole_number_too_long_for_any_year_is_a_failure(tmp_path: Path) -> None:
    record = {"type": "article-journal", "title": "Whales", "issued": {"date-parts": [[2001]]}}
    text = json.dumps([record, record]).replace("2001", "1" + "0" * 5000, 1)
    found = read(tmp_path / "a.json", text)
    assert [type(item).__name__ for item in found] == ["Failure", "Document"]
