"""Links to a sentence: text fragments (https://wicg.github.io/scroll-to-text-fragment/)."""

from __future__ import annotations

import re
from urllib.parse import quote

__all__ = ["text_fragment"]

#: Words at the beginning and end of what is looked for; shorter texts are given whole.
_ENDS = 5


def text_fragment(content: str, start: int, end: int) -> str:
    """``"#:~:text=first words,last words"`` for ``content[start:end]``; "" where it has no words.

    The browser compares whole words and takes any white space for a space; a page may print the sentence
    otherwise, and is then shown from its beginning.
    """
    words = re.split(r"\s+", content[start:end].strip())
    if not any(character.isalnum() for word in words for character in word):
        return ""
    if len(words) <= 2 * _ENDS:
        return f"#:~:text={_encoded(words)}"
    return f"#:~:text={_encoded(words[:_ENDS])},{_encoded(words[-_ENDS:])}"


def _encoded(words: list[str]) -> str:
    # "-", "," and "&" part a directive's terms (section 3.3), so inside a term they are encoded as well.
    return quote(" ".join(words), safe="").replace("-", "%2D")
