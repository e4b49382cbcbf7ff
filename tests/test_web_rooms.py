"""The page goes from library to library, and makes, renames and erases them."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.encoders import HashingEncoder
from index.library import Library
from index.shelf import Shelf
from qa.assistant import Assistant
from web.page import Page
from web.rooms import Rooms
from web.talk import Talk


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's data folder with one library; new ones get the toy encoder."""
    folder = tmp_path / "data"
    monkeypatch.setenv("LITQUOTE_LIBRARY", str(folder / "library"))
    create = Library.create

    def toy(path: Path | None = None, **_: object) -> Library:
        return create(path, encoder=HashingEncoder(64), reader="none")

    monkeypatch.setattr(Library, "create", toy)
    (tmp_path / "a.txt").write_text("On owls\n\nOwls hoot.\n", "utf-8")
    with Library.create(folder / "library") as library:
        library.add([tmp_path / "a.txt"])
    return folder


@pytest.fixture
def page(data: Path) -> Page:
    first = Library.open(data / "library", encoder=HashingEncoder(64))
    return Page(Rooms(Assistant(first), shelf=Shelf(data)))


def test_the_page_goes_from_library_to_library(page: Page, data: Path, tmp_path: Path) -> None:
    talk, other = Talk(), Talk()
    made = page.created({"title": "Hearts <b>"}, talk)
    key = talk.key
    assert Path(key).parent == data / "libraries" and Path(key).name == "hearts-b"
    assert "Hearts &lt;b&gt;" in made["rooms"] and "Hearts &lt;b&gt;" in made["header"]
    assert "No papers yet." in made["shelf"] and "holds no papers yet" in made["log"]
    assert "there is a library called" in page.created({"title": "hearts <B>"}, talk)["work"]
    assert "My library" in page.entered({}, talk)["header"] and talk.key == ""
    assert page.entered({"library": key}, other)["header"].count("0 documents") == 1
    assert "&lt;Lungs&gt;" in page.renamed({"library": key, "title": "<Lungs>"}, other)["header"]
    assert "not there any more" in page.renamed({"library": str(tmp_path), "title": "x"}, talk)["work"]
    erased = page.erased({"library": key}, talk)
    assert "is erased" in erased["work"] and not Path(key).exists()
    assert page.desk(other).library.path == data / "library"


def test_what_the_page_was_opened_on_cannot_be_erased_there(page: Page, data: Path) -> None:
    talk = Talk()
    assert "opened on this library" in page.erased({"library": str(data / "library")}, talk)["work"]
    assert (data / "library" / "CURRENT").exists()
    assert page.erased({"library": str(data)}, talk)["work"].count("not there any more") == 1


def test_files_of_others_in_an_erased_library_stay_and_are_named(page: Page, data: Path) -> None:
    talk = Talk()
    page.created({"title": "Hearts"}, talk)
    (Path(talk.key) / "thesis.docx").write_text("mine", "utf-8")
    told = page.erased({"library": talk.key}, talk)
    assert "left there: thesis.docx" in told["work"]
    assert [path.name for path in (data / "libraries" / "hearts").iterdir()] == ["thesis.docx"]


def test_a_library_that_lies_elsewhere_is_listed_with_the_others(data: Path, tmp_path: Path) -> None:
    elsewhere = Library.create(tmp_path / "usb" / "stick")
    page = Page(Rooms(Assistant(elsewhere), shelf=Shelf(data)))
    shown = page.shelved(Talk())["rooms"]
    assert "stick" in shown and "My library" in shown
    talk = Talk()
    page.entered({"library": str(data / "library")}, talk)
    assert page.desk(talk).library.path == data / "library"
