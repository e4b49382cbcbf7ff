"""How long a search takes, and what memory, at 1,000 to 1,000,000 passages; its baselines in the same run.

    python tests/bench/search.py [--sizes 1000,10000,100000,1000000] [--folder FOLDER] [--questions 300]

The passages are made from real ones (:mod:`corpus`), the questions are real and encoded by the bundled model.
Libraries are built in FOLDER and used again from there. Each is searched in a process of its own, so that
nothing of the building counts as memory. Beside it stand the exact searches of NumPy and FAISS over all
vectors, and tantivy asked for the bare words. ``resident`` is what ``/proc/self/status`` says after all
questions were asked, ``anonymous`` its part that is no page of a file, which the system cannot take back.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import corpus
import numpy as np
import sets
from numpy.typing import NDArray

from index.encoders import load_encoder
from index.library import Library
from index.records import Filters
from index.words import search_terms
from qa import evalsets
from qa.retrieve import DEPTH, Retriever

SIZES = (1_000, 10_000, 100_000, 1_000_000)
QUESTIONS = 300
#: What is asked of an exact search over a million vectors, which takes long.
EXACT_QUESTIONS = 50
BROAD = Filters(years=(2010, None))
NARROW = Filters(journals=("Journal 7",))
Vectors = NDArray[np.float32]


def measure(
    sizes: Sequence[int] = SIZES,
    folder: Path | None = None,
    *,
    questions: int = QUESTIONS,
    index: str = "auto",
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Build (where ``folder`` lacks them) and search libraries; a row of plain figures for each size.

    Times are in milliseconds, those of opening, building and changing in seconds, memory and disk in MB.
    ``index`` is the kind of index (see ``litquote rebuild --index``).
    """
    rows = []
    with TemporaryDirectory(ignore_cleanup_errors=True) as aside:
        place = folder or Path(aside)
        encoder = load_encoder()
        made = corpus.Corpus.load(place / "real", encoder)
        for size in sizes:
            path = place / f"{index}-{size}"
            built = build(path, made, size, index)
            say(f"{size:,} passages are there ({built['build_s']:.0f} s)")
            row = apart("searching", path, questions) | apart("changing", path, questions)
            rows.append({"passages": size, **built, **row})
            say(json.dumps(rows[-1]))
        unchanged = rebuilt(place / "files", made)
    return {"load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None, "search": rows, **unchanged}


def apart(task: str, path: Path, questions: int) -> dict[str, Any]:
    """What a task says of the library at ``path``, in a process of its own."""
    command = [sys.executable, __file__, "--task", task, "--folder", str(path), "--questions", str(questions)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def build(path: Path, made: corpus.Corpus, size: int, index: str) -> dict[str, Any]:
    """The library at ``path``, made where it is not there."""
    from index.manifest import Settings

    started = time.perf_counter()
    if not (path / "CURRENT").exists():
        settings = Settings(index=index)
        with Library.create(path, encoder=load_encoder(), reader="none", settings=settings) as library:
            corpus.fill(library, made, size)
    spent = time.perf_counter() - started
    with Library.open(path) as library:
        kinds = [entry.dense for entry in library.manifest.segments if entry.passages]
    disk = sum(one.stat().st_size for one in path.rglob("*") if one.is_file()) / 1e6
    return {"build_s": round(spent, 1), "kinds": kinds, "disk_mb": round(disk)}


# -- searching -------------------------------------------------------------------------------------


def searching(path: Path, questions: int) -> dict[str, Any]:
    """Latencies, recall and memory of one library."""
    for file in path.rglob("*"):
        if file.is_file():  # a library in use lies in the system's cache; the disk is not what is measured
            with file.open("rb") as stream:
                while stream.read(1 << 24):
                    pass
    began = time.perf_counter()
    library = Library.open(path)
    library.open_all()
    opened = time.perf_counter() - began
    asked = _questions(questions)
    library.encoder.encode_question(asked[0])
    vectors = [library.encoder.encode_question(text) for text in asked]
    retriever = Retriever(library)
    pairs = list(zip(asked, vectors, strict=True))
    row: dict[str, Any] = {"open_s": round(opened, 3)}
    for name, filters in (("all", None), ("broad", BROAD), ("narrow", NARROW)):
        share = sum(
            len(library.segments[n].dense) if rows is None else len(rows)
            for n, rows in library.rows(filters).items()
        )
        calls = [lambda q=q, v=v, f=filters: retriever.search(q, 10, f, vector=v) for q, v in pairs]
        row[f"search_{name}"] = timed(calls) | {"share": round(share / library.passage_count, 4)}
        row[f"search_{name}_8_threads"] = timed(calls, threads=8)
    row["search_with_encoding"] = timed([lambda q=q: retriever.search(q, 10) for q in asked])
    row["encoding"] = timed([lambda q=q: library.encoder.encode_question(q) for q in asked])
    row |= memory()
    rows = library.rows(None)
    words = [search_terms(text) for text in asked]
    row["dense_list"] = timed([lambda v=v: library.search_dense(v, DEPTH, rows) for v in vectors])
    row["lexical_list"] = timed([lambda w=w: library.search_lexical(w, DEPTH, rows) for w in words])
    row["tantivy_bare"] = timed([lambda w=w: _bare(library, w) for w in words])
    for name, filters in (("all", None), ("broad", BROAD), ("narrow", NARROW)):
        row[f"recall_{name}"] = recall(library, vectors, filters)
    row |= exact_baselines(library, vectors)
    both = row["faiss_flat"]["p50"] + row["tantivy_bare"]["p50"]
    row["search_to_baselines"] = round(row["search_all"]["p50"] / both, 3)
    library.close()
    return row


def timed(calls: Sequence[Callable[[], object]], *, threads: int = 1) -> dict[str, float]:
    """Median, 95th and 99th percentile of the calls in ms, and calls a second; a tenth of them warms up.

    ``cpu`` is the processor time of one call, which other work on the machine stretches less.
    """
    for call in calls[: max(1, len(calls) // 10)]:
        call()
    spent = time.process_time()

    def once(call: Callable[[], object]) -> float:
        began = time.perf_counter()
        call()
        return 1000 * (time.perf_counter() - began)

    began = time.perf_counter()
    if threads == 1:
        times = [once(call) for call in calls]
    else:
        with ThreadPoolExecutor(threads) as pool:
            times = list(pool.map(once, calls))
    rate = len(calls) / (time.perf_counter() - began)
    spent = time.process_time() - spent
    p50, p95, p99 = np.quantile(times, (0.5, 0.95, 0.99))
    figures = {"p50": p50, "p95": p95, "p99": p99, "cpu": 1000 * spent / len(calls), "per_s": rate}
    return {name: round(float(figure), 2) for name, figure in figures.items()}


def memory() -> dict[str, Any]:
    """What the process holds now, and has held at most, in MB; nothing where the system does not tell."""
    gc.collect()
    names = {"VmRSS": "resident_mb", "RssAnon": "anonymous_mb", "RssFile": "mapped_mb", "VmHWM": "peak_mb"}
    try:
        lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    except OSError:
        return {}
    fields = dict(line.split(":", 1) for line in lines)
    return {ours: int(fields[name].split()[0]) // 1024 for name, ours in names.items() if name in fields}


def recall(library: Library, vectors: Sequence[Vectors], filters: Filters | None) -> float:
    """The share of the exact 20 best that the dense list of a search has as its best 20."""
    rows = library.rows(filters)
    asked = np.stack(vectors)
    scores, keys = [], []
    for number, segment in library.segments.items():
        chosen = segment.live_rows if rows[number] is None else rows[number]
        chosen = np.arange(len(segment.dense)) if chosen is None else chosen
        for start in range(0, len(chosen), 1 << 15):
            block = chosen[start : start + (1 << 15)]
            found = segment.dense.vectors[block].astype(np.float32) @ asked.T
            best = np.argsort(-found, axis=0)[:20]
            scores.append(np.take_along_axis(found, best, axis=0))
            keys.append((number << 32) + block[best])
    every, names = np.concatenate(scores), np.concatenate(keys)
    best = np.argsort(-every, axis=0, kind="stable")[:20]
    hits = total = 0
    for column, vector in enumerate(vectors):
        expected = set(names[best[:, column], column].tolist())
        hits += len(expected & {key for key, _ in library.search_dense(vector, DEPTH, rows)[:20]})
        total += len(expected)
    return round(hits / max(1, total), 4)


def exact_baselines(library: Library, vectors: Sequence[Vectors]) -> dict[str, Any]:
    """Every vector compared: one product in NumPy, and a flat FAISS index; one thread each."""
    import faiss

    every = np.concatenate([np.asarray(one.dense.vectors, np.float32) for one in library.segments.values()])
    some = vectors[:EXACT_QUESTIONS]

    def plain(vector: Vectors) -> object:
        scores = every @ vector
        best = np.argpartition(-scores, min(DEPTH, len(scores) - 1))[:DEPTH]
        return best[np.argsort(-scores[best])]

    found = {"numpy_exact": timed([lambda v=v: plain(v) for v in some])}
    flat = faiss.IndexFlatIP(every.shape[1])
    flat.add(every)
    found["faiss_flat"] = timed([lambda v=v: flat.search(v[None, :], DEPTH) for v in some])
    return found


def _bare(library: Library, words: Sequence[str]) -> object:
    """tantivy asked for any of the words, and nothing else."""
    import tantivy

    lexical = library.lexical
    assert lexical is not None
    schema = lexical._index.schema
    terms = [tantivy.Query.term_query(schema, "words", word, "freq") for word in words]
    query = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
    return lexical._searcher.search(query, DEPTH, count=False).hits


def _questions(count: int) -> list[str]:
    if (sets.SETS / "bioasq-7-9").is_dir():
        return [one.text for one in evalsets.questions(sets.SETS / "bioasq-7-9")][:count]
    return [f"what do w{n} and w{2 * n} and w{3 * n} do?" for n in range(1, count + 1)]


# -- changing --------------------------------------------------------------------------------------


def changing(path: Path, questions: int) -> dict[str, Any]:
    """Seconds to add one abstract, the library opened anew, and to remove it."""
    del questions
    with TemporaryDirectory(ignore_cleanup_errors=True) as aside:
        file = Path(aside) / "one.txt"
        now = time.time_ns()  # another paper each time: what was removed does not come back unasked
        file.write_text(f"Paper {now} on axolotls\n\nThey regrow their legs within {now} days.\n", "utf-8")
        load_encoder().encode(["warm"])
        row, added = {}, ""
        for name in ("add_one_s", "remove_one_s"):
            began = time.perf_counter()
            with Library.open(path) as library:
                if added:
                    library.remove([added])
                else:
                    (one,) = library.add([file]).added
                    added = one.document_id
            row[name] = round(time.perf_counter() - began, 2)
    return row


def rebuilt(place: Path, made: corpus.Corpus, *, documents: int = 10_000) -> dict[str, Any]:
    """Seconds that a rebuild, and adding the folder again, take of so many files when nothing has changed."""
    files, path = place / "papers", place / "library"
    encoder = _Given(made)
    if not (path / "CURRENT").exists():
        files.mkdir(parents=True, exist_ok=True)
        for number, (document, _, _) in zip(range(documents), made.documents(), strict=False):
            text = f"{document.title}\n\n{document.text.content}\n"
            (files / f"{number:06d}.txt").write_text(text, "utf-8")
        with Library.create(path, encoder=encoder, reader="none") as library:
            library.add([files])
    with Library.open(path, encoder=encoder) as library:
        began = time.perf_counter()
        library.rebuild()
        row = {"rebuild_unchanged_s": round(time.perf_counter() - began, 2)}
        began = time.perf_counter()
        library.add([files])
        row["add_unchanged_s"] = round(time.perf_counter() - began, 2)
        return row | {"unchanged_documents": len(library)}


class _Given:
    """An encoder that gives vectors of the corpus, by turns: a rebuild encodes nothing."""

    name, fingerprint, precision, window = "hashing", "given", "f32", 256

    def __init__(self, made: corpus.Corpus) -> None:
        self._vectors, self._next, self.dimension = made.vectors, 0, made.vectors.shape[1]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The next rows of the corpus."""
        places = np.arange(self._next, self._next + len(texts)) % len(self._vectors)
        self._next += len(texts)
        return self._vectors[places]

    def encode_question(self, text: str) -> Vectors:
        """One of them."""
        return self.encode([text])[0]

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Runs of characters between blanks."""
        return list(_runs(text))


def _runs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for word in text.split(" "):
        if word:
            yield start, start + len(word)
        start += len(word) + 1


TASKS = {"searching": searching, "changing": changing}


def main() -> None:
    """Measure and print a row for each size; with ``--task`` what the process was started for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", default="1000,10000,100000", help="passages, with commas (also 1000000)")
    parser.add_argument("--folder", type=Path, help="keep the libraries here and use them again")
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--index", default="auto", help="kind of index: auto, exact, ivf-sq8 or ivf-pq")
    parser.add_argument("--task", choices=sorted(TASKS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        print(json.dumps(TASKS[options.task](options.folder, options.questions)))
        return
    sizes = [int(size) for size in options.sizes.split(",")]
    found = measure(
        sizes,
        options.folder,
        questions=options.questions,
        index=options.index,
        say=lambda line: print(line, flush=True),
    )
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
