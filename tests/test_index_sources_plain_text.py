"""Plain text and Markdown: the text is the file's own, its parts are found, everything else is refused."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import SourceError
from index.records import Author, Document
from index.sources import plain_text
from index.sources.decoding import decode, decode_head

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "files"
needs_real_files = pytest.mark.skipif(not SHARED.is_dir(), reason="the real files in ../shared are not here")


def read(folder: Path, name: str, content: str | bytes) -> Document:
    path = folder / "stored"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (found,) = plain_text.read(path, source="0" * 64, name=name)
    assert isinstance(found, Document)
    return found


def parts(found: Document) -> list[tuple[str, str, str]]:
    return [(s.label, s.heading, found.text.content[s.start : s.end]) for s in found.sections]


MARKDOWN = """---
title: "Salt: a *study*"
author:
  - name: Jane Doe
  - Roe, Richard
date: 2020-05-01
keywords: [salt, "water, fresh"]
---

# Salt: a *study*

Opening words
over two lines [@doi:10.1/x].

## 2. Methods {#methods .numbered}

We did *this*.

```python
# no heading
```

- one
- two

### Cells

![A caption with a [link](http://x.y/z).](images/a.png){#fig:a}
After the figure.

| a | b |
|---|---|
| 1 | 2 |

<!-- hidden
## Not a heading
-->

Results
-------

They were <!-- really --> good.

[ref]: http://example.org "Title"

## References

1. Smith A. Title. 2001.
"""


def test_markdown_is_cut_at_its_headings_and_keeps_its_markup(tmp_path):
    found = read(tmp_path, "salt.md", MARKDOWN)
    assert found.text.content == MARKDOWN
    assert parts(found) == [
        ("title", "Salt: a *study*", "Salt: a *study*"),
        ("body", "Salt: a *study*", "Opening words\nover two lines [@doi:10.1/x]."),
        ("heading", "2. Methods", "2. Methods"),
        ("methods", "2. Methods", "We did *this*."),
        ("methods", "2. Methods", "- one\n- two"),
        ("heading", "Cells", "Cells"),
        ("figure", "Cells", "A caption with a [link](http://x.y/z)."),
        ("methods", "Cells", "After the figure."),
        ("table", "Cells", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("heading", "Results", "Results"),
        ("results", "Results", "They were"),
        ("results", "Results", "good."),
        ("heading", "References", "References"),
        ("references", "References", "1. Smith A. Title. 2001."),
    ]


def test_front_matter_tells_title_authors_and_date(tmp_path):
    reference = read(tmp_path, "salt.md", MARKDOWN.replace("# Salt: a *study*\n", "")).reference
    assert reference.title == "Salt: a study"
    assert reference.authors == (Author(family="Doe", given="Jane"), Author(family="Roe", given="Richard"))
    assert (reference.year, reference.date) == (2020, "2020-05-01")
    assert reference.keywords == ("salt", "water, fresh")


def test_without_front_matter_nothing_is_known_but_the_title(tmp_path):
    found = read(tmp_path, "a.md", "# On *E. coli*\n\nIt grows.\n")
    assert found.title == "On E. coli"
    assert (found.reference.year, found.reference.authors, found.id) == (None, (), "file:0000000000000000-1")


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("a.md", "A title\n=======\n\nText.\n", "A title"),
        ("a.md", "Text first.\n\n## Later heading\n\nMore.\n", "Later heading"),
        ("abstract.md", "## Abstract\n\nText.\n\n## Methods\n\nMore.\n", "abstract.md"),
        ("a.txt", "Of mice and men\n\nThey ran away.\n", "Of mice and men"),
        ("a.txt", "A wrapped paragraph that\ngoes on here.\n", "A wrapped paragraph that"),
        ("note.txt", "One line only.", "note.txt"),
        ("long.txt", "word " * 50 + "\n\nMore.\n", "long.txt"),
        ("a.txt", "ABSTRACT\n\nIt began.\n\nIt ended.\n", "a.txt"),
        ("a.txt", "\n\n  OF MICE  \n\nThey ran.\n", "OF MICE"),
        ("a.txt", "Of mice\n=======\n\nThey ran.\n", "Of mice"),
    ],
)
def test_the_title_is_the_first_heading_or_line_else_the_files_name(tmp_path, name, content, title):
    assert read(tmp_path, name, content).title == title


PLAIN = """A title of its own

By nobody in particular.

Abstract
We looked at 0.05 of
all mice.

1. Introduction

Mice are
small.

2.1 Housing of mice

They had cages.

MATERIALS USED

Wire (RT).

RT-PCR

Was not done.

Outlook
-------

Open.

1. This is a sentence in a list.

2. So is this.

REFERENCES

Smith A. Mice. 2001.
"""


def test_headings_of_plain_text_are_found_conservatively(tmp_path):
    found = read(tmp_path, "mice.txt", PLAIN)
    assert found.text.content == PLAIN
    assert parts(found) == [
        ("title", "A title of its own", "A title of its own"),
        ("body", "A title of its own", "By nobody in particular."),
        ("heading", "Abstract", "Abstract"),
        ("abstract", "Abstract", "We looked at 0.05 of\nall mice."),
        ("heading", "1. Introduction", "1. Introduction"),
        ("background", "1. Introduction", "Mice are\nsmall."),
        ("heading", "2.1 Housing of mice", "2.1 Housing of mice"),
        ("background", "2.1 Housing of mice", "They had cages."),
        ("heading", "MATERIALS USED", "MATERIALS USED"),
        ("body", "MATERIALS USED", "Wire (RT).\n\nRT-PCR\n\nWas not done."),
        ("heading", "Outlook", "Outlook"),
        ("body", "Outlook", "Open.\n\n1. This is a sentence in a list.\n\n2. So is this."),
        ("heading", "REFERENCES", "REFERENCES"),
        ("references", "REFERENCES", "Smith A. Mice. 2001."),
    ]


def test_a_wrapped_first_paragraph_stays_quotable_although_its_line_names_the_file(tmp_path):
    found = read(tmp_path, "a.txt", "The brain is complex and we\nshow that it is.\n\nMore.\n")
    assert parts(found) == [("body", "", "The brain is complex and we\nshow that it is.\n\nMore.")]


def test_markdown_is_recognised_in_a_text_file(tmp_path):
    found = read(tmp_path, "a.txt", "# One\n\nText.\n\n## Results\n\nGood.\n")
    assert [s.label for s in found.sections] == ["title", "body", "heading", "results"]


PIECES = ["# A", "Methods", "=====", "---", "text here.", "", "", "  indented", "```", "<!-- x", "-->"]
MORE = [
    "![a](b)",
    "![",
    "](x)",
    "- item",
    "> quote",
    "| a |",
    "|---|",
    "RESULTS",
    "1. Intro",
    "\u2009",
    "a\u2028b",
]
LINES = st.lists(st.sampled_from([*PIECES, *MORE, "[x]: y"]), max_size=25)


@given(LINES, st.sampled_from(["a.md", "a.txt"]))
def test_sections_lie_in_order_apart_and_trimmed_in_the_text_as_decoded(tmp_path_factory, lines, name):
    content = "\n".join(lines)
    try:
        found = read(tmp_path_factory.mktemp("text"), name, content)
    except SourceError:
        return
    assert found.text.content == content
    position = 0
    for section in found.sections:
        words = content[section.start : section.end]
        assert position <= section.start < section.end
        assert words == words.strip()
        position = section.end


@given(st.lists(st.text(st.sampled_from("ab. #-=1A"), min_size=1).filter(str.strip), min_size=1))
def test_every_word_of_plain_text_is_in_a_section_unless_its_line_is_a_rule(tmp_path_factory, lines):
    content = "\n\n".join(lines)
    try:
        found = read(tmp_path_factory.mktemp("text"), "a.csv.txt", content)
    except SourceError:
        return
    if re.search(r"(?m)^#{1,6}[ \t]", content):
        return
    covered = [False] * len(content)
    for section in found.sections:
        covered[section.start : section.end] = [True] * (section.end - section.start)
    for line in re.finditer(r"[^\n]+", content):
        if re.search(r"\w", line[0]):
            assert all(covered[place] for place in range(*line.span()) if not content[place].isspace())


def test_one_very_long_line_takes_linear_time(tmp_path):
    content = "word here, " * 500_000
    assert parts(read(tmp_path, "big.txt", content)) == [("body", "", content.strip())]


@pytest.mark.parametrize("content", ["![\n" * 20000, "a <!-- " * 20000, "[a" * 20000, "> " * 60 + "x"])
def test_hostile_markdown_takes_linear_time(tmp_path, content):
    assert read(tmp_path, "hostile.md", content).sections


@pytest.mark.parametrize("content", ["---\ntitle: x\n---\n", "<!-- nothing -->\n", "```\ncode\n```\n"])
def test_a_file_with_nothing_to_quote_is_refused(tmp_path, content):
    with pytest.raises(SourceError, match="holds no text to quote"):
        read(tmp_path, "a.md", content)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("naïve – α".encode(), "naïve – α"),
        ("naïve – α".encode("utf-8-sig"), "naïve – α"),
        ("naïve – α".encode("utf-16"), "naïve – α"),
        ("naïve – α".encode("utf-16-le"), "naïve – α"),
        ("naïve – α".encode("utf-16-be"), "naïve – α"),
        ("naïve – α".encode("utf-32"), "naïve – α"),
        ("13.6±11.14 months – “naïve”".encode("cp1252"), "13.6±11.14 months – “naïve”"),
        ("Größere Prüfungen über Jahre".encode("latin-1"), "Größere Prüfungen über Jahre"),
        ("Лечение пациентов со склерозом".encode("cp1251"), "Лечение пациентов со склерозом"),
        ("多発性硬化症の患者に対する治療の効果を".encode("cp932"), "多発性硬化症の患者に対する治療の効果を"),
        (("é" * 40).encode() + b"\x92s", "é" * 40 + "’s"),
        (b"a\r\nb\rc\n\x0cd\x0b", "a\nb\nc\n\x0cd\x0b"),
        ("already \ufffd".encode(), "already \ufffd"),
    ],
)
def test_encodings_are_told_apart(data, text):
    assert decode(data) == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_text_in_utf8_is_never_changed(text):
    assert decode(text.encode()) == text.removeprefix("\ufeff")
    assert decode(b"\xef\xbb\xbf" + text.encode()) == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), st.integers(1, 3))
def test_a_head_cut_inside_a_character_is_read_up_to_it(text, cut):
    whole = ("start " + text + "é€😀").encode()
    head = decode_head(whole[:-cut])
    assert ("start " + text + "é€😀").startswith(head)
    assert len(head) >= len("start " + text) + 2


@pytest.mark.parametrize("data", [b"\0\1\2\3" * 50, bytes(range(256)), b"text\0text", b"\1\2\3\4" * 9])
def test_binary_data_is_refused(data):
    with pytest.raises(SourceError, match="binary"):
        decode(data)


def zipped(*names: str) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("head", "suffix", "found"),
    [
        (zipped("[Content_Types].xml", "word/document.xml"), ".docx", "this is a Word document"),
        (zipped("a.txt"), "", "this is a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".doc", "this is an old Word"),
        (b"\x1f\x8b\x08", ".xml.gz", "this is a gzip archive; unpack it"),
        (b"\x89PNG\r\n\x1a\n\0", "", "this is an image (PNG)"),
        (b"RIFF\0\0\0\0WEBPVP8", "", "this is an image (WebP)"),
        (b"SQLite format 3\0", "", "this is an SQLite database"),
        (b"{\\rtf1\\ansi", ".txt", "this is a Rich Text"),
        (b'<?xml version="1.0"?><TEI xmlns="x"><text>', ".xml", "this is XML with the root element <TEI>"),
        (b"<article><front>", ".xml", "this is a full-text article in JATS XML (<article>)"),
        (b"<!doctype html><html>", "", "this is a web page, but not one of PubMed's"),
        (b"PMID- 123\nTI  - x", ".txt", "this is a PubMed export in MEDLINE (nbib) form"),
        (b"TY  - JOUR\n", "", "this is a reference manager's export (RIS)"),
        (b"% x\n@article{a,", "", "this is a BibTeX file"),
        (b'{"a": 1}', "", "this is JSON"),
        (b"\0\1\2\3\4\5", "", "the file holds binary data"),
        (b" \n\n ", ".txt", "the file holds nothing but blank space"),
        (b"", ".txt", "the file is empty"),
    ],
)
def test_what_cannot_be_read_is_named_with_a_remedy_in_one_sentence(head, suffix, found):
    reason = plain_text.why_not(head, suffix)
    assert reason.startswith(found)
    assert re.search(r"; (?:save|unpack|recognise|add|export|download)", reason)
    assert "\n" not in reason and ". " not in reason
    assert not plain_text.recognises(head, suffix)


@pytest.mark.parametrize(
    ("head", "suffix"),
    [
        (b"Just text.", ""),
        (b"<5 mice were used & 3 lived>", ".txt"),
        (b"<p align=center>\n\n# Title\n", ".md"),
        (b"[1] is a citation", ".txt"),
        ("Größe".encode("latin-1"), ".txt"),
        (("x" * 65535 + "é").encode()[:65536], ".txt"),
    ],
)
def test_text_is_recognised_as_text(head, suffix):
    assert plain_text.recognises(head, suffix)


@needs_real_files
@pytest.mark.parametrize("path", sorted((SHARED / "markdown").glob("*.md")), ids=lambda path: path.name)
def test_real_markdown_is_read_character_for_character(path):
    (found,) = plain_text.read(path, source="0" * 64, name=path.name)
    assert isinstance(found, Document)
    assert found.text.content == path.read_bytes().decode("utf-8")
    words = "\n".join(found.text.content[s.start : s.end] for s in found.sections if s.label != "heading")
    headings = re.findall(r"(?m)^#+[ ]+(.*?)(?: \{.*\})?$", re.sub(r"(?s)<!--.*?-->", "", found.text.content))
    assert headings == [s.heading for s in found.sections if s.label in {"heading", "title"}]
    assert "<!--" not in words
    assert not re.search(r"(?m)^!\[|^\[@tag:\S+\]: ", words)


@needs_real_files
def test_titles_and_parts_of_real_text_files():
    path = SHARED / "jats-gold-text" / "ucdenver-ccp__16410827.txt"
    (found,) = plain_text.read(path, source="0" * 64, name=path.name)
    assert isinstance(found, Document)
    assert found.title.startswith("The Notch Ligand JAG1 Is Required for Sensory Progenitor Development")
    labels = [section.label for section in found.sections if section.label not in {"heading", "title"}]
    assert labels[:5] == ["abstract", "background", "results", "discussion", "methods"]
