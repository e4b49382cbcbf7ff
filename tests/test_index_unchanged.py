"""A rebuild that would change nothing is left; any reason to read again is one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import index.sources.pubmed_xml as pubmed_xml
import index.unchanged as unchanged
from index.encoders import HashingEncoder
from index.errors import LitquoteError
from index.library import Library
from index.manifest import Settings

Paper = Callable[..., Path]


@pytest.fixture
def filled(library: Library, paper: Paper) -> Library:
    files = [
        paper(f"{n}.xml", pmid=str(n), title=f"Cells of {n}", abstract=f"Cell {n} lives.") for n in (1, 2)
    ]
    library.add(files)
    return library


def generation(library: Library) -> int:
    return library.manifest.generation


def test_a_rebuild_of_what_has_not_changed_reads_and_writes_nothing(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, reads = generation(filled), []
    read = pubmed_xml.read
    monkeypatch.setattr(
        pubmed_xml, "read", lambda *given, **named: (reads.append(given), read(*given, **named))[1]
    )
    report = filled.rebuild()
    assert [(one.document_id, one.title) for one in report.unchanged] == [
        ("pmid:1", "Cells of 1"), ("pmid:2", "Cells of 2"),
    ]  # fmt: skip
    assert (generation(filled), reads, report.added, report.generation) == (before, [], [], before)
    assert [one.document_id for one in filled.rebuild(anew=True).added] == ["pmid:1", "pmid:2"]
    assert len(reads) == 2 and generation(filled) == before + 1
    assert len(filled.rebuild().unchanged) == 2  # nor after a rebuild


def test_a_file_that_has_gone_is_no_reason_and_one_that_has_changed_is(
    filled: Library, tmp_path: Path
) -> None:
    (tmp_path / "files" / "1.xml").unlink()
    assert len(filled.rebuild().unchanged) == 2
    second = tmp_path / "files" / "2.xml"
    os.utime(second, (1, 1))
    assert len(filled.rebuild().added) == 2


def test_other_settings_encoders_readers_and_papers_are_reasons(
    filled: Library, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rebuilt(**change: object) -> bool:
        before = generation(filled)
        filled.rebuild(**change)  # type: ignore[arg-type]
        return generation(filled) > before

    assert not rebuilt()
    assert not rebuilt(settings=filled.manifest.settings, reader="none", encoder=HashingEncoder(64))
    assert rebuilt(settings=Settings(titled=False)) and not rebuilt()
    assert rebuilt(settings=Settings(titled=False, index="ivf-sq8")) and not rebuilt()
    assert rebuilt(encoder=HashingEncoder(32)) and not rebuilt()
    assert rebuilt(reader="default") and not rebuilt()
    assert rebuilt(paths=[paper("3.xml", pmid="3", title="Cells of 3", abstract="Cell 3.")])
    filled.remove(["pmid:3"])
    assert rebuilt()
    with monkeypatch.context() as patch:
        patch.setattr(pubmed_xml, "VERSION", "99")
        assert rebuilt()  # and is signed by the reader of now
        assert not rebuilt()
    assert rebuilt()
    monkeypatch.setattr(unchanged, "litquote_version", lambda: "99")
    assert rebuilt()


@pytest.mark.parametrize("what", ["records.sqlite", "dense.faiss", "inbox"])
def test_damage_is_a_reason_and_what_can_be_is_mended(filled: Library, what: str, tmp_path: Path) -> None:
    root = filled.path
    pattern = "inbox/*" if what == "inbox" else f"segments/*/{what}"
    place = sorted(root.glob(pattern))[0]
    filled.close()
    place.write_bytes(place.read_bytes() + b"x")
    with Library.open(root, encoder=HashingEncoder(64)) as library:
        before = generation(library)
        try:
            library.rebuild()
        except LitquoteError:
            return  # too much is lost; what matters is that it is not called unchanged
        assert generation(library) > before and library.verify() == []
