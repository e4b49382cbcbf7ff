"""What runs on a worker of a Ray cluster; it needs no Ray itself."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

from index.encoders import Encoder, load_encoder
from index.errors import ClusterError, LitquoteError
from index.manifest import EncoderInfo
from index.privacy import go_offline
from index.shard_build import Built, Job, build
from index.shards import readers_digest

__all__ = ["TOKEN", "check", "work"]

#: The file beside the shards by which a worker proves that it sees what the driver sees.
TOKEN = "token"


def check(job: Job, token: str) -> str:
    """Whether this worker can build ``job``; returns its name. Raises ClusterError with the reason."""
    go_offline()
    node = socket.gethostname()
    folder = Path(job.folder).parent
    try:
        seen = (folder / TOKEN).read_text("utf-8")
    except OSError as error:
        seen = error.strerror or "unreadable"
    if seen != token:
        raise ClusterError(
            f"the worker on {node} does not see {folder}; a library that a cluster rebuilds, and its "
            "sources, must be seen by all its machines under the same path"
        )
    if job.recipe.readers != readers_digest():
        raise ClusterError(
            f"the worker on {node} has another version of litquote; install the same one on every machine"
        )
    return node


def work(job: Job, token: str, threads: int) -> Built:
    """Build a shard here with so many threads. Raises ClusterError, OSError, and what the encoder raises."""
    node = check(job, token)
    for name in ("LITQUOTE_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS"):
        os.environ[name] = str(threads)
    wanted = job.recipe.encoder
    try:
        encoder = _encoder(wanted.name, wanted.precision)
    except LitquoteError as error:
        raise ClusterError(f"the worker on {node} cannot load the encoder ({error})") from error
    if EncoderInfo.of(encoder) != wanted:
        raise ClusterError(
            f"the worker on {node} has another encoder than {wanted.name} ({wanted.fingerprint[:8]}, "
            f"{wanted.precision}); install the same model on every machine"
        )
    return build(job, encoder)


@cache
def _encoder(name: str, precision: str) -> Encoder:
    encoder = load_encoder(name, precision=precision)
    if precision == "bf16" and not _computes(precision):
        raise ClusterError("its processor computes in f32 only; give --precision f32")
    return encoder


def _computes(precision: str) -> bool:
    from index.openvino_model import precisions

    return precision in precisions()
