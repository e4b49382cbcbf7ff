"""Encoding beside the reading of the next sources: OpenVINO lets go of Python's lock while it computes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from index.encoders import Encoder

Vectors = NDArray[np.float32]

#: Batches under way beside the one that is being collected: bounds the memory, and what an error costs.
_MOST = 2


class Ahead:
    """Vectors in the order they were asked for; one thread computes them, one batch after the other."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._pool: ThreadPoolExecutor | None = None
        self._batches: deque[tuple[Vectors, Sequence[int], Future[Vectors]]] = deque()

    def put(self, vectors: Vectors, missing: Sequence[int], texts: Sequence[str]) -> None:
        """Have the rows ``missing`` of ``vectors`` (n, dimension) computed from ``texts``."""
        done: Future[Vectors] = Future()
        if texts:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, thread_name_prefix="litquote-encoding")
            done = self._pool.submit(self._encoder.encode, texts)
        else:
            done.set_result(vectors[:0])
        self._batches.append((vectors, missing, done))

    def take(self, *, every: bool) -> list[Vectors]:
        """The batches that are done, the oldest first; waits for ``every`` one, or while too many wait.

        Raises what the encoder raised.
        """
        taken = []
        while self._batches and (every or len(self._batches) > _MOST or self._batches[0][2].done()):
            vectors, missing, done = self._batches.popleft()
            vectors[list(missing)] = done.result()
            taken.append(vectors)
        return taken

    def close(self) -> None:
        """Compute no more. Waits for the batch at hand."""
        self._batches.clear()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
