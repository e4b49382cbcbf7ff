"""Several libraries: made, found by title, renamed, erased; nothing else on the disk is touched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.encoders import HashingEncoder
from index.errors import UsageError
from index.library import Library
from qa import cli, libraries
from qa.assistant import Assistant
from web.page import Page
from web.rooms import Rooms
from web.talk import Talk


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user's data folder with nothing in it; new libraries get the toy encoder."""
    monkeypatch.setattr("qa.libraries.demo_path", lambda: tmp_path / "data" / "demo")
    monkeypatch.setenv("LITQUOTE_LIBRARY", str(tmp_path / "data" / "library"))
    create = Library.create

    def toy(path: Path | None = None, **_: object) -> Library:
        return create(path, encoder=HashingEncoder(64), reader="none")

    monkeypatch.setattr(Library, "create", toy)
    return tmp_path / "data"


def test_libraries_are_listed_with_their_size_the_first_one_first_the_demo_last(
    home: Path, tmp_path: Path
) -> None:
    assert libraries.libraries() == []
    (tmp_path / "a.txt").write_text("On owls\n\nOwls hoot.\n", "utf-8")
    for path in (home / "demo", home / "library", libraries.create("zebras"), libraries.create("Apes")):
        with Library.create(path) as library:
            library.add([tmp_path / "a.txt"])
    found = libraries.libraries()
    assert [(one.title, one.kind, one.documents) for one in found] == [
        ("My library", "first", 1), ("Apes", "other", 1), ("zebras", "other", 1), ("Demo", "demo", 1),
    ]  # fmt: skip
    for one in found:
        assert one.bytes == sum(path.stat().st_size for path in one.path.rglob("*") if path.is_file()) > 0
        assert one.problem == ""
    (found[1].path / "CURRENT").write_text("nonsense", "utf-8")
    assert "rollback" in libraries.held(found[1].path).problem


def test_a_title_is_found_whatever_its_case_and_a_path_too(home: Path) -> None:
    path = libraries.create("Heart failure & Ärzte")
    assert libraries.find("heart FAILURE & ärzte") == libraries.find(str(path)) == path
    assert path.parent == home / "libraries" and path.name == "heart-failure-arzte"
    with pytest.raises(UsageError, match=r"there is no library 'Lungs'; there are: Heart failure"):
        libraries.find("Lungs")
    with pytest.raises(UsageError, match="there is a library called 'Heart failure & Ärzte' already"):
        libraries.create("Heart  failure & Ärzte")
    for bad in ("", "  ", "x" * 121, "a\x00b"):
        with pytest.raises(UsageError, match="a line of 1 to 120 characters"):
            libraries.create(bad)


def test_renaming_moves_no_file_and_a_reader_goes_on(home: Path, tmp_path: Path) -> None:
    path = libraries.create("Hearts")
    (tmp_path / "a.txt").write_text("On owls\n\nOwls hoot.\n", "utf-8")
    with Library.create(path) as reader:
        reader.add([tmp_path / "a.txt"])
        assert libraries.rename("hearts", "Lungs").path == path
        assert [one.title for one in libraries.libraries()] == ["Lungs"]
        assert len(list(reader.documents())) == 1 and reader.verify() == []
        with pytest.raises(UsageError, match="no library 'Hearts'"):
            libraries.rename("Hearts", "Livers")
    assert libraries.rename("Lungs", "LUNGS").title == "LUNGS"


def test_erasing_deletes_the_library_and_nothing_else(home: Path) -> None:
    gone, kept = libraries.create("Hearts"), libraries.create("Lungs")
    assert libraries.erase("hearts") == []
    assert not gone.exists() and kept.exists()
    assert sorted(path.name for path in (home / "libraries").iterdir()) == ["lungs"]
    (kept / "thesis.docx").write_text("mine", "utf-8")
    assert [path.name for path in libraries.erase(str(kept))] == ["thesis.docx"]
    assert [path.name for path in kept.iterdir()] == ["thesis.docx"]
    assert libraries.libraries() == []
    for other in (home, home / "libraries", kept):
        with pytest.raises(UsageError, match="there is no library"):
            libraries.erase(str(other))


def test_what_windows_keeps_of_an_erased_library_goes_later(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = libraries.create("Hearts")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "in use")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", refuse)
        patched.setattr(libraries, "_delete", lambda path: None)
        assert libraries.erase("Hearts") == []
    assert path.exists() and not (path / "CURRENT").exists()
    assert libraries.libraries() == [] and not path.exists()


@given(st.text(min_size=1, max_size=200))
@example("con")
@example("LPT0")
@example("COM1.txt")
@example("../../etc")
@example("日本語")
def test_a_folder_is_good_on_every_system(title: str) -> None:
    name = libraries.folder_name(title)
    assert name == name.strip(" .") and 0 < len(name) <= 68
    assert name.isascii() and not set(name) & set('<>:"/\\|?*') and name == name.lower()
    assert name.partition(".")[0] not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


def test_titles_of_one_folder_name_do_not_collide() -> None:
    paths = {libraries.create(title) for title in ("日本", "中国", "Café", "Cafe!")}
    assert len(paths) == 4
    assert {one.title for one in libraries.libraries()} == {"日本", "中国", "Café", "Cafe!"}


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*argv: str) -> tuple[int, str, str]:
        code = cli.main(list(argv))
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_the_command(run: Run, home: Path, tmp_path: Path) -> None:
    assert run("libraries")[1].startswith("no libraries yet")
    code, out, _ = run("libraries", "create", "Heart failure")
    assert code == 0 and str(home / "libraries" / "heart-failure") in out
    (tmp_path / "a.txt").write_text("On owls\n\nOwls hoot.\n", "utf-8")
    assert run("add", str(tmp_path / "a.txt"), "--library", "heart FAILURE")[0] == 0
    (one,) = json.loads(run("libraries", "--json")[1])
    assert (one["title"], one["documents"], one["problem"]) == ("Heart failure", 1, None)
    assert "Heart failure: 1 document, 0." in run("libraries")[1]
    assert run("libraries", "rename", "Heart failure", "Hearts")[0] == 0
    code, _, err = run("libraries", "erase", "hearts")
    assert code != 0 and "this erases Hearts at" in err and "--yes" in err
    assert run("libraries", "erase", "hearts", "--yes")[0] == 0
    assert json.loads(run("libraries", "--json")[1]) == []
    assert run("libraries", "rename", "x")[0] != 0


def test_the_page_goes_from_library_to_library(home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("On owls\n\nOwls hoot.\n", "utf-8")
    first = Library.create(home / "library")
    first.add([tmp_path / "a.txt"])
    page, talk, other = Page(Rooms(Assistant(first))), Talk(), Talk()
    made = page.created({"title": "Hearts <b>"}, talk)
    key = talk.key
    assert Path(key) == home / "libraries" / "hearts-b"
    assert "Hearts &lt;b&gt;" in made["rooms"] and "Hearts &lt;b&gt;" in made["header"]
    assert "No papers yet." in made["shelf"] and "holds no papers yet" in made["log"]
    assert "there is a library called" in page.created({"title": "hearts <B>"}, talk)["work"].casefold()
    assert "My library" in page.entered({}, talk)["header"]
    assert page.entered({"library": key}, other)["header"].count("0 documents") == 1
    assert "&lt;Lungs&gt;" in page.renamed({"library": key, "title": "<Lungs>"}, other)["header"]
    assert "not there any more" in page.renamed({"library": str(tmp_path), "title": "x"}, talk)["work"]
    erased = page.erased({"library": key}, talk)
    assert "is erased" in erased["work"] and not Path(key).exists()
    assert page.desk(other).library.path == home / "library"
    assert "opened on this library" in page.erased({"library": str(home / "library")}, talk)["work"]
    assert (home / "library" / "CURRENT").exists()
