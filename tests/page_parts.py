"""What tests of the page's events share: what is shown as text, and what its parts hold in the end."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from qa.calibration import calibration_for

#: The calibration for no reader, with every sentence above the bar.
ALL = replace(calibration_for("", None, ""), bar=-9.0, further=None)


def plain(shown: str) -> str:
    """What a browser shows of HTML: tags dropped, character references read."""
    return html.unescape(re.sub(r"<[^>]*>", "", shown))


def merged(steps: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """What the parts hold after all steps."""
    values: dict[str, Any] = {}
    for step in steps:
        values |= step
    return values
