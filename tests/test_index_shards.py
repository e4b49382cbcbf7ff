"""Shards built apart and published give what one addition of the same sources gives."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import shard_build
from index.encoders import HashingEncoder, load_encoder
from index.errors import LibraryMismatch, ShardDamaged, SourceError, UsageError
from index.library import Library
from index.manifest import Settings
from index.paths import find
from index.prepared import Prepared, shard_folders
from index.records import Document, Failure, Fetched
from index.shard_build import Built, Job, build, finished, plan_of, slice_of
from index.shard_child import LOG, read_apart, suspects
from index.shard_plan import jobs_of, works_of
from index.shards import MANIFEST, Shard, ShardWriter, end_line, item_line, read_items, recipe_of
from qa import cli
from tests.broken_readers import HOOK
from tests.library_rows import assert_same, rows, vectors

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = ["Do stem cells cure mice?", "remyelination after transplantation", "sleep and heat"]

Paper = Callable[..., Path]


def jobs(paths: Iterable[Path], out: Path, of: int, encoder: Any) -> list[Job]:
    files, failures = find(paths)
    plan = plan_of(slice_of(files, 1, 1), failures, of)
    return [
        Job(
            str(out / f"shard-{number}"),
            slice_of(files, number, of),
            recipe_of(encoder, Settings()),
            plan,
            number,
            of,
            tuple(failures),
        )
        for number in range(1, of + 1)
    ]


def published(paths: Iterable[Path], work: Path, of: int, encoder: Any) -> Library:
    for job in jobs(paths, work / "out", of, encoder):
        build(job, encoder)
    library = Library.create(work / "published", encoder=encoder, reader="none")
    with Prepared(shard_folders([work / "out"])) as prepared:
        library.publish(prepared)
    return library


def added(paths: Iterable[Path], work: Path, encoder: Any) -> Library:
    library = Library.create(work / "local", encoder=encoder, reader="none")
    library.add(paths)
    return library


def write(folder: Path, name: str, content: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def ris(number: int, title: str, *more: str) -> str:
    lines = ["TY  - JOUR", f"TI  - {title}", f"DO  - 10.1/{number}", "AU  - Nógrádi, Antal", "PY  - 2020"]
    return "\n".join([*lines, *more, "ER  - ", ""])


@pytest.fixture
def mixed(tmp_path: Path, paper: Paper) -> Path:
    """One paper from three sources in three forms, twins, attachments, and all kinds of failures."""
    folder = tmp_path / "files"
    paper(
        "a.xml",
        {"pmid": "1", "doi": "10.1/1", "title": "Stem cells cure mice", "abstract": "They do. All of them."},
        {"pmid": "2", "title": "Sleep and heat", "abstract": "Sleep loss impairs heat acclimation."},
    )
    paper("twice.xml", pmid="2", title="Sleep and heat", abstract="Sleep loss impairs heat acclimation.")
    write(folder, "z.ris", ris(1, "Stem cells cure mice", "AB  - They do. All of them. Some came back."))
    write(folder, "export/my.ris", ris(9, "Remyelination after transplantation", "L1  - files/paper.txt"))
    body = "Remyelination after transplantation\n\nCells were transplanted. Remyelination followed in rats.\n"
    write(folder, "export/files/paper.txt", body * 3)
    write(folder, "copy of paper.txt", body * 3)
    write(folder, "half.ris", ris(4, "A whole record") + "TY  - JOUR\nTI  - cut")
    write(folder, "empty.txt", b"")
    write(folder, "picture.png", b"\x89PNG\r\n\x1a\n" + bytes(40))
    write(folder, "damaged.docx", b"PK\x03\x04word/document.xml" + bytes(99))
    write(folder, "broken.xml", "<PubmedArticleSet><PubmedArticle>")
    return folder


@pytest.mark.parametrize("of", [1, 2, 5, 40])
def test_publishing_shards_equals_adding(
    mixed: Path, tmp_path: Path, encoder: HashingEncoder, of: int
) -> None:
    sources = [mixed / "z.ris", mixed, tmp_path / "missing"]
    with added(sources, tmp_path, encoder) as local, published(sources, tmp_path, of, encoder) as ours:
        assert_same(local, ours, QUESTIONS)
        assert len(local) == 4 and len(local.failures()) >= 4


def test_the_report_of_publishing_is_that_of_adding(
    mixed: Path, tmp_path: Path, encoder: HashingEncoder
) -> None:
    sources = [mixed, tmp_path / "missing"]
    with Library.create(tmp_path / "local", encoder=encoder, reader="none") as local:
        expected = local.add(sources).to_dict()
    for job in jobs(sources, tmp_path / "out", 3, encoder):
        build(job, encoder)
    with (
        Prepared(shard_folders([tmp_path / "out"])) as prepared,
        Library.create(tmp_path / "ours", encoder=encoder, reader="none") as ours,
    ):
        got = ours.publish(prepared).to_dict()
    for timed in ("seconds", "documents_per_second"):
        del expected[timed], got[timed]
    assert got == expected


def test_neither_reading_nor_encoding_happens_when_shards_are_published(
    mixed: Path, tmp_path: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for job in jobs([mixed / "a.xml", mixed / "z.ris"], tmp_path / "out", 2, encoder):
        build(job, encoder)

    def no(*_: object, **__: object) -> None:
        raise AssertionError("this was done in the shards")

    import index.sources.pubmed_xml
    import index.sources.ris

    monkeypatch.setattr(index.sources.pubmed_xml, "read", no)
    monkeypatch.setattr(index.sources.ris, "read", no)
    with Library.create(tmp_path / "ours", encoder=encoder, reader="none") as ours:
        monkeypatch.setattr(HashingEncoder, "encode", no)
        with Prepared(shard_folders([tmp_path / "out"])) as prepared:
            report = ours.publish(prepared)
            assert prepared.computed == 0 and prepared.found > 4
    assert len(report.added) == 2 and report.failed == []


def test_publishing_needs_the_shards_alone(mixed: Path, tmp_path: Path, encoder: HashingEncoder) -> None:
    """The sources may be gone, and the shards may have been moved."""
    with added([mixed], tmp_path, encoder) as local:
        expected = rows(local)
    for job in jobs([mixed], tmp_path / "out", 2, encoder):
        build(job, encoder)
    (tmp_path / "out").rename(tmp_path / "moved")
    mixed.rename(tmp_path / "elsewhere")
    with (
        Prepared(shard_folders(sorted((tmp_path / "moved").iterdir()))) as prepared,
        Library.create(tmp_path / "ours", encoder=encoder, reader="none") as ours,
    ):
        ours.publish(prepared)
        found = rows(ours)
        found.pop("failures"), expected.pop("failures")  # of files that are gone nothing is said
        assert found == expected
        again = ours.rebuild(anew=True)
        assert [failure.uri for failure in again.failed if "a.xml" in failure.uri] == []


def test_shards_may_be_published_into_a_library_that_holds_some(
    mixed: Path, tmp_path: Path, encoder: HashingEncoder, paper: Paper
) -> None:
    before = paper("before.xml", pmid="1", title="Stem cells cure mice", abstract="Earlier words.")
    earlier = tmp_path / "before.xml"
    shutil.move(before, earlier)
    libraries = []
    for name in ("local", "published"):
        library = Library.create(tmp_path / name, encoder=encoder, reader="none")
        library.add([earlier, mixed / "twice.xml"])
        library.remove(["pmid:2"])
        libraries.append(library)
    local, _ = libraries
    local.add([mixed])
    with local, published([mixed], tmp_path, 3, encoder) as ours:
        assert_same(local, ours, QUESTIONS)
        assert rows(ours)["removed"] != []


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "1", "2", "3"]),
            st.sampled_from(["", "10.1/1", "10.1/2"]),
            st.sampled_from(
                ["Stem cells cure mice of all ages", "Sleep and heat acclimation in men", "Rats"]
            ),
            st.text("abc. \ud7ff\U0001f600é", max_size=40),
        ),
        max_size=6,
    ),
    st.integers(1, 4),
)
def test_any_records_in_any_number_of_shards_equal_adding(
    records: list[tuple[str, str, str, str]], of: int
) -> None:
    encoder = HashingEncoder(16)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for number, (pmid, doi, title, abstract) in enumerate(records):
            lines = [f"PMID- {pmid}"] * bool(pmid) + [f"TI  - {title}", f"AB  - {abstract}", "DP  - 2020"]
            lines += [f"LID - {doi} [doi]"] * bool(doi)
            write(work / "files", f"{number}.nbib", "\n".join(lines) + "\n")
        (work / "files").mkdir(exist_ok=True)
        sources = [work / "files"]
        with added(sources, work, encoder) as local, published(sources, work, of, encoder) as ours:
            assert_same(local, ours, [])


def test_the_bundled_model_gives_the_same_vectors_in_shards(tmp_path: Path, seed: Path, paper: Paper) -> None:
    encoder = load_encoder()
    file = paper("a.xml", pmid="1", title="Stem cells cure mice", abstract="They do. All of them. " * 30)
    sources = [seed, file]
    with added(sources, tmp_path, encoder) as local, published(sources, tmp_path, 2, encoder) as ours:
        assert_same(local, ours, ["Is there a cure for multiple sclerosis?"])
        assert len(vectors(ours)) > 8


def test_real_files_of_every_kind_give_the_same_in_shards(
    tmp_path: Path, shared: Path, encoder: HashingEncoder
) -> None:
    sources = []
    for kind in sorted(path for path in (shared / "files").iterdir() if path.is_dir()):
        files = sorted(path for path in kind.rglob("*") if path.is_file())
        sources += sorted(files, key=lambda path: path.stat().st_size)[: 1 if kind.name == "pdf" else 3]
    with added(sources, tmp_path, encoder) as local, published(sources, tmp_path, 3, encoder) as ours:
        assert_same(local, ours, ["stem cells", "risk of bias"])
        assert len(local) > 15


# -- resume -----------------------------------------------------------------------------------------


def test_a_finished_shard_is_not_built_again(mixed: Path, tmp_path: Path, encoder: HashingEncoder) -> None:
    (job,) = jobs([mixed], tmp_path / "out", 1, encoder)
    first = build(job, encoder)
    manifest = Path(job.folder, MANIFEST)
    stamp = manifest.stat().st_mtime_ns
    again = build(job, encoder)
    assert (first.again, again.again) == (False, True)
    assert manifest.stat().st_mtime_ns == stamp
    assert replace_again(again) == first
    assert first.failed >= 4 and first.sources == 11


def replace_again(built: Built) -> Built:
    return replace(built, again=False)


@pytest.mark.parametrize("change", ["encoder", "settings", "readers", "source", "more", "ocr"])
def test_a_shard_of_anything_else_is_built_again(
    mixed: Path, tmp_path: Path, encoder: HashingEncoder, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = jobs([mixed], tmp_path / "out", 1, encoder)
    build(job, encoder)
    recipe = job.recipe
    if change == "encoder":
        encoder = HashingEncoder(32)
        job = replace(job, recipe=recipe_of(encoder, Settings()))
    elif change == "settings":
        job = replace(job, recipe=replace(recipe, settings=Settings(max_tokens=50)))
    elif change == "readers":
        import index.sources.ris

        monkeypatch.setattr(index.sources.ris, "VERSION", "99")
        job = replace(job, recipe=recipe_of(encoder, Settings()))
    elif change == "ocr":
        job = replace(job, recipe=replace(recipe, ocr="eng"))
    elif change == "source":
        write(mixed, "z.ris", ris(1, "Another title altogether"))
    else:
        write(mixed, "zz.ris", ris(77, "One more"))
        (job,) = jobs([mixed], tmp_path / "out", 1, encoder)
    built = build(job, encoder)
    assert not built.again and built.damaged == ""
    assert build(job, encoder).again


@pytest.mark.parametrize("name", ["documents.jsonl", "names.npy", "vectors.f32", "shard.json", "original"])
@pytest.mark.parametrize("how", ["altered", "gone"])
def test_a_damaged_shard_is_told_and_built_again(
    mixed: Path, tmp_path: Path, encoder: HashingEncoder, name: str, how: str
) -> None:
    (job,) = jobs([mixed], tmp_path / "out", 1, encoder)
    build(job, encoder)
    folder = Path(job.folder)
    path = sorted((folder / "originals").iterdir())[0] if name == "original" else folder / name
    if how == "altered":
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif name == "shard.json":
        assert shard_folders([folder.parent]) == [folder]
        path.unlink()
        with pytest.raises(UsageError, match="no finished shard"):
            shard_folders([folder])
        assert build(job, encoder).damaged == ""
        return
    else:
        path.unlink()
    with pytest.raises(ShardDamaged, match="is damaged"):
        Prepared([folder])
    built = build(job, encoder)
    assert "is damaged" in built.damaged and not built.again
    Prepared([folder]).close()


def test_an_original_that_goes_bad_while_it_is_published_changes_nothing(
    mixed: Path, tmp_path: Path, encoder: HashingEncoder
) -> None:
    (job,) = jobs([mixed], tmp_path / "out", 1, encoder)
    build(job, encoder)
    with Library.create(tmp_path / "ours", encoder=encoder, reader="none") as ours:
        before = ours.manifest
        with Prepared([Path(job.folder)]) as prepared:
            copy = next(p for p in Path(job.folder, "originals").iterdir() if b"Sleep" in p.read_bytes())
            copy.write_bytes(copy.read_bytes() + b" ")
            with pytest.raises(ShardDamaged, match="build its shard again"):
                ours.publish(prepared)
        assert ours.manifest == before and ours.verify() == []


class Died(BaseException):
    """What a killed worker leaves behind is what this leaves behind."""


def test_a_half_written_shard_is_no_shard_and_is_swept(
    mixed: Path, tmp_path: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = jobs([mixed], tmp_path / "out", 1, encoder)

    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(HashingEncoder, "encode", die)
        with pytest.raises(Died):
            build(job, encoder)
    assert [path.name.split("-")[:3] for path in Path(job.folder).parent.iterdir()] != []
    with pytest.raises(UsageError, match="no finished shard"):
        shard_folders([tmp_path / "out"])
    assert finished(job) is None
    assert not build(job, encoder).again
    assert [path.name for path in Path(job.folder).parent.iterdir()] == ["shard-1"]
    assert not (Path(job.folder) / LOG).exists()


def test_two_workers_on_one_shard_leave_one_whole_shard(
    mixed: Path, tmp_path: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slower of the two finds the other's finished and keeps it."""
    (job,) = jobs([mixed], tmp_path / "out", 1, encoder)
    move = shard_build._move_into_place

    def overtaken(part: Path, job: Job) -> None:
        monkeypatch.setattr(shard_build, "_move_into_place", move)
        aside = part.with_name("aside")  # else the other takes it for a dead one's and sweeps it
        part.rename(aside)
        build(job, encoder)
        aside.rename(part)
        move(part, job)

    monkeypatch.setattr(shard_build, "_move_into_place", overtaken)
    build(job, encoder)
    assert [path.name for path in Path(job.folder).parent.iterdir()] == ["shard-1"]
    Shard(Path(job.folder)).close()


# -- sources that break their reader ----------------------------------------------------------------


def poisonous(folder: Path) -> dict[str, str]:
    """An environment in which reading a RIS file called poison… ends the process."""
    write(folder, "sitecustomize.py", HOOK)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}


def test_a_source_that_ends_its_reader_becomes_one_failed_source(mixed: Path, tmp_path: Path) -> None:
    write(mixed, "poison.ris", ris(66, "Poison"))
    write(mixed, "sub/poison2.ris", ris(67, "More poison"))
    command = [sys.executable, "-m", "qa.cli", "build-shard", "1/1", str(mixed), "--encoder", "hashing"]
    command += ["--out", str(tmp_path / "out")]
    codes = [
        subprocess.run(command, env=poisonous(tmp_path / "site"), cwd=ROOT, check=False).returncode
        for _ in range(3)
    ]
    assert codes == [9, 9, 0]
    with (
        Prepared(shard_folders([tmp_path / "out"])) as prepared,
        Library.create(tmp_path / "ours", encoder=HashingEncoder(64), reader="none") as ours,
    ):
        ours.publish(prepared)
        told = {Path(one.uri).name: one.reason for one in ours.failures() if "poison" in one.uri}
        assert set(told) == {"poison.ris", "poison2.ris"}
        assert all("ended the process that read it" in reason for reason in told.values())
        assert len(ours) == 4


def test_a_suspect_that_is_innocent_is_read_as_any_other(
    mixed: Path, tmp_path: Path, encoder: HashingEncoder
) -> None:
    (job,) = jobs([mixed], tmp_path / "out", 1, encoder)
    for number, work in enumerate(job.works[:4]):
        told = [{"suspects": []}, {"uri": "another"}, {"uri": work.uri}]
        log = Path(job.folder + f".part-dead-{number}") / LOG
        write(log.parent, LOG, "\n".join(map(json.dumps, told)) + "\n")
    write(Path(job.folder + ".part-cut"), LOG, b'{"susp')
    assert suspects(Path(job.folder)) == {work.uri for work in job.works[:4]}
    build(job, encoder)
    with added([mixed], tmp_path, encoder) as local:
        library = Library.create(tmp_path / "published", encoder=encoder, reader="none")
        with library, Prepared([Path(job.folder)]) as prepared:
            library.publish(prepared)
            assert_same(local, library, QUESTIONS)


def test_what_a_child_reads_is_what_the_reader_gives(tmp_path: Path, seed: Path) -> None:
    from index.sources import reader_for

    direct = list(reader_for(seed, seed.name).read(seed, source="a" * 64, name=seed.name))
    assert list(read_apart(seed, "a" * 64, seed.name, "", tmp_path)) == direct
    write(tmp_path, "empty.txt", "")
    with pytest.raises(SourceError, match="the file is empty"):
        list(read_apart(tmp_path / "empty.txt", "b" * 64, "empty.txt", "", tmp_path))


@pytest.mark.parametrize("kind", [MemoryError, RuntimeError, OSError])
def test_an_encoder_that_breaks_down_is_no_failure_of_a_source(
    mixed: Path,
    tmp_path: Path,
    encoder: HashingEncoder,
    kind: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (job,) = jobs([mixed], tmp_path / "out", 1, encoder)
    monkeypatch.setattr(shard_build, "_BATCH", 1)

    def broken(*_: object) -> None:
        raise kind("out of something")

    with monkeypatch.context() as patch:
        patch.setattr(HashingEncoder, "encode", broken)
        with pytest.raises(kind):
            build(job, encoder)
    assert finished(job) is None
    assert build(job, encoder).failed == 5


def test_what_cannot_be_stored_is_left_to_the_publisher(
    mixed: Path, tmp_path: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that breaks on the disk, or gives what is no text, in one place and not in the other."""
    import index.sources.ris

    read = index.sources.ris.read

    def torn(path: Path, *, source: str, name: str) -> Any:
        if name == "z.ris":
            raise OSError(5, "Input/output error")
        for item in read(path, source=source, name=name):
            yield replace(item, title="\ud800") if name == "my.ris" else item

    (job,) = jobs([mixed], tmp_path / "out", 1, encoder)
    with monkeypatch.context() as patch:
        patch.setattr(index.sources.ris, "read", torn)
        build(job, encoder)
    with Prepared([Path(job.folder)]) as prepared:
        missing = {entry.name for entry in prepared.shards[0].manifest.entries if entry.offset < 0}
        assert {"z.ris", "my.ris"} <= missing
        library = Library.create(tmp_path / "published", encoder=encoder, reader="none")
        with added([mixed], tmp_path, encoder) as local, library:
            library.publish(prepared)
            assert_same(local, library, QUESTIONS)


# -- the format -------------------------------------------------------------------------------------


def test_lines_give_back_what_was_written_and_raise_where_the_reader_did(tmp_path: Path, seed: Path) -> None:
    from index.sources import reader_for

    items: list[Document | Failure] = list(reader_for(seed, seed.name).read(seed, source="a", name="n"))
    items.append(Failure("n#2", "cut"))
    path = tmp_path / "lines"
    path.write_bytes(b"".join(map(item_line, items)) + end_line("") + item_line(items[-1]) + end_line("bad"))
    assert list(read_items(path)) == items
    second = read_items(path, len(b"".join(map(item_line, items)) + end_line("")))
    assert next(second) == items[-1]
    with pytest.raises(SourceError, match=r"^bad$"):
        next(second)
    path.write_bytes(item_line(items[-1]))
    with pytest.raises(ShardDamaged, match="breaks off"):
        list(read_items(path))


@settings(max_examples=30, deadline=None)
@given(
    st.sets(st.binary(min_size=16, max_size=16), max_size=30), st.sets(st.binary(min_size=16, max_size=16))
)
def test_vectors_are_found_by_name_and_no_other(held: set[bytes], asked: set[bytes]) -> None:
    """Against a dictionary; names that share their first half are told apart."""
    names = list(held | {name[:8] + bytes(8) for name in list(held)[:5]})
    made = np.random.default_rng(7).random((len(names), 3), dtype=np.float32)
    with tempfile.TemporaryDirectory() as name:
        writer = ShardWriter(Path(name) / "s", 3)
        encoder = HashingEncoder(3)
        for row in range(0, len(names), 4):
            writer.add_vectors(names[row : row + 4], made[row : row + 4])
        recipe = recipe_of(encoder, Settings())
        writer.finish([], recipe, number=1, of=1, plan="p", failures=[], originals=True)
        oracle = dict(zip(names, made, strict=True))
        with Prepared([Path(name) / "s"]) as prepared:
            wanted = [*names, *asked]
            out = np.full((len(wanted), 3), -1, np.float32)
            ready = prepared.fill(out, wanted)
            for row, one in enumerate(wanted):
                if row in ready:
                    assert out[row].tolist() == oracle[one].tolist()
                else:
                    assert one not in oracle or sum(n[:8] == one[:8] for n in names) > 1
            assert prepared.found == len(ready) and prepared.computed == len(wanted) - len(ready)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 40), st.integers(1, 9))
def test_the_slices_are_the_whole_list_each_source_once(files: int, of: int) -> None:
    from index.paths import Found

    whole = [Found(Path(f"/f/{n}").absolute(), n % 2 == 0) for n in range(files)]
    parts = [slice_of(whole, number, of) for number in range(1, of + 1)]
    places = sorted(work.place for part in parts for work in part)
    assert places == list(range(files))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


# -- what does not fit ------------------------------------------------------------------------------


def test_missing_and_mixed_shards_are_refused(mixed: Path, tmp_path: Path, encoder: HashingEncoder) -> None:
    made = jobs([mixed], tmp_path / "out", 3, encoder)
    for job in (made[0], made[2]):
        build(job, encoder)
    refused = pytest.raises(UsageError, match=r"lack 2/3; .*litquote build-shard 2/3")
    with Prepared(shard_folders([tmp_path / "out"])) as prepared, refused:
        prepared.files()
    other = jobs([mixed / "a.xml"], tmp_path / "out", 3, encoder)[1]  # of another list of sources
    build(other, encoder)
    with Prepared(shard_folders([tmp_path / "out"])) as prepared, pytest.raises(UsageError, match="lack"):
        prepared.files()


def test_shards_of_another_encoder_reader_or_precision_are_refused(
    mixed: Path, tmp_path: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = jobs([mixed], tmp_path / "out", 1, encoder)
    build(job, encoder)
    with Prepared([Path(job.folder)]) as prepared:
        other = Library.create(tmp_path / "other", encoder=HashingEncoder(32), reader="none")
        with other, pytest.raises(LibraryMismatch, match="was made with the encoder hashing-64"):
            other.publish(prepared)
        with Library.create(tmp_path / "same", encoder=encoder, reader="none") as same:
            import index.sources.ris

            with monkeypatch.context() as patch:
                patch.setattr(index.sources.ris, "VERSION", "99")
                with pytest.raises(LibraryMismatch, match="another version of litquote's readers"):
                    same.publish(prepared)
            with monkeypatch.context() as patch:
                patch.setattr(HashingEncoder, "precision", "bf16")
                with pytest.raises(LibraryMismatch, match="computes in bf16"):
                    same.publish(prepared)
            same.publish(prepared)
            assert len(same) == 4
        exact = Settings(index="exact")  # how vectors are indexed is not the shards' concern
        with Library.create(tmp_path / "exact", encoder=encoder, reader="none", settings=exact) as found:
            found.publish(prepared)
            assert len(found) == 4 and {one.dense for one in found.manifest.segments} == {"Flat"}


# -- rebuilds ---------------------------------------------------------------------------------------


def test_a_rebuild_from_shards_equals_a_rebuild(mixed: Path, tmp_path: Path, encoder: HashingEncoder) -> None:
    """With sources changed, gone, removed and new since, and no vector of the library computed again."""
    with added([mixed], tmp_path, encoder) as library:
        library.remove(["pmid:2"])
        fetched = (
            (mixed / "twice.xml").read_bytes().replace(b"Sleep", b"Fetched sleep").replace(b">2<", b">8<")
        )
        library.put([Fetched("pmid:8", "PMID 8.xml", fetched, ("doi:10.1/8",))])
    write(mixed, "z.ris", ris(1, "Stem cells cure mice", "AB  - Now something else is said here."))
    write(mixed, "new.ris", ris(50, "New since then", "AB  - Sleep and heat, again."))
    (mixed / "export" / "my.ris").unlink()
    shutil.copytree(tmp_path / "local", tmp_path / "twin")
    with Library.open(tmp_path / "local", encoder=encoder) as local:
        local.rebuild([mixed])
        with Library.open(tmp_path / "twin", encoder=encoder) as twin:
            works = works_of(twin, find([mixed])[0])
            made = jobs_of(works, recipe_of(encoder, Settings()), twin.path)
            for job in made:
                built = build(job, encoder)
                assert 0 < built.vectors < 8 and built.unseen == []  # of the new and the changed
            with Prepared(Path(job.folder) for job in made) as prepared:
                with pytest.raises(UsageError, match="belongs to a rebuild"):
                    prepared.files()
                twin.rebuild([mixed], prepared=prepared)
            assert_same(local, twin, QUESTIONS)
            ids = [document.id for document in twin.documents()]
            assert "pmid:2" not in ids and "pmid:8" in ids and prepared.computed < 12


def test_a_rebuild_falls_back_on_its_own_reading_where_shards_are_stale(
    mixed: Path, tmp_path: Path, encoder: HashingEncoder
) -> None:
    with added([mixed], tmp_path, encoder) as library:
        made = jobs_of(works_of(library, []), recipe_of(encoder, Settings()), library.path)
        for job in made:
            build(job, encoder)
        write(mixed, "z.ris", ris(1, "Stem cells cure mice", "AB  - Written after the shards."))
        with Prepared(Path(job.folder) for job in made) as prepared:
            library.rebuild(prepared=prepared)
        texts = [library.document(document.id).text.content for document in library.documents()]
        assert any("Written after the shards." in text for text in texts)


# -- the command line -------------------------------------------------------------------------------


def run(*arguments: str) -> int:
    return cli.main(list(arguments))


def test_the_commands_build_and_publish(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], encoder: HashingEncoder
) -> None:
    out, place = str(tmp_path / "out"), str(tmp_path / "published")
    for part in ("1/2", "2/2"):
        code = run("build-shard", part, str(mixed), "--out", out, "--encoder", "hashing", "--json")
        assert code == 0
    capsys.readouterr()
    assert run("build-shard", "2/2", str(mixed), "--out", out, "--encoder", "hashing") == 0
    assert "was finished already: 5 sources" in capsys.readouterr().out
    assert run("publish", out, "--library", place, "--json") == 1  # some sources failed
    said = json.loads(capsys.readouterr().out)
    assert (len(said["added"]), len(said["merged"])) == (5, 3)
    with added([mixed], tmp_path, encoder) as local, Library.open(place, encoder=encoder) as ours:
        assert_same(local, ours, QUESTIONS)


def test_parts_are_not_written_among_the_sources(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inside = ("--out", str(mixed / "export" / "out"), "--encoder", "hashing")
    assert run("build-shard", "1/2", str(mixed), *inside) == 2
    assert "lies among the sources" in capsys.readouterr().err
    assert run("build-shard", "1/2", str(mixed / "a.xml"), *inside) == 0


@pytest.mark.parametrize("part", ["0/2", "3/2", "1", "a/b", "1/2/3", "/"])
def test_a_part_that_cannot_be_is_refused(
    part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("build-shard", part, str(tmp_path), "--out", str(tmp_path / "o")) == 2
    assert "is no part; write I/N" in capsys.readouterr().err


def test_build_shard_takes_encoder_settings_and_vectors_of_a_library(
    mixed: Path, tmp_path: Path, encoder: HashingEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    with Library.create(tmp_path / "local", encoder=encoder, settings=Settings(max_tokens=20)) as library:
        library.add([mixed])
    where = ("--out", str(tmp_path / "out"), "--library", str(tmp_path / "local"))
    assert run("build-shard", "1/1", str(mixed), *where, "--json") == 0
    assert json.loads(capsys.readouterr().out)["vectors"] == 0
    (shard,) = shard_folders([tmp_path / "out"])
    with Prepared([shard]) as prepared:
        assert prepared.recipe.settings.max_tokens == 20
