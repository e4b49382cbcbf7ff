"""Papers that are related and stay apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.library import Library
from index.related import Related, related
from qa import cli

TITLE = "Songs of humpback whales in the winter months"


def record(**changes: str) -> str:
    """An nbib record of one paper."""
    fields = {
        "PMID": "",
        "TI": TITLE,
        "AU": "Payne R",
        "DP": "2020",
        "PT": "Journal Article",
        "TA": "J Test",
    } | changes
    lines = [f"{tag.ljust(4)}- {value}" for tag, value in fields.items() if value]
    return "\n".join(lines) + "\n\n"


def add(library: Library, tmp_path: Path, *records: str) -> list[str]:
    for number, text in enumerate(records):
        path = tmp_path / f"{number}.nbib"
        path.write_text(text, "utf-8")
        library.add(path)
    return [one.id for one in library.documents()]


def test_preprint_and_paper_stay_apart_and_know_each_other(library: Library, tmp_path: Path) -> None:
    preprint = record(PMID="1", LID="10.1101/a [doi]", PT="Preprint", DP="2019 Nov")
    paper = record(PMID="2", LID="10.1000/a [doi]")
    assert add(library, tmp_path, preprint, paper) == ["pmid:1", "pmid:2"]
    assert related(library, "pmid:1") == [Related("published", "pmid:2", TITLE)]
    assert related(library, "10.1000/a") == [Related("preprint", "pmid:1", TITLE)]


def test_one_title_in_two_volumes_is_two_papers(library: Library, tmp_path: Path) -> None:
    first, second = (record(VI=str(n), PG=f"{n}00-{n}09", PMID=str(n)) for n in (1, 2))
    assert len(add(library, tmp_path, first, second)) == 2
    assert [one.kind for one in related(library, "pmid:1")] == ["same title"]


def test_one_title_years_apart_is_not_related(library: Library, tmp_path: Path) -> None:
    assert len(add(library, tmp_path, record(PMID="1"), record(PMID="2", DP="2010"))) == 2
    assert related(library, "pmid:1") == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_erratum_and_its_paper_know_each_other_whatever_came_first(
    library: Library, tmp_path: Path, order: tuple[int, int]
) -> None:
    both = (
        record(PMID="1"),
        record(PMID="2", TI=f"Erratum: {TITLE}", PT="Published Erratum", EFR="J Test. 2020. PMID: 1"),
    )
    add(library, tmp_path, *(both[place] for place in order))
    assert related(library, "pmid:1") == [Related("erratum", "pmid:2", f"Erratum: {TITLE}")]
    assert related(library, "pmid:2") == [Related("erratum-for", "pmid:1", TITLE)]
    library.remove(["pmid:2"])
    assert related(library, "pmid:1") == []


def test_show_names_what_is_beside_a_paper(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(library, tmp_path, record(PMID="1", PT="Preprint"), record(PMID="2"))
    assert cli.main(["show", "pmid:2", "--library", str(library.path)]) == 0
    assert f"preprint: {TITLE} (pmid:1)" in " ".join(capsys.readouterr().out.split())
    assert cli.main(["show", "pmid:2", "--library", str(library.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["related"] == [
        {"kind": "preprint", "document_id": "pmid:1", "title": TITLE}
    ]
