"""Titles of libraries, and the folders that are named after them."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.errors import UsageError
from index.shelf import Shelf
from index.titles import folder_name, plain_title, read_title, title_key, write_title

TRICKY = st.sampled_from(
    ["CON", "con.txt", "Aux", "LPT1", "com¹", "COM0", "..", ".", "a.", "a ", "~", "../../etc", "C:\\x",
     "NUL:", "library", "demo", "-", "K", "ſ", "İ", "ß", "µ", "é", "e\u0301", "🧬", "\u200f",
     "a/b", "a\\b", "*?<>|\""]
)  # fmt: skip
TITLES = st.one_of(
    TRICKY,
    st.text(max_size=60),
    st.text("abcCON.- ", max_size=320),
    st.builds(str.__add__, TRICKY, st.text(max_size=9)),
)


def windows_takes(name: str) -> bool:
    """The rules of learn.microsoft.com/windows/win32/fileio/naming-a-file."""
    stem = name.partition(".")[0].rstrip(" ").upper()
    devices = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
    devices |= {kind + digit for kind in ("COM", "LPT") for digit in "0123456789¹²³"}
    return not re.search(r'[<>:"/\\|?*\x00-\x1f]', name) and name[-1] not in " ." and stem not in devices


@given(TITLES)
def test_every_title_gives_a_name_that_every_file_system_takes(title: str) -> None:
    name = folder_name(title)
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name) and len(name) <= 40
    assert windows_takes(name) and Path(name).name == name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("MS reviews", "ms-reviews"),
        ("  Étude sur la SEP: 2ᵉ tour ", "etude-sur-la-sep-2e-tour"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "library-con"),
        ("com¹", "library-com1"),
        ("nul.", "library-nul"),
        ("console", "console"),
        ("x" * 200, "x" * 40),
        ("a" * 39 + " b", "a" * 39),
        ("多发性硬化", "library-208548ed"),
        ("...", "library-ab5df625"),
        ("İstanbul straße", "istanbul-strasse"),
    ],
)
def test_a_folder_is_named_after_its_title(title: str, name: str) -> None:
    assert folder_name(title) == name


@settings(deadline=None, max_examples=50)
@given(st.lists(TITLES, max_size=8))
@example(["a", "A ", "á", "a\u0301", "a!", "a-2"])
@example(["多发性硬化", "多发性硬化症", "library", "demo", "Library!"])
@example(["x" * 200, "x" * 199 + "y", "\x00", "\ud800", "", " \n"])
def test_any_titles_come_back_and_lie_side_by_side_in_their_folder(titles: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shelf, made = Shelf(Path(folder)), {}
        for title in titles:
            try:
                plain = plain_title(title)
            except UsageError:
                with pytest.raises(UsageError):
                    shelf.create(title)
                continue
            if title_key(plain) in {*map(title_key, made), "library", "demo", "my library"}:
                with pytest.raises(UsageError, match="already"):
                    shelf.create(title)
                continue
            made[plain] = shelf.create(title).path
        assert {held.title: held.path for held in shelf.list() if held.kind == "own"} == made
        assert {path.parent for path in made.values()} <= {Path(folder, "libraries")}
        assert len({path.name.casefold() for path in made.values()}) == len(made)
        assert {path.name for path in Path(folder).iterdir()} <= {"libraries", "libraries.lock"}
        for title, path in made.items():
            assert shelf.find(title).path == path and read_title(path) == title


@given(st.text(max_size=320))
def test_a_title_is_kept_but_for_white_space_and_normal_form_or_refused(title: str) -> None:
    plain = unicodedata.normalize("NFC", " ".join(title.split()))
    kept = 0 < len(plain) <= 300 and not any(unicodedata.category(c) in {"Cc", "Cs"} for c in plain)
    if kept:
        assert plain_title(title) == plain == plain_title(plain)
    else:
        with pytest.raises(UsageError):
            plain_title(title)


@settings(deadline=None)
@given(st.binary(max_size=60))
@example(b'{"title": "of somebody else"}')
@example(b'{"litquote library": 7}')
@example(b'{"litquote library": "\\ud800"}')
@example(b"[]")
@example(b"[" * 100_000)
def test_a_title_file_of_any_bytes_is_a_title_or_none(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "title.json").write_bytes(content)
        assert read_title(Path(folder)) == ""
        write_title(Path(folder), "Whales")
        assert read_title(Path(folder)) == "Whales"
