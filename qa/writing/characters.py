"""Characters that no export can hold as they are, written so that they can be got back.

Control characters and the code points that Unicode gives to no character are errors in HTML, and most are in
XML (so in DOCX); Markdown takes U+0000 away. They are written ``_x000B_``, as spreadsheets write them
(ECMA-376 part 1, 22.9.2.19), and so is the first sign of a text that looks like that already. Tab and line
feed stay.
"""

from __future__ import annotations

import re

_HELD = "\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef"
_ENDS = "".join(chr((plane << 16) + end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
_TROUBLE = re.compile(f"[{_HELD}{_ENDS}]|_(?=x[0-9A-F]{{4,6}}_)")
_WRITTEN = re.compile("_x([0-9A-F]{4,6})_")


def held(text: str) -> str:
    """``text`` without the characters that an export cannot hold."""
    return _TROUBLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def given_back(text: str) -> str:
    """The text that :func:`held` was given."""
    return _WRITTEN.sub(lambda found: chr(int(found[1], 16)), text)
