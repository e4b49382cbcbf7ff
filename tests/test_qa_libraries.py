"""``litquote libraries``, and libraries named by their titles wherever a command takes one."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from index.encoders import HashingEncoder
from index.library import Library
from index.shelf import Shelf
from qa.records import in_bytes
from tests.commands import Run


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("LITQUOTE_LIBRARY", raising=False)
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], data: Path, paper: Callable[..., Path]) -> Run:
    """Over a library called "MS reviews" with one paper on legs."""
    found = Run(capsys)
    assert found("libraries", "create", "MS reviews")[0] == 0
    Library.create(data / "libraries" / "ms-reviews", encoder=HashingEncoder(64), reader="none").close()
    legs = paper("legs.xml", pmid="1", title="A paper on axolotl legs", abstract="Axolotls grow legs.")
    assert found("add", legs, "--library", "ms reviews")[0] == 0
    return found


def listed(run: Run) -> dict[str, Any]:
    return {one["title"]: one for one in run.json("libraries")["libraries"]}


def test_the_libraries_are_listed_with_place_and_size(run: Run, data: Path) -> None:
    code, out = run("libraries")
    sizes = listed(run)["MS reviews"]["bytes"]
    assert code == 0
    assert out.split("\n\n")[0] == (
        f"My library (used where no --library is named)\n    nothing was added yet\n    {data / 'library'}"
    )
    own = out.split("\n\n")[1].splitlines()
    assert own[0] == "MS reviews" and own[2] == f"    {data / 'libraries' / 'ms-reviews'}"
    assert own[1].startswith(
        f"    1 paper, 2 passages; {in_bytes(sizes['all'])} (index {in_bytes(sizes['index'])}, "
        f"texts {in_bytes(sizes['texts'])}, originals {in_bytes(sizes['originals'])}); changed 2"
    )
    assert sizes["originals"] == (data.parent / "files" / "legs.xml").stat().st_size
    assert out.split("\n\n")[2].startswith(
        "Demo (the demo, apart from your own)\n    made when it is first used"
    )


def test_a_list_for_programs(run: Run, data: Path) -> None:
    said = run.json("libraries")
    assert said["problem"] is None
    assert [(one["name"], one["kind"]) for one in said["libraries"]] == [
        ("library", "default"),
        ("ms-reviews", "own"),
        ("demo", "demo"),
    ]
    own = said["libraries"][1]
    assert set(own["bytes"]) == {"all", "texts", "index", "originals", "other"}
    assert (own["documents"], own["passages"], own["generation"], own["problem"]) == (1, 2, 2, None)


@pytest.mark.parametrize("name", ["MS reviews", "ms REVIEWS", "ms-reviews"])
def test_every_command_takes_a_title(run: Run, data: Path, name: str) -> None:
    said = run.json("ask", "Do axolotls grow legs?", "--library", name)
    assert said["quotes"][0]["text"] == "Axolotls grow legs."
    path = str(data / "libraries" / "ms-reviews")
    assert run.json("sources", "--library", name)["library"] == path
    for command in ("verify", "rebuild", "compact", "rollback", "failures", "retractions"):
        assert run(command, "--library", name)[0] == 0, run.err
    assert run.json("sources", "--library", path)["library"] == path


def test_the_environment_takes_a_title(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITQUOTE_LIBRARY", "MS reviews")
    assert len(run.json("sources")["documents"]) == 1
    assert listed(run)["MS reviews"]["kind"] == "default"
    monkeypatch.setenv("LITQUOTE_LIBRARY", "MS revue")
    assert run("sources")[0] == 2
    assert "there is no library called 'MS revue'; the nearest: “MS reviews”;" in run.err
    assert run("libraries")[0] == 0


def test_a_title_that_is_not_there_makes_nothing_and_the_nearest_are_named(run: Run, data: Path) -> None:
    before = sorted(data.parent.rglob("*"))
    for command in (("ask", "legs?"), ("add", "files"), ("sources",), ("serve",), ("rebuild",)):
        assert run(*command, "--library", "MS revews") == (2, "")
        assert run.err == (
            "litquote: there is no library called 'MS revews'; the nearest: “MS reviews”; list them with: "
            "litquote libraries; make one with: litquote libraries create TITLE; a folder of that name is "
            f".{os.sep}MS revews\n"
        )
    assert sorted(data.parent.rglob("*")) == before


def test_a_path_is_a_path_whatever_the_titles_are(run: Run, data: Path) -> None:
    """A folder that exists, or a name with a separator, is no title."""
    assert run("ask", "legs?", "--library", f".{os.sep}MS reviews")[0] == 3
    Path("MS reviews").mkdir()
    assert run("ask", "legs?", "--library", "MS reviews")[0] == 3
    assert "there is no library at MS reviews yet" in run.err
    assert run("ask", "legs?", "--library", "ms-reviews")[0] == 0


def test_libraries_are_renamed(run: Run) -> None:
    assert run("libraries", "rename", "ms reviews", "Sklerose") == (
        0, "“MS reviews” is called “Sklerose” from now on\n"
    )  # fmt: skip
    assert run("sources", "--library", "sklerose")[0] == 0
    assert run("sources", "--library", "MS reviews")[0] == 2


def test_erasing_says_first_what_would_be_lost(run: Run, data: Path) -> None:
    path, size = data / "libraries" / "ms-reviews", in_bytes(listed(run)["MS reviews"]["bytes"]["all"])
    assert run("libraries", "erase", "MS reviews") == (2, "")
    told = f"“MS reviews”: 1 paper, {size}, at {path}"
    assert run.err == f"litquote: this would erase {told}; nothing was erased; to do it, add --yes\n"
    assert run("verify", "--library", "MS reviews")[0] == 0
    assert run("libraries", "erase", "MS reviews", "--yes") == (0, f"erased {told}\n")
    assert not path.exists() and list(listed(run)) == ["My library", "Demo"]
    assert run("libraries", "erase", "library", "--yes")[0] == 3, "it was never made"


def test_erasing_says_what_it_left(run: Run, data: Path) -> None:
    path = data / "libraries" / "ms-reviews"
    for number in range(7):
        (path / f"note{number}.txt").touch()
    said = run.json("libraries", "erase", "MS reviews", "--yes")
    assert said["left"] == [f"note{number}.txt" for number in range(7)] and said["pending"] == []
    assert said["erased"]["title"] == "MS reviews"
    assert len(list(path.iterdir())) == 7


def test_a_library_elsewhere_is_attached_and_detached(run: Run, tmp_path: Path) -> None:
    away = tmp_path / "away"
    Library.create(away, encoder=HashingEncoder(64), reader="none").close()
    assert run("libraries", "attach", "away") == (0, f"“away” at {away} is listed from now on\n")
    assert listed(run)["away"]["kind"] == "attached"
    assert run("sources", "--library", "AWAY")[0] == 0
    assert run("libraries", "detach", "away") == (
        0, f"{away} is not listed any more; nothing in it has changed\n"
    )  # fmt: skip
    assert "away" not in listed(run) and len(Library.open(away)) == 0
    assert run("libraries", "attach", tmp_path)[0] == 3


def test_a_damaged_list_of_attached_libraries_is_said(run: Run, data: Path) -> None:
    (data / "libraries.json").write_bytes(b"\xff")
    code, out = run("libraries")
    assert code == 0 and out.startswith("My library") and "attach them again with:" in " ".join(out.split())
    assert "cannot be read" in run.json("libraries")["problem"]


@pytest.mark.parametrize(
    "words",
    [
        ("create",),
        ("create", "MS", "reviews"),
        ("rename", "a"),
        ("erase",),
        ("list", "a"),
        ("attach",),
        ("detach", "a", "b"),
    ],
)
def test_what_is_missing_or_too_much_is_said(run: Run, words: tuple[str, ...]) -> None:
    assert run("libraries", *words) == (2, "")
    assert run.err.startswith(f"litquote: write: litquote libraries {words[0]}")


def test_the_demo_is_named_like_another_and_takes_no_papers(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Library.create(data / "demo", encoder=HashingEncoder(64), reader="none").close()
    assert run("add", tmp_path / "files", "--library", "demo") == (2, "")
    assert "keeps to its own paper" in run.err
    seen: dict[str, Any] = {}
    page = types.ModuleType("ui")
    page.serve = lambda assistant, **options: seen.update(options, library=assistant.library)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ui", page)
    assert run("serve", "--library", "Demo", "--no-browser")[0] == 0
    assert seen["own_library"] == data / "library"
    assert [document.id for document in seen["library"].documents()] == ["doi:10.3389/fneur.2024.1389697"]
    assert run("serve", "--library", "ms reviews", "--no-browser")[0] == 0
    assert (seen["own_library"], len(seen["library"])) == (None, 1)
    seen["library"].close()


def test_serving_finishes_what_an_erasure_had_to_leave(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = Path.unlink

    def busy(self: Path, missing_ok: bool = False) -> None:
        if self.name == "vectors.npy":
            raise PermissionError(13, "in use", str(self))
        unlink(self, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", busy)
        code, out = run("libraries", "erase", "ms reviews", "--yes")
        assert code == 0 and "1 file of the erased library" in out
        assert list(listed(run)) == ["My library", "Demo"] and "cannot go yet" in run.err
    assert run("serve")[0] == 3
    assert not (data / "libraries" / "ms-reviews").exists()
    assert Shelf().create("MS reviews").name == "ms-reviews"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (34_400_000, "34 MB"),
        (1_250_000_000, "1.2 GB"),
        (5_600_000_000_000, "5,600 GB"),
    ],
)
def test_bytes_for_people(count: int, said: str) -> None:
    assert in_bytes(count) == said
