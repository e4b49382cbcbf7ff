"""Texts to token numbers and token positions, by the ``tokenizers`` library alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import EncoderError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

#: The window of a model that knows no limit of its own.
UNLIMITED_WINDOW = 512


class Tokens:
    """A model's tokenizer, with its window: ``max_length`` tokens, special ones and prefix included.

    ``definition`` is the content of a ``tokenizer.json``; ``max_length`` None is no limit;
    ``prefix`` is what the model wants in front of a passage. Raises EncoderError for a definition
    that the library cannot read.
    """

    def __init__(self, definition: str, *, max_length: int | None, prefix: str = "") -> None:
        self._definition = definition
        self._cutting = tokenizer_of(definition)
        if max_length is None:
            self.window = UNLIMITED_WINDOW
            return
        special = self._cutting.num_special_tokens_to_add(False)
        self.window = max_length - special - len(self._cutting.encode(prefix, add_special_tokens=False).ids)
        if self.window < 1:
            raise EncoderError(
                f"the model takes {max_length} tokens, and none are left beside its {special} special tokens"
                " and its prefix; choose another model"
            )
        self._cutting.enable_truncation(max_length, direction=_direction(definition))

    @cached_property
    def _whole(self) -> Tokenizer:
        # a second one, because cutting is a state of a tokenizer and threads share it
        return tokenizer_of(self._definition)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The token numbers of each text, special tokens included, cut at ``max_length``."""
        # A question may hold half a character (bytes that are no UTF-8 on the command line): it is shown "?".
        whole = [text.encode("utf-8", "replace").decode() for text in texts]
        return [encoding.ids for encoding in self._cutting.encode_batch_fast(whole)]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """The code points that each content token of ``text`` stands for; nothing is cut."""
        return list(self._whole.encode(text, add_special_tokens=False).offsets)


def definition_in(folder: Path) -> str:
    """The tokenizer's definition saved in ``folder``."""
    return (folder / "tokenizer.json").read_text("utf-8")


def _direction(definition: str) -> str:
    """The end that is cut off a long text: ``"right"`` unless the definition says otherwise."""
    return str((json.loads(definition).get("truncation") or {}).get("direction", "right")).lower()


def tokenizer_of(definition: str) -> Tokenizer:
    """The tokenizer with this definition, which neither cuts nor pads. Raises EncoderError for none."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(definition)
    except Exception as error:  # the library raises bare Exception
        raise EncoderError(
            f"the model's tokenizer cannot be read ({error}); download the model again"
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
