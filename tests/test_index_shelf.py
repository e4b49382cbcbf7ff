"""The user's libraries: which there are, what they are called, how large they are."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index import places
from index.encoders import HashingEncoder
from index.erasing import Erased
from index.errors import NoLibrary, UsageError
from index.library import Library, default_path
from index.shelf import Shelf

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """An empty shelf, also for what asks the platform for its folder."""
    monkeypatch.delenv("LITQUOTE_LIBRARY", raising=False)
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    return Shelf(tmp_path / "data")


def fill(path: Path, folder: Path, *numbers: int) -> Path:
    """A library of papers at ``path``."""
    with Library.create(path, encoder=HashingEncoder(64), reader="none") as library:
        for number in numbers:
            file = folder / f"paper{number}.txt"
            file.write_text(f"On {number}\n\nThe number is {number}. It is no other.\n", "utf-8")
            library.add([file])
    return path


def kinds(shelf: Shelf) -> list[tuple[str, str]]:
    return [(held.title, held.kind) for held in shelf.list()]


def test_before_anything_was_added_the_two_places_are_listed(shelf: Shelf) -> None:
    first, demo = shelf.list()
    assert (first.name, first.title, first.kind, first.path) == (
        "library",
        "My library",
        "default",
        shelf.folder / "library",
    )
    assert (demo.name, demo.title, demo.kind, demo.path) == ("demo", "Demo", "demo", shelf.folder / "demo")
    for held in (first, demo):
        assert (held.documents, held.passages, held.generation, held.bytes, held.problem) == (0, 0, 0, 0, "")
    assert not shelf.folder.exists(), "looking makes nothing"


def test_a_library_is_counted_as_itself_counts(shelf: Shelf, tmp_path: Path) -> None:
    path = fill(shelf.folder / "library", tmp_path, 1, 2, 3)
    with Library.open(path) as library:
        library.remove([next(document.id for document in library.documents())])
        held = shelf.find("My library")
        assert (held.documents, held.passages) == (len(library), library.passage_count) == (2, 4)
        assert held.generation == library.manifest.generation == 5
    assert held.path == path and held.kind == "default" and held.problem == "" and held.sizes is None
    assert held.changed >= "2025-01-01T00:00:00+00:00"


def test_bytes_are_those_of_every_file_once_by_part(shelf: Shelf, tmp_path: Path) -> None:
    path = fill(shelf.folder / "library", tmp_path, 1, 2, 3)
    (path / ".hidden").mkdir()
    (path / ".hidden" / "file").write_bytes(b"x" * 1234)
    sizes = shelf.list()[0].sizes
    files = {path.stat().st_ino: path for path in path.rglob("*") if path.is_file()}.values()
    assert len(files) < sum(1 for one in path.rglob("*") if one.is_file()), "generations share files"
    whole = sum(one.stat().st_size for one in files)
    originals = sum(one.stat().st_size for one in (path / "inbox").iterdir())
    texts = sum(one.stat().st_size for one in path.glob("segments/*/records.sqlite"))
    other = sum((path / name).stat().st_size for name in ("CURRENT", "lock", ".hidden/file"))
    assert sizes is not None and sizes.all == whole == shelf.list()[0].bytes
    assert (sizes.originals, sizes.texts, sizes.other) == (originals, texts, other)
    assert sizes.index == whole - originals - texts - other > 0
    assert sizes.to_dict() == {
        "all": whole, "texts": texts, "index": sizes.index, "originals": originals, "other": other
    }  # fmt: skip


def test_libraries_are_made_found_renamed_and_erased(shelf: Shelf, tmp_path: Path) -> None:
    made = shelf.create("  MS  reviews ")
    assert (made.title, made.name, made.kind, made.generation) == ("MS reviews", "ms-reviews", "own", 0)
    assert made.path == shelf.folder / "libraries" / "ms-reviews"
    fill(made.path, tmp_path, 1)
    fill(shelf.folder / "library", tmp_path, 2, 3)
    for name in ("MS reviews", "ms REVIEWS", "ms-reviews", made.path, str(made.path)):
        assert shelf.find(name).path == shelf.place(str(name)) == made.path
    renamed = shelf.rename("ms reviews", "Sklerose")
    assert (renamed.title, renamed.path, renamed.documents) == ("Sklerose", made.path, 1)
    assert kinds(shelf) == [("My library", "default"), ("Sklerose", "own"), ("Demo", "demo")]
    with pytest.raises(UsageError, match="there is no library called 'MS reviews'"):
        shelf.find("MS reviews")
    assert shelf.create("MS reviews").name == "ms-reviews-2"
    with pytest.raises(UsageError, match="confirm with its title, “Sklerose”"):
        shelf.erase("sklerose", confirm="sklerose")
    assert shelf.erase("sklerose", confirm="Sklerose") == Erased(made.path)
    assert not made.path.exists()
    assert kinds(shelf) == [("My library", "default"), ("MS reviews", "own"), ("Demo", "demo")]
    assert shelf.find("library").documents == 2, "the others are as they were"


def test_a_reader_has_its_library_open_while_it_is_renamed(shelf: Shelf, tmp_path: Path) -> None:
    path = fill(shelf.create("Before").path, tmp_path, 1)
    with Library.open(path) as reader:
        shelf.rename("Before", "After")
        assert reader.verify() == [] and not reader.refresh() and len(reader) == 1


def test_the_first_library_may_be_called_anything_before_it_is_made(shelf: Shelf, tmp_path: Path) -> None:
    assert shelf.rename("my library", "Whales").title == "Whales"
    fill(default_path(), tmp_path, 1)
    assert kinds(shelf) == [("Whales", "default"), ("Demo", "demo")]
    assert shelf.find("whales").documents == shelf.find("library").documents == 1


@pytest.mark.parametrize(
    "title", ["reviews", "REVIEWS ", "Ｒｅｖｉｅｗｓ", "my library", "Library", "demo", "", "a\x00b"]
)
def test_a_title_that_is_taken_or_cannot_be_is_refused(shelf: Shelf, title: str) -> None:
    other = shelf.create("Reviews")
    before = kinds(shelf)
    with pytest.raises(UsageError):
        shelf.create(title)
    if title.casefold().strip() != "reviews" and not title.startswith("Ｒ"):
        with pytest.raises(UsageError):
            shelf.rename(other.path, title)
    assert kinds(shelf) == before
    assert [path.name for path in (shelf.folder / "libraries").iterdir()] == ["reviews"]


def test_the_demo_keeps_its_title_and_may_be_erased(shelf: Shelf, tmp_path: Path) -> None:
    fill(shelf.folder / "demo", tmp_path, 1)
    with pytest.raises(UsageError, match="keeps its title"):
        shelf.rename("demo", "Mine")
    with pytest.raises(NoLibrary):
        shelf.erase("library", confirm="My library")
    assert shelf.find("Demo").documents == 1
    assert shelf.erase("demo", confirm="Demo") == Erased(shelf.folder / "demo")
    assert kinds(shelf) == [("My library", "default"), ("Demo", "demo")]


def test_nearest_titles_are_named(shelf: Shelf) -> None:
    shelf.create("Multiple sclerosis")
    with pytest.raises(UsageError) as error:
        shelf.find("Multiple scelrosis")
    assert "the nearest: “Multiple sclerosis”; list them with: litquote libraries" in str(error.value)


def test_what_is_not_on_the_shelf_is_not_erased(shelf: Shelf, tmp_path: Path) -> None:
    away = fill(tmp_path / "away", tmp_path, 1)
    with pytest.raises(UsageError, match="there is no library called"):
        shelf.erase(away, confirm="away")
    assert len(Library.open(away)) == 1


# -- elsewhere on disk -------------------------------------------------------------------------------


def test_a_library_elsewhere_is_remembered_and_forgotten(shelf: Shelf, tmp_path: Path) -> None:
    away = fill(tmp_path / "away", tmp_path, 1)
    assert shelf.attach(away).kind == "attached"
    assert shelf.attach(str(away) + os.sep).path == away, "once is enough"
    assert kinds(shelf) == [("My library", "default"), ("away", "attached"), ("Demo", "demo")]
    assert shelf.rename("away", "On a stick").path == away
    assert Shelf(shelf.folder).find("on a stick").documents == 1, "the title is in the library"
    assert shelf.detach("on a stick") == away
    assert kinds(shelf) == [("My library", "default"), ("Demo", "demo")]
    assert len(Library.open(away)) == 1
    with pytest.raises(UsageError, match="is not attached"):
        shelf.detach("My library")
    with pytest.raises(NoLibrary):
        shelf.attach(tmp_path)


def test_one_s_own_library_is_not_attached_as_well(shelf: Shelf, tmp_path: Path) -> None:
    path = fill(shelf.create("Mine").path, tmp_path, 1)
    assert shelf.attach(path).kind == "own"
    assert not (shelf.folder / "libraries.json").exists()


def test_a_library_that_has_gone_is_a_problem_until_it_is_detached(shelf: Shelf, tmp_path: Path) -> None:
    away = fill(tmp_path / "away", tmp_path, 1)
    shelf.attach(away)
    away.rename(tmp_path / "moved")
    held = shelf.find("away")
    assert held.problem == (
        f"there is no library at {away} any more; connect the disk it lies on, or forget it: "
        "litquote libraries detach away"
    )
    with pytest.raises(NoLibrary, match="litquote libraries detach away"):
        shelf.erase("away", confirm="away")
    assert shelf.detach("away") == away


def test_an_attached_library_that_is_erased_is_forgotten(shelf: Shelf, tmp_path: Path) -> None:
    away = fill(tmp_path / "away", tmp_path, 1)
    (away / "notes.txt").write_text("mine", "utf-8")
    shelf.attach(away)
    assert shelf.erase("away", confirm="away").left == ("notes.txt",)
    assert [path.name for path in away.iterdir()] == ["notes.txt"]
    assert kinds(shelf) == [("My library", "default"), ("Demo", "demo")]


def test_two_libraries_of_one_title_are_told_apart_by_their_paths(shelf: Shelf, tmp_path: Path) -> None:
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        shelf.attach(fill(tmp_path / place / "papers", tmp_path, 1))
    with pytest.raises(UsageError) as error:
        shelf.find("papers")
    assert all(str(tmp_path / place / "papers") in str(error.value) for place in ("one", "two"))
    assert shelf.detach(tmp_path / "two" / "papers") == tmp_path / "two" / "papers"
    assert shelf.find("papers").path == tmp_path / "one" / "papers"


VALUES = st.recursive(
    st.none() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["attached", "format"]), inner),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lent")
    return fill(folder / "library", folder, 1)


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=80) | VALUES.map(lambda value: json.dumps(value).encode()))
@example(b'{"attached": [1, null, "relative", "/a\\u0000b", "/none"]}')
@example(b"[" * 100_000)
@example(b'{"attached": "abc"}')
@example(b'{"attached": ["/\\ud800"]}')
def test_a_damaged_registry_stops_nothing_and_is_kept(lent: Path, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder, "data"))
        shelf.folder.mkdir()
        registry = shelf.folder / "libraries.json"
        registry.write_bytes(content)
        assert [held.kind for held in shelf.list() if held.kind != "attached"] == ["default", "demo"]
        problem = shelf.problem
        try:
            told = json.loads(content.decode())
            fine = isinstance(told, dict) and isinstance(told.get("attached"), list)
        except (ValueError, RecursionError):
            fine = False
        assert bool(problem) == (not fine)
        shelf.attach(lent)
        assert lent in [held.path for held in shelf.list()] and shelf.problem == ""
        damaged = shelf.folder / "libraries.json.damaged"
        assert damaged.read_bytes() == content if problem else not damaged.exists()


# -- what is wrong, and what it costs ----------------------------------------------------------------


def test_what_cannot_be_opened_says_why_and_the_others_are_listed(shelf: Shelf, tmp_path: Path) -> None:
    def damage(title: str, harm: Callable[[Path], None]) -> None:
        path = fill(shelf.create(title).path, tmp_path, 1)
        harm(path)

    damage("a", lambda path: (path / "CURRENT").write_bytes(b"\xff"))
    damage("b", lambda path: shutil.rmtree(path / "manifests"))
    damage("c", lambda path: next(path.glob("segments/*/vectors.npy")).unlink())
    damage("d", lambda path: shutil.rmtree(path / "lexical"))
    damage("e", lambda path: (path / "title.json").write_bytes(b"rubbish"))
    said = {held.title: held.problem for held in shelf.list()}
    assert "CURRENT is damaged" in said["a"] and "names no manifest that exists" in said["b"]
    assert "vectors.npy of the library" in said["c"] and "lexical/" in said["d"]
    assert said["e"] == said["My library"] == "", "it is called as its folder"
    with pytest.raises(Exception, match="missing"):
        Library.open(shelf.find("d").path)


@pytest.mark.parametrize(
    "harm", [lambda data: b"", lambda data: b"rubbish" * 999, lambda data: data[:4096] * 9]
)
def test_damage_inside_of_a_file_does_not_hide_the_other_libraries(
    shelf: Shelf, tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    path = fill(shelf.create("Harmed").path, tmp_path, 1, 2)
    with Library.open(path) as library:
        library.remove([next(document.id for document in library.documents())])
    for records in path.glob("segments/*/records.sqlite"):
        records.write_bytes(harm(records.read_bytes()))
    fill(shelf.create("Whole").path, tmp_path, 1)
    said = {held.title: held for held in shelf.list()}
    assert "litquote" in said["Harmed"].problem and str(path) in said["Harmed"].problem
    assert (said["Whole"].problem, said["Whole"].documents) == ("", 1)
    assert shelf.erase("Harmed", confirm="Harmed") == Erased(path)


def test_what_a_file_manager_leaves_in_a_new_library_is_in_nobody_s_way(shelf: Shelf, tmp_path: Path) -> None:
    empty, filled = shelf.create("Empty").path, shelf.create("Filled").path
    for path in (empty, filled):
        (path / ".DS_Store").touch()
    fill(filled, tmp_path, 1)
    assert [held.problem for held in shelf.list()] == [""] * 4
    for title in ("Empty", "Filled"):
        assert shelf.erase(title, confirm=title).left == (".DS_Store",)
    assert kinds(shelf) == [("My library", "default"), ("Demo", "demo")]


def test_a_folder_with_other_files_where_the_first_library_would_lie_is_named(shelf: Shelf) -> None:
    (shelf.folder / "library").mkdir(parents=True)
    (shelf.folder / "library" / "thesis.docx").touch()
    assert "thesis.docx" in shelf.find("library").problem


class Opened:
    """Remembers which files are opened."""

    def __init__(self) -> None:
        self.names: list[str] | None = None

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.names is not None and event == "open":
            self.names.append(Path(os.fsdecode(arguments[0])).name)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def opened() -> Iterator[Opened]:
    """Audit hooks stay for good; this one sleeps unless told."""
    opened = Opened()
    sys.addaudithook(opened)
    yield opened
    opened.names = None


def test_a_list_reads_manifests_and_titles_only(shelf: Shelf, tmp_path: Path, opened: Opened) -> None:
    model = fill(shelf.create("0").path, tmp_path, 1, 2)
    for number in range(1, 20):
        shutil.copytree(
            model, shelf.create(str(number)).path, dirs_exist_ok=True, ignore=lambda *_: ["title.json"]
        )
    opened.names = []
    listed = shelf.list()
    names, opened.names = opened.names, None
    assert [held.documents for held in listed if held.kind == "own"] == [2] * 20
    read = {name for name in names if not name.isdecimal()}  # folders are opened to be walked through
    assert read <= {
        "title.json", "CURRENT", "000003.json", "ERASED", "libraries.json", "libraries", "manifests", "inbox",
        "segments", "lexical", *(held.path.name for held in listed),
    }  # fmt: skip
    assert names.count("000003.json") == 20


def test_listing_loads_neither_encoder_nor_index() -> None:
    script = (
        "import sys, tempfile, pathlib; from index.shelf import Shelf;"
        "Shelf(pathlib.Path(tempfile.mkdtemp(), 'none')).list();"
        "print(sorted({m.partition('.')[0] for m in sys.modules}"
        " & {'faiss', 'tantivy', 'openvino', 'torch', 'tokenizers', 'gradio'}))"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ast.literal_eval(done.stdout) == []


# -- several at once ---------------------------------------------------------------------------------

CREATE = """
import sys, time, pathlib
from index.errors import UsageError
from index.shelf import Shelf
folder, start = map(pathlib.Path, sys.argv[1:])
print("ready", flush=True)
while not start.exists():
    time.sleep(0.001)
try:
    print(Shelf(folder).create("Reviews").path)
except UsageError as error:
    print(error)
"""


def test_two_processes_that_create_one_title_at_once_make_one(shelf: Shelf, tmp_path: Path) -> None:
    start = tmp_path / "start"
    command = [sys.executable, "-c", CREATE, str(shelf.folder), str(start)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ran = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        for _ in range(2)
    ]
    for one in ran:
        assert one.stdout is not None and one.stdout.readline() == "ready\n"
    start.touch()
    said = sorted(one.communicate(timeout=60)[0].strip() for one in ran)
    path = shelf.folder / "libraries" / "reviews"
    assert said == sorted([str(path), f"there is a library called “Reviews” already, at {path}"])
    assert [one.name for one in path.parent.iterdir()] == ["reviews"]


def test_threads_that_attach_create_and_detach_lose_nothing(shelf: Shelf, tmp_path: Path) -> None:
    away = [fill(tmp_path / f"away{number}", tmp_path) for number in range(6)]

    def work(number: int) -> None:
        shelf.attach(away[number])
        shelf.create(f"own {number}")
        if number % 2:
            Shelf(shelf.folder).detach(away[number])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(title for title, kind in kinds(shelf) if kind == "own") == [f"own {n}" for n in range(6)]
    assert {held.path for held in shelf.list() if held.kind == "attached"} == {away[0], away[2], away[4]}


# -- LITQUOTE_LIBRARY --------------------------------------------------------------------------------


def test_the_environment_names_a_path_or_a_title(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = fill(shelf.create("MS reviews").path, tmp_path, 1)
    fill(shelf.folder / "library", tmp_path, 2)
    monkeypatch.setenv("LITQUOTE_LIBRARY", "ms reviews")
    assert default_path() == other
    assert [(held.title, held.kind) for held in shelf.list()] == [
        ("MS reviews", "default"),
        ("My library", "own"),
        ("Demo", "demo"),
    ]
    monkeypatch.setenv("LITQUOTE_LIBRARY", str(tmp_path / "away"))
    assert default_path() == tmp_path / "away"
    assert kinds(shelf)[0] == ("away", "default")
    monkeypatch.setenv("LITQUOTE_LIBRARY", "MS revues")
    with pytest.raises(UsageError, match="the nearest: “MS reviews”"):
        default_path()
    assert kinds(shelf)[0] == ("My library", "default"), "the list is there to look it up"


@pytest.mark.parametrize("name", [f"a{os.sep}b", "~", "~nobody-is-called-so", ".", "..", str(ROOT)])
def test_a_name_with_a_separator_or_of_what_exists_is_a_path(name: str) -> None:
    assert places.is_path(name) and places.library_place(name) == places.expanded(name)


@pytest.mark.parametrize("name", ["", "MS reviews", "x" * 999, "a\0b", "多发性硬化", "\udcff"])
def test_other_names_are_titles(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not places.is_path(name) or name == ""
