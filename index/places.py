"""Where the user's libraries lie, and whether a word names a place or a library."""

from __future__ import annotations

import os
from pathlib import Path

#: Folders in the data folder: of the user's first library, of the demo, and of all further libraries.
FIRST, DEMO, FURTHER = "library", "demo", "libraries"


def data_folder() -> Path:
    """The platform's folder for litquote's data, of this user."""
    import platformdirs

    return Path(platformdirs.user_data_dir("litquote", appauthor=False))


def expanded(path: str | os.PathLike[str]) -> Path:
    """``path`` with ``~`` as the user's own folder; that of a user whom nobody knows stays as it is."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def is_path(name: str) -> bool:
    """Whether ``name`` is a place on disk: it has a separator, or something is called so."""
    if name.startswith("~") or any(mark in name for mark in (os.sep, os.altsep) if mark):
        return True
    try:
        return bool(Path(name).drive) or Path(name).exists()
    except (OSError, ValueError):  # too long for a file, or with a NUL in it
        return False


def library_place(name: str) -> Path:
    """Where the library called ``name`` lies: a path, else a title on the user's shelf. Raises UsageError."""
    if is_path(name):
        return expanded(name)
    from index.shelf import Shelf

    return Shelf().place(name)


def default_path() -> Path:
    """Where the user's library lies: what ``LITQUOTE_LIBRARY`` names, else the platform's data folder.

    Raises UsageError when that names a library that is not on the shelf.
    """
    if named := os.environ.get("LITQUOTE_LIBRARY"):
        return library_place(named)
    return data_folder() / FIRST
