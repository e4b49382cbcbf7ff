"""A large library of real texts to ask, for the scripts beside this one; only its vectors are chance.

Random unit vectors cost a search the same as real ones and spare an hour of encoding. Questions are encoded
by the bundled model, and what the reader reads are real passages that BM25 found.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import numpy as np
import sets
from numpy.typing import NDArray

from index.encoders import SentenceTransformerEncoder
from index.library import Library
from qa import evalsets


class ChanceEncoder(SentenceTransformerEncoder):
    """The bundled encoder, but passages get random unit vectors."""

    def encode(self, texts: object) -> NDArray[np.float32]:
        """Random unit rows (n, dimension)."""
        count = len(list(texts))  # type: ignore[call-overload]
        rows = np.random.default_rng(count).standard_normal((count, self.dimension), dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@contextmanager
def large_library(passages: int) -> Iterator[Library]:
    """A library of about ``passages`` passages of real papers in a folder that goes in the end."""
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        Library.create(folder + "/library", encoder=ChanceEncoder(backend="openvino")) as library,
    ):
        with library._write() as session:
            for name in ("abstracts-scale", "fulltext-scale"):
                for document in evalsets.documents(sets.SETS / name, prefix=f"{name}/"):
                    if session.passages < passages:
                        session.write([document], document.id)
        yield library


def questions(count: int) -> list[str]:
    """The first ``count`` real questions."""
    return [one.text for one in evalsets.questions(sets.SETS / "bioasq-7-9")][:count]
