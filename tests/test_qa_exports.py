"""Records written for reference managers, read back by litquote's own readers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.records import Author, Document, Reference, Retraction
from index.sources import reader_for
from qa.exports import FORMATS, bibtex, identifier, ids, ris

MA = Reference(
    title="Generation of neural stem cell-like cells: 50% & more {in vitro}",
    authors=(Author("Ma", "Kun"), Author("Nógrádi", "Antal"), Author(literal="The MS Group")),
    journal="Neurol Res",
    year=2011,
    date="2011-12-01",
    volume="33",
    issue="10",
    pages="1083-1093",
    doi="10.1179/1743132811y.0000000053",
    pmid="22196762",
)
SUFFIXES = {"ris": ".ris", "bibtex": ".bib", "csl": ".json"}


def back(path: Path) -> list[Reference]:
    found = reader_for(path, path.name).read(path, source="0" * 64, name=path.name)
    return [one.reference for one in found if isinstance(one, Document)]


def test_a_list_of_identifiers_names_each_paper_once_and_leaves_out_the_nameless() -> None:
    other = Reference(title="Another", doi="10.1000/x")
    assert ids([MA, other, Reference(title="Nameless")]) == "22196762\n10.1000/x\n"
    assert identifier(Reference(pmcid="PMC7")) == "PMC7"


def test_bibtex_of_one_paper() -> None:
    assert bibtex([replace(MA, authors_complete=False)]) == (
        "@article{ma2011,\n"
        "  author = {Ma, Kun and Nógrádi, Antal and {The MS Group} and others},\n"
        "  title = {{Generation of neural stem cell-like cells: 50\\% \\& more \\{in vitro\\}}},\n"
        "  journal = {Neurol Res},\n"
        "  year = {2011},\n"
        "  date = {2011-12-01},\n"
        "  volume = {33},\n"
        "  number = {10},\n"
        "  pages = {1083--1093},\n"
        "  doi = {10.1179/1743132811y.0000000053},\n"
        "  pmid = {22196762},\n"
        "}\n"
    )


def test_keys_are_used_once() -> None:
    keys = [line[9:-1] for line in bibtex([MA] * 30).splitlines() if line.startswith("@")]
    assert keys[:3] == ["ma2011", "ma2011a", "ma2011b"]
    assert keys[26:29] == ["ma2011z", "ma2011aa", "ma2011ab"]
    assert len(set(keys)) == 30


def test_ris_of_a_retracted_paper_says_so() -> None:
    notice = Retraction("retracted", "2019-03", "10.1000/notice")
    lines = ris([replace(MA, retraction=notice, authors_complete=False)]).split("\r\n")
    assert lines[0] == "TY  - JOUR"
    assert lines[1:5] == ["AU  - Ma, Kun", "AU  - Nógrádi, Antal", "AU  - The MS Group", "AU  - et al."]
    assert f"TI  - RETRACTED: {MA.title}" in lines
    assert "N1  - Retracted: 2019-03 10.1000/notice" in lines
    assert lines[-2:] == ["ER  - ", ""]


@pytest.mark.parametrize("kind", SUFFIXES)
def test_what_is_written_is_read_back(kind: str, tmp_path: Path) -> None:
    cut = replace(MA, pmid="22196763", doi="10.1000/b_c", authors_complete=False)
    path = tmp_path / f"export{SUFFIXES[kind]}"
    path.write_text(FORMATS[kind]([MA, cut]), "utf-8", newline="")
    first, second = back(path)
    for name in ("title", "authors", "journal", "year", "volume", "issue", "pages", "doi", "pmid"):
        assert getattr(first, name) == getattr(MA, name), name
    assert first.authors_complete
    assert (second.doi, second.authors_complete) == ("10.1000/b_c", False)
    assert second.authors == MA.authors


WORDS = st.text(st.sampled_from("abcXYZéß%&$#_{}~^\\'\"@-:,. 12βN"), min_size=1, max_size=30).map(
    lambda text: " ".join(text.split())
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=WORDS, journal=WORDS, kind=st.sampled_from(sorted(SUFFIXES)))
def test_any_characters_leave_the_rest_of_the_record_whole(
    title: str, journal: str, kind: str, tmp_path: Path
) -> None:
    odd = replace(MA, title=f"Start {title} end", journal=f"J {journal}")
    path = tmp_path / f"export{SUFFIXES[kind]}"
    path.write_text(FORMATS[kind]([odd, MA]), "utf-8", newline="")
    first, second = back(path)
    assert second.title == MA.title
    assert (first.pmid, first.doi, first.year, first.pages) == (MA.pmid, MA.doi, MA.year, MA.pages)
    assert first.authors == MA.authors
    if kind == "csl":
        assert json.loads(path.read_text("utf-8"))[0]["title"] == odd.title
