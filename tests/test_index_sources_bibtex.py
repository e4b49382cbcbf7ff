"""BibTeX and BibLaTeX entries become documents; LaTeX becomes characters."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.records import Author, Document, Failure
from index.sources import bibtex, latex, reader_for


def read(folder: Path, text: str, name: str = "a.bib") -> list[Document | Failure]:
    path = folder / name
    path.write_text(text, "utf-8")
    assert reader_for(path, name) is bibtex
    return list(bibtex.read(path, source="0" * 64, name=name))


def one(folder: Path, text: str) -> Document:
    (found,) = read(folder, text)
    assert isinstance(found, Document), found
    return found


def test_an_entry_is_read_whole(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        '@string{jt = "Journal of "}\n@comment{nothing}\n'
        "@Article{wu2024,\n  author = {Wu, Lei and {World Health Organization} and van der "
        'M{\\"u}ller, Jr, Jan'
        " and others},\n  title = {{Salt} in {\\textit{E. coli}}: 50% of H$_2$O},\n"
        '  journal = jt # "Tests", year = 2024, month = may, volume = {15}, number = 3,\n'
        "  pages = {123--9}, doi = {https://doi.org/10.1234/Test_5}, pmid = {38784908}, pmcid = "
        "{PMC7654321},\n"
        "  language = {english}, keywords = {salt, cells},\n"
        "  abstract = {Background: Salt costs $5 and cells cost $6. Methods: At 50% of $p<0.05$ "
        "we\n  stopped.}\n}\n",
    )
    reference = found.reference
    assert reference.title == "Salt in E. coli: 50% of H₂O"
    assert reference.authors == (
        Author("Wu", "Lei"),
        Author(literal="World Health Organization"),
        Author("van der Müller Jr", "Jan"),
    )
    assert not reference.authors_complete
    assert (reference.journal, reference.date, reference.volume) == ("Journal of Tests", "2024-05", "15")
    assert (reference.issue, reference.pages, reference.doi) == ("3", "123-129", "10.1234/Test_5")
    assert (reference.pmid, reference.pmcid, reference.language) == ("38784908", "PMC7654321", "eng")
    assert reference.keywords == ("salt", "cells")
    assert [found.text.content[s.start : s.end] for s in found.sections if s.label != "heading"] == [
        "Salt in E. coli: 50% of H₂O",
        "Salt costs $5 and cells cost $6.",
        "At 50% of p<0.05 we stopped.",
    ]


def test_biblatex_preprints_and_chapters(tmp_path: Path) -> None:
    preprint, book, chapter = read(
        tmp_path,
        "@online{a, author = {Wu, Lei}, title = {Salt}, subtitle = {A study}, date = {2023-04-05},\n"
        " eprint = {2304.01234}, eprinttype = {arxiv}}\n"
        "@book{b, editor = {Cruz, Ana}, title = {The Book of Salt}, year = {1999}, publisher = {Press}}\n"
        "@incollection{c, author = {Wu, Lei}, title = {A Chapter}, crossref = {B}, pages = {1--2}}\n",
    )
    assert isinstance(preprint, Document) and isinstance(book, Document) and isinstance(chapter, Document)
    assert (preprint.title, preprint.reference.date) == ("Salt: A study", "2023-04-05")
    assert (preprint.reference.journal, preprint.reference.publication_types) == ("arXiv", ("Preprint",))
    assert book.reference.authors == (Author("Cruz", "Ana"),)
    assert (chapter.reference.journal, chapter.reference.year) == ("The Book of Salt", 1999)


def test_a_broken_entry_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "@article{first, title = {One}, year = 2001}\n\n@article{second, title = {Two, year = 2002\n\n"
        "@article{third,\n title = {Three},\n title = {Three again}, year = 2003}\n",
    )
    assert [type(one).__name__ for one in found] == ["Document", "Failure", "Document"]
    assert isinstance(found[1], Failure) and found[1].uri == "a.bib#2 (second)"
    assert isinstance(found[2], Document) and found[2].title == "Three"


def test_an_at_sign_at_the_beginning_of_a_line_of_an_abstract_ends_no_entry(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        "@article{a,\n title = {Salt},\n year = 2001,\n abstract = {Write to us\n@example "
        "or\n@other{x} soon.}\n}\n",
    )
    assert "Write to us @example or @otherx soon." in found.text.content


def test_a_retraction_in_title_or_note(tmp_path: Path) -> None:
    titled, noted = read(
        tmp_path,
        "@article{a, title = {{RETRACTED}: Salt}, year = 2001}\n"
        "@article{b, title = {Salt}, year = 2001, note = {Retraction in: J Test. 2003;1:2}}\n",
    )
    for found in (titled, noted):
        assert isinstance(found, Document)
        assert found.reference.retraction and found.reference.retraction.kind == "retracted"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            r"H{\aa}kan {\"U}ber \'{\i} {\ss} \c{c} {\v{Z}}i{\v{z}}ek \L{}\o{}d\'z",
            "Håkan Über í ß ç Žižek Łødź",
        ),
        (r"\textit{E. coli} {\em in vivo} \texttt{x}", "E. coli in vivo x"),
        (r"$\alpha$-helix {$\mu$}m \ensuremath{\beta} 2\,mm $\pm$ 3", "α-helix μm β 2 mm ± 3"),
        (r"10$^{-9}$ CO$_2$ 10\textsuperscript{3} \textsubscript{12}", "10⁻⁹ CO₂ 10³ ₁₂"),
        (r"50\% and 50% of \$5 or $6 & more_or_less", "50% and 50% of $5 or $6 & more_or_less"),
        (r"p \textgreater{} 5 \textless{} 6 \unknown{kept}", "p > 5 < 6 kept"),
        (r"a -- b --- c ``quoted''", "a – b — c “quoted”"),
        (r"\href{http://a.b}{this} \url{http://c.d/e_f}", "this http://c.d/e_f"),
        ("no LaTeX at all: 5 < 6 & 7 > 6, 100%", "no LaTeX at all: 5 < 6 & 7 > 6, 100%"),
        ("{unbalanced", "unbalanced"),
    ],
)
def test_latex_becomes_characters(value: str, expected: str) -> None:
    assert latex.plain(value) == expected


@given(st.text(st.sampled_from(list("ab \\{}$%_^&~\"'`-#@\n=")), max_size=60))
def test_latex_never_raises(value: str) -> None:
    assert isinstance(latex.plain(value), str)


def test_deep_braces_are_no_trap() -> None:
    assert latex.plain("{" * 50_000 + "a" + "}" * 50_000) == "a"


@pytest.mark.parametrize(
    ("text", "suffix", "expected"),
    [
        ("% Encoding: UTF-8\n\n@Article{a,\n title = {A}}", "", True),
        ("Automatically generated by Mendeley Desktop 1.19\n\n@article{a,\n title={A}}", ".txt", True),
        ("My references\n@article{a,\n title={A}}", ".bib", True),
        ("My references\n@article{a,\n title={A}}", ".txt", False),
        ("# Title\n\n```bibtex\n@article{a,\n title={A}}\n```\n", ".md", False),
        ("@misc people: write to us = soon", ".txt", False),
        ("@article{", ".txt", False),
        ("@string{a = {B}}\n@article{a, title={A}}", ".bib", True),
    ],
)
def test_bibtex_is_recognised(text: str, suffix: str, expected: bool) -> None:
    assert bibtex.recognises(text.encode(), suffix) is expected
