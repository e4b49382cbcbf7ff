"""Mathematical signs that a PDF calls digits: told by their shape.

Typesetting by 3B2 (Arbortext) sets signs in fonts in the layout of Linotype's Mathematical Pi, whose
minus is at the place of "2" and whose equals sign is at that of "5", and writes those codes into the PDF:
"SVL537.4", "10 23". No digit is as flat as a minus, so the box of what is drawn tells them apart.
"""

from __future__ import annotations

import re

__all__ = ["SUSPECT", "sign"]

#: Fonts that have been seen to do so.
SUSPECT = re.compile(r"AdvP|MathematicalPi|UniversalMath|Universal-?Greek")

_CODES = frozenset(map(ord, "123569,."))


def sign(code: int, box: tuple[float, float, float, float], base: float, size: float) -> int:
    """The code of the sign that ``code`` stands for, given what is drawn; else ``code`` itself.

    ``box`` is left, bottom, right, top of the ink; ``base`` the base line's height; all in points.
    """
    if code not in _CODES or size <= 0:
        return code
    left, bottom, right, top = box
    high, wide, low = (top - bottom) / size, (right - left) / size, (bottom - base) / size
    if high <= 0 or wide <= 0:
        return code
    character = chr(code)
    drawn = ""
    if character == "2" and high < 0.2:
        drawn = "−"
    elif character == "5" and high < 0.42 and low > 0.02:
        drawn = "="
    elif character == "9" and high < 0.45 and low > 0.3:
        drawn = "′"
    elif character == "3" and high < 0.56 and low > -0.02:
        drawn = "×"
    elif character == "1" and high < 0.7 and wide / high > 0.9:
        drawn = "+"
    elif character == "6" and wide / high > 0.8:
        drawn = "±"
    elif character in ",." and high > 0.35 and low > -0.1 and wide > 0.3:
        drawn = "<" if character == "," else ">"
    return ord(drawn) if drawn else code
