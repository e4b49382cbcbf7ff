"""Encoding speed: litquote beside SentenceTransformer.encode, and beside what this machine can do at most.

    python tests/bench/encoding.py [--corpus FILE.jsonl[.gz]] [--passages 600] [--rounds 3]

Passages are runs of sentences of about 90 tokens from a corpus of abstracts ({"text": …} a line; by
default abstracts-scale of ../shared/eval). The contenders take turns, so that another load on the
machine touches all of them; the fastest round counts, by the clock and by the processors' time, which
other programs disturb less. The limit is the time of the model's own matrix products (projections,
attention, feed-forward, of the very batches that are encoded) and nothing else, each by the faster of
OpenVINO and torch. Also: the smallest cosine to fp32, and how long a question takes from a cold start.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(Path(__file__).parent))

import products  # noqa: E402 (the path comes first)

from index.batching import batches  # noqa: E402
from index.encoders import SentenceTransformerEncoder  # noqa: E402
from index.model_files import find_model  # noqa: E402

CORPUS = ROOT.parent / "shared" / "eval" / "abstracts-scale" / "corpus.jsonl.gz"
REFERENCE = "sentence-transformers f32"
COLD = "from index.encoders import load_encoder; load_encoder().encode_question('Is there a cure?')"
COLD_TORCH = (
    "import sys; from sentence_transformers import SentenceTransformer as S;"
    " S(sys.argv[1], device='cpu', local_files_only=True).encode('Is there a cure?')"
)


def passages(corpus: Path, count: int) -> list[str]:
    """The first ``count`` runs of whole sentences of up to 65 words."""
    found: list[str] = []
    opener: Any = gzip.open if corpus.suffix == ".gz" else open
    with opener(corpus, "rt", encoding="utf-8") as stream:
        for line in stream:
            run: list[str] = []
            for sentence in re.split(r"(?<=[.!?])\s+", json.loads(line)["text"]):
                if run and len(" ".join([*run, sentence]).split()) > 65:
                    found.append(" ".join(run))
                    run = []
                run.append(sentence)
            found.append(" ".join(run))
            if len(found) >= count:
                return found[:count]
    return found


def cold_start(code: str, *arguments: str) -> float:
    """Seconds of a fresh interpreter, the best of three."""
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, check=True, capture_output=True)
        taken.append(time.perf_counter() - start)
    return min(taken)


def measure(corpus: Path = CORPUS, *, count: int = 600, rounds: int = 3) -> dict[str, Any]:
    """``encoders``: a row each; ``limit``: the products' seconds; ``fraction`` of it that the first reaches.

    Seconds are ``[by the clock, by the processors' time]``, and so are ratios and fractions.
    """
    texts = passages(corpus, count)
    auto = SentenceTransformerEncoder(backend="openvino")
    contenders: dict[str, Callable[[list[str]], Any]] = {f"OpenVINO {auto.precision}": auto.encode}
    if auto.precision != "f32":
        contenders["OpenVINO f32"] = SentenceTransformerEncoder(backend="openvino", precision="f32").encode

    from sentence_transformers import SentenceTransformer

    name, folder = find_model(None)
    original = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    contenders[REFERENCE] = lambda given: original.encode(given, normalize_embeddings=True)

    ids = auto._model.tokens.ids(texts)
    lengths = [len(one) for one in ids]
    shapes = [(len(batch), lengths[batch[0]]) for batch in batches(lengths)]
    limit = products.Products(products.Model.of(folder), shapes, precision=auto.precision)

    best = {name: [float("inf")] * 2 for name in contenders}
    rows: dict[str, Any] = {}
    for encode in contenders.values():
        encode(texts[:32])
    for _ in range(rounds):
        for name, encode in contenders.items():
            seconds, rows[name] = products.timed(lambda encode=encode: encode(texts))
            best[name] = [min(pair) for pair in zip(best[name], seconds, strict=True)]
        limit.round()
    tokens = sum(lengths)
    fastest = next(iter(best.values()))
    return {
        "passages": len(texts),
        "tokens": tokens,
        "padded_tokens": sum(rows * width for rows, width in shapes),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else [],
        "encoders": [
            {
                "name": name,
                "seconds": seconds,
                "tokens_per_second": tokens / seconds[0],
                "ratio": [one / own for one, own in zip(best[REFERENCE], seconds, strict=True)],
                "cosine": float(np.einsum("ij,ij->i", rows[name], rows[REFERENCE]).min()),
            }
            for name, seconds in best.items()
        ],
        "limit": limit.to_dict(),
        "fraction": [one / own for one, own in zip(limit.seconds, fastest, strict=True)],
    }


def show(found: dict[str, Any]) -> None:
    """Print what :func:`measure` found."""
    print(
        f"{found['passages']} passages, {found['tokens']} tokens, {found['padded_tokens']} with padding;"
        f" load {', '.join(f'{one:.1f}' for one in found['load'])}\n"
    )
    print(f"{'':28}tokens/s   clock s   processor s   ratio (clock, processor)   min cosine")
    for row in found["encoders"]:
        clock, processor = row["seconds"]
        ratio = f"{row['ratio'][0]:.2f}, {row['ratio'][1]:.2f}"
        print(
            f"{row['name']:28}{row['tokens_per_second']:8.0f} {clock:9.2f} {processor:13.2f} {ratio:>26}"
            f" {row['cosine']:12.5f}"
        )
    limit = found["limit"]
    print(f"\nlimit: {limit['gigaflop']:.0f} GFLOP in {limit['precision']} products of the model's shapes")
    for name, (clock, processor) in [*limit["parts"].items(), ("all", limit["seconds"])]:
        print(f"  {name:26} clock {clock:6.2f} s   processor {processor:6.2f} s")
    print(f"  large products: {limit['peak']:.0f} GFLOP/s")
    print(f"fraction of the limit: clock {found['fraction'][0]:.2f}, processor {found['fraction'][1]:.2f}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--passages", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    if not chosen.corpus.exists():
        sys.exit(f"there is no {chosen.corpus}; give a corpus with --corpus")
    show(measure(chosen.corpus, count=chosen.passages, rounds=chosen.rounds))
    print(f"\none question, cold start: {cold_start(COLD):.2f} s; ", end="")
    print(f"sentence-transformers {cold_start(COLD_TORCH, str(find_model(None)[1])):.2f} s")


if __name__ == "__main__":
    main()
