"""LaTeX in a BibTeX value to the characters it prints."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["plain"]

#: Only a value that has one of these needs LaTeX's reading.
_MARKS = re.compile(r"[\\{}$~]|``|''|---?")

#: A dollar sign that opens a formula: one follows that closes it soon, and no sum of money is told.
_FORMULA = re.compile(r"(?<!\\)\$(?!\s*\d[\d.,]*\s+[A-Za-z]{2})([^$\n]{1,200}?)(?<!\\)\$(?!\d)")
_DOLLAR = re.compile(r"(?<!\\)\$")
_PERCENT = re.compile(r"(?<!\\)((?:\\\\)*)%")
_RAISED = re.compile(
    r"(?:(?P<sign>[_^])|\\text(?P<word>sub|super)script)\s*(?:\{(?P<more>[^{}\\]{1,20})\}|(?P<one>[0-9+-]))"
)
_OPENED, _CLOSED = "\ue000", "\ue001"

_SUPER = str.maketrans("0123456789+-=()in", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿ")
_SUB = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")

#: Signs that pylatexenc does not know.
_SIGNS = {
    "textgreater": ">", "textless": "<", "textbar": "|", "textasciitilde": "~", "textasciicircum": "^",
    "textunderscore": "_", "textquotesingle": "'", "textminus": "−", "textonehalf": "½", "textdegree": "°",
    "textmu": "µ", "textalpha": "α", "textbeta": "β", "textgamma": "γ", "textdelta": "δ", "textkappa": "κ",
    "textlambda": "λ", "texttimes": "×", "textrightarrow": "→", "textperthousand": "‰",
}  # fmt: skip

#: Longer values, and braces deeper than any title's, are left to the simple way.
_LONGEST = 400_000
_DEEPEST = 60


def plain(value: str) -> str:
    """``value`` with its LaTeX as characters: ``{\\"U}ber \\textit{E. coli}`` -> ``Über E. coli``.

    Raised and lowered digits become those of Unicode (``10$^{-9}$`` -> ``10⁻⁹``). An escape that
    nobody knows loses its backslash and keeps its words. A bare ``%`` or ``$`` is that sign:
    reference managers export abstracts without escaping them. Never raises.
    """
    if not _MARKS.search(value):
        return value
    if len(value) > _LONGEST or _depth(value) > _DEEPEST:
        return _simply(value)
    text = _RAISED.sub(lambda found: found[0] if found["sign"] else _raised(found), value)
    text = _PERCENT.sub(r"\1\\%", text)
    text = _FORMULA.sub(lambda found: f"{_OPENED}{_RAISED.sub(_raised, found[1])}{_CLOSED}", text)
    text = _DOLLAR.sub(r"\\$", text).replace(_OPENED, "$").replace(_CLOSED, "$")
    try:
        return _reader()(text)
    except Exception:  # pylatexenc gives up on what is too odd to be LaTeX
        return _simply(value)


def _depth(value: str) -> int:
    deepest = depth = 0
    for brace in re.finditer(r"[{}]", value):
        depth = depth + 1 if brace[0] == "{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _simply(value: str) -> str:
    return re.sub(r"\\[A-Za-z]+\s?|[\\{}]", "", value)


def _raised(found: re.Match[str]) -> str:
    """Digits and signs above or below the line; letters stay on it."""
    text = found["more"] or found["one"]
    table = _SUPER if found["sign"] == "^" or found["word"] == "super" else _SUB
    up = text.translate(table)
    return up if not set(up) & set(text) - {" "} else text


@cache
def _reader() -> Callable[[str], str]:
    """pylatexenc, taught what BibLaTeX and publishers write besides."""
    from pylatexenc import latex2text, latexwalker, macrospec

    # what it cannot read is read another way and told to nobody
    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)

    def words(node: Any, l2tobj: Any) -> str:
        """The arguments of a macro that is not known otherwise."""
        arguments = node.nodeargd.argnlist if node.nodeargd else []
        return "".join(l2tobj.nodelist_to_text([one]) for one in arguments if one is not None)

    quotes = ("mkbibquote", "enquote", "textquote")
    others = ("mkbibemph", "mkbibbold", "textsubscript", "textsuperscript", "bibstring", "nolinkurl")
    texts = latex2text.get_default_latex_context_db()
    texts.add_context_category(
        "litquote",
        macros=[
            *(latex2text.MacroTextSpec(name, simplify_repl="“%s”") for name in quotes),
            *(latex2text.MacroTextSpec(name, simplify_repl="%s") for name in (*others, "url")),
            *(latex2text.MacroTextSpec(name, simplify_repl=sign) for name, sign in _SIGNS.items()),
            latex2text.MacroTextSpec("href", simplify_repl="%(2)s"),
        ],
        specials=[latex2text.SpecialsTextSpec("&", "&")],
        prepend=True,
    )
    texts.set_unknown_macro_spec(latex2text.MacroTextSpec("", simplify_repl=words))
    walker = latexwalker.get_default_latex_context_db()
    walker.add_context_category(
        "litquote",
        macros=[
            *(macrospec.std_macro(name, False, 1) for name in (*quotes, *others)),
            macrospec.std_macro("href", False, 2),
        ],
        prepend=True,
    )
    reader = latex2text.LatexNodes2Text(latex_context=texts, math_mode="text", keep_comments=True)

    def read(text: str) -> str:
        nodes, _, _ = latexwalker.LatexWalker(
            text, latex_context=walker, tolerant_parsing=True
        ).get_latex_nodes()
        return str(reader.nodelist_to_text(nodes))

    return read
