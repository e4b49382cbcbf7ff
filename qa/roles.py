"""What a sentence does in its paper: reports what was found, or says what was aimed at; defines a subject.

Plain signs in the wording and the section's label. They decide only between sentences of nearly the same
score: their weights are fitted with the others (``tests/bench/calibrate.py``).
"""

from __future__ import annotations

import re
from functools import lru_cache

from index.words import content_terms

#: Sections that say what was found.
_FOUND_IN = frozenset({"results", "conclusions"})

_FOUND = re.compile(
    r"""\b(?:we|the\ authors)\ (?:\w+ly\ )?(?:found|observed|show(?:ed)?|demonstrated?|identified
          |conclude[ds]?|report(?:ed)?\ that)\b
      | \b(?:our|these|the|present|study)\ (?:\w+\ )?(?:results?|findings?|data|analys[ei]s|observations?)
          \ (?:\w+ly\ )?(?:show|suggest|indicate|demonstrate|support|reveal|confirm|imply)(?:s|e?d)?\b
      | ^\W*(?:in\ (?:conclusion|summary)|to\ conclude|taken\ together|collectively|overall),
      | ^(?:results|findings|conclusions?|interpretation)\b[^.]{0,40}:
    """,
    re.IGNORECASE | re.VERBOSE,
)
_AIMED = re.compile(
    r"""\b(?:aims?|objectives?|purpose|goals?)\ (?:of|was|is|were)\b
      | \bwe\ (?:\w+ly\ )?(?:aim(?:ed)?|sought|set\ out|investigated|examined|evaluated|assessed|studied
          |tested|explored|hypothesi[sz]ed?|review(?:ed)?|undertook|wished)\b
      | \b(?:this|the\ present|the\ current)\ (?:\w+\ )?(?:study|trial|review|paper|article|work|analysis)
          \s(?:was\ (?:designed|conducted|undertaken|performed|carried)|aim(?:s|ed)|investigate[sd]
          |examine[sd]|evaluate[sd]|assesse[sd]|describes|reviews|explores|addresses|discusses)\b
      | ^\W*to\ (?:determine|investigate|evaluate|assess|examine|compare|describe|explore|study|review
          |analy[sz]e|test|identify)\b
      | ^(?:aims?|objectives?|purpose|background|introduction|context|rationale|methods?|design)
          \b[^.]{0,40}:
    """,
    re.IGNORECASE | re.VERBOSE,
)


def role(text: str, section: str) -> float:
    """1 for a sentence that says what was found or concluded, -1 for one that says what was aimed at, else 0.

    ``section`` is the label of its section; the sentence's own words come first.
    """
    if _AIMED.search(text):
        return -1.0
    return 1.0 if section in _FOUND_IN or _FOUND.search(text) else 0.0


_ASKS = re.compile(
    r"""^\W*(?:
        what\ (?:is|are|was|were)\ (?:meant\ by\ )?(?P<what>.+?)
      | what\ does\ (?P<means>.+?)\ (?:mean|stand\ for|refer\ to)
      | what\ do\ (?:you|we|they)\ mean\ by\ (?P<by>.+?)
      | (?:define|definition\ of|meaning\ of)\ (?P<define>.+?)
    )\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
#: "What is the effect of X on Y?" asks for no definition.
_RELATES = re.compile(
    r"(?<!\S)(?:of|on|in|for|between|to|with|after|during|by|from|than|about|that|which|used|known)(?!\S)",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:an?|the)\s+", re.IGNORECASE)
_LONGEST_SUBJECT = 5


@lru_cache(maxsize=64)
def _definition(question: str) -> re.Pattern[str] | None:
    """What a definition of the question's subject looks like; None where it asks for none."""
    asked = _ASKS.match(re.sub(r"\s*\([^)]*\)", "", question))
    if asked is None:
        return None
    subject = _ARTICLE.sub("", next(filter(None, asked.groups())).strip(" \"'“”‘’"))
    words = re.findall(r"[^\W_]+", subject)
    if not words or len(words) > _LONGEST_SUBJECT or _RELATES.search(subject):
        return None
    last = re.escape(words[-1]) + ("" if words[-1].endswith("s") else "(?:e?s)?")
    name = r"[\W_]+".join([*map(re.escape, words[:-1]), last])
    aside = r"(?:\s*\([^)]*\))?"
    forms = [
        rf"\b{name}{aside},?\s+(?:is|are|was|were)\s+(?:\w+ly\s+)?(?:an?|the|one\s+of|any)\s",
        rf"\b{name}{aside}\s+(?:are|were)\s+(?!\w+(?:ed|ing)\b|not\b|often\b|also\b|\w+ly\b)[a-z]",
        rf"\b{name}{aside}\s+(?:is|are)\s+(?:\w+ly\s+)?(?:defined|characteri[sz]ed|described|known)\s",
        rf"\b{name}{aside}\s+(?:refers?|means?|denotes?|stands?)\s",
        rf"\b{name}{aside},\s+(?:an?|the|one\s+of)\s[^,;.]+[,;.]",
        rf"\b(?:termed|called|known\s+as|referred\s+to\s+as|defined\s+as)\s+(?:an?\s+|the\s+)?{name}\b",
    ]
    if len(words) == 1 and sum(letter.isupper() for letter in words[0]) > 1:
        forms.append(rf"\w\s+\(\s*{re.escape(words[0])}s?\s*[);,]")  # "personal protective equipment (PPE)"
    return re.compile("|".join(forms), re.IGNORECASE)


def defines(question: str, text: str) -> float:
    """1 where ``question`` asks what something is and ``text`` says so, else 0."""
    wanted = _definition(question)
    return float(wanted is not None and wanted.search(text) is not None)


_WH = re.compile(r"\b(?:what|which|who|whom|whose|when|where|why|how)\b", re.IGNORECASE)
_ASKS_WHETHER = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|should|would|may|might|will|must)\b",
    re.IGNORECASE,
)
#: A sentence with less of its own than this begins to be an echo.
_OWN_SHARE = 0.4


def echo(question: str, text: str) -> float:
    """How far a sentence only repeats a question that asks what, why or how: 1 all of it, 0 not at all.

    Asked whether something is so, the very sentence is the answer: then always 0.
    """
    if _ASKS_WHETHER.match(question) or not _WH.search(question):
        return 0.0
    said = set(content_terms(text))
    if not said:
        return 0.0
    own = len(said.difference(content_terms(question))) / len(said)
    return max(0.0, 1.0 - own / _OWN_SHARE)


_LIST = re.compile(
    r"^\W*(?:which|list|name|enumerate|what\s+(?:are|were)|what\s+(?:other\s+)?\w+s\s+(?:are|were|have|can|do))\b",
    re.IGNORECASE,
)


def asks_for_several(question: str) -> bool:
    """Whether a question may have several answers: "Which …", "What are the …", "List …"."""
    return _LIST.search(question) is not None and _definition(question) is None
