"""All the disk habits in one place: flush, rename, hash, link, sweep."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import BinaryIO
from urllib.parse import quote

_BLOCK = 1 << 20


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Have the operating system write a file, or a folder's entries, to the disk itself."""
    if path.is_dir() and os.name == "nt":
        return  # Windows offers no handle to flush a folder with; NTFS journals the entry
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` in one step: readers see the old file or the new one."""
    partial = path.with_name(path.name + ".tmp")
    with partial.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    _replace(partial, path)
    sync(path.parent)


def _replace(source: Path, target: Path) -> None:
    """Rename over ``target``; on Windows that must wait while another process is reading it."""
    for attempt in range(40):
        try:
            source.replace(target)
        except PermissionError:
            if os.name != "nt" or attempt == 39:
                raise
            time.sleep(0.05)
        else:
            return


def store_by_hash(source: Path, folder: Path) -> tuple[str, int]:
    """Copy a file into ``folder`` under the SHA-256 of its bytes; returns that and the size.

    Read once, in blocks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / "incoming.tmp"
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as stream, partial.open("wb") as copy:
        for block in _blocks(stream):
            digest.update(block)
            copy.write(block)
            size += len(block)
        copy.flush()
        os.fsync(copy.fileno())
    target = folder / digest.hexdigest()
    try:
        _replace(partial, target)  # also over a copy already there, which may have gone bad
    except PermissionError:
        if not target.exists():
            raise
        partial.unlink()
    sync(folder)
    return target.name, size


def store_bytes(content: bytes, folder: Path) -> str:
    """Write ``content`` into ``folder`` under its SHA-256; returns that. The folder is not synced."""
    name = hashlib.sha256(content).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / "incoming.tmp"
    with partial.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    _replace(partial, folder / name)
    return name


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block


def sweep(folder: Path, keep: set[str]) -> None:
    """Remove what is not in ``keep`` from ``folder``; what is still open elsewhere stays for next time."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name in keep:
            continue
        try:
            if path.is_dir():
                # Renamed first, so that a half-deleted folder is never taken for a whole one.
                doomed = path.with_name(f"{path.name}.old") if not path.name.endswith(".old") else path
                if doomed != path:
                    path.rename(doomed)
                shutil.rmtree(doomed)
            else:
                path.unlink()
        except OSError:
            continue


def file_uri(path: PurePath) -> str:
    """A ``file:`` URI as SQLite wants it (sqlite.org/uri.html): no authority, four slashes for UNC."""
    name = quote(path.as_posix())
    if name.startswith("//"):
        return f"file://{name}"
    return f"file:{name}" if name.startswith("/") else f"file:/{name}"
