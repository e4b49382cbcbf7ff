"""``litquote serve`` whose reader takes LITQUOTE_SLOW seconds more, so that tests can come in between.

What services answer is kept in LITQUOTE_ANSWERS.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import index.remote.cache
from qa import cli
from qa.reader import Excerpt, NetworkReader, Reading

_read = NetworkReader.read


def _slowly(self: NetworkReader, question: str, excerpts: Sequence[Excerpt]) -> list[Reading]:
    time.sleep(float(os.environ["LITQUOTE_SLOW"]))
    return _read(self, question, excerpts)


if __name__ == "__main__":
    index.remote.cache.cache_folder = lambda: Path(os.environ["LITQUOTE_ANSWERS"])
    NetworkReader.read = _slowly  # type: ignore[method-assign]
    sys.exit(cli.main())
