"""Encoding speed, litquote against SentenceTransformer.encode, side by side in one run.

    python tests/bench/encoding.py [--corpus FILE.jsonl[.gz]] [--passages 600] [--rounds 3]

Passages are runs of sentences of about 90 tokens from a corpus of abstracts ({"text": …} a line; by
default abstracts-scale of ../shared/eval). The contenders take turns, so that another load on the
machine touches all of them; the fastest round counts. Also: the smallest cosine to fp32, and how
long a question takes from a cold start.
"""

from __future__ import annotations

import argparse
import gzip
import json
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

from index.encoders import SentenceTransformerEncoder  # noqa: E402 (the path comes first)
from index.model_files import find_model  # noqa: E402

CORPUS = ROOT.parent / "shared" / "eval" / "abstracts-scale" / "corpus.jsonl.gz"
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


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--passages", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    if not chosen.corpus.exists():
        sys.exit(f"there is no {chosen.corpus}; give a corpus with --corpus")
    texts = passages(chosen.corpus, chosen.passages)

    auto = SentenceTransformerEncoder(backend="openvino")
    contenders: dict[str, Callable[[list[str]], Any]] = {f"OpenVINO {auto.precision}": auto.encode}
    if auto.precision != "f32":
        contenders["OpenVINO f32"] = SentenceTransformerEncoder(backend="openvino", precision="f32").encode

    from sentence_transformers import SentenceTransformer

    folder = str(find_model(None)[1])
    original = SentenceTransformer(folder, device="cpu", local_files_only=True)
    reference = "sentence-transformers f32"
    contenders[reference] = lambda given: original.encode(given, normalize_embeddings=True)

    tokens = sum(len(auto.token_spans(text)) for text in texts)
    best, rows = dict.fromkeys(contenders, float("inf")), {}
    for encode in contenders.values():
        encode(texts[:32])
    for _ in range(chosen.rounds):
        for name, encode in contenders.items():
            start = time.perf_counter()
            rows[name] = encode(texts)
            best[name] = min(best[name], time.perf_counter() - start)

    print(f"{len(texts)} passages, {tokens / len(texts):.0f} content tokens each, best of {chosen.rounds}\n")
    print(f"{'':28}passages/s   tokens/s   ratio   min cosine")
    for name, seconds in best.items():
        cosine = np.einsum("ij,ij->i", rows[name], rows[reference]).min()
        print(
            f"{name:28}{len(texts) / seconds:10.1f} {tokens / seconds:10.0f}"
            f" {best[reference] / seconds:7.2f} {cosine:12.5f}"
        )
    print(f"\none question, cold start: {cold_start(COLD):.2f} s; ", end="")
    print(f"sentence-transformers {cold_start(COLD_TORCH, folder):.2f} s")


if __name__ == "__main__":
    main()
