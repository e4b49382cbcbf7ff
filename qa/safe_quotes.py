"""How far a quote reaches, so that nothing is torn from what makes it true.

A quote is a run of whole sentences of one section. The sentence before is shown when the first leans on it
("This …", "The latter …") or turns it round ("However, …"), the sentence after when it turns the last one
round. One sentence on each side at most: the text is a click away.
"""

from __future__ import annotations

import re

from index.chunks import sentences
from index.records import Section
from qa.quotable import is_quotable

Span = tuple[int, int]

#: A sentence that opens like this leans on the one before. "In this study" does not: it means the paper.
_LEANS = re.compile(
    r"(?:This|These|Those|It|Its|They|Their|Such|He|She|His|Her"
    r"|The (?:latter|former)|As such|In doing so|For (?:this|these|that) reasons?"
    r"|(?:In|Under|For|With|Given|By|Of|Among|After|From|To|Through) (?:this|these|those|that|such) "
    r"(?:case|cases|context|contexts|regard|respect|way|ways|setting|settings|situation|situations"
    r"|circumstances|condition|conditions|end|means|model|models|instance|instances|scenario|event)"
    r"|(?:Of|Among|Between|Despite|Besides|Following|From) (?:these|those|them|this)"
    r"|(?:Both|All|Each|Some|Most|Many|None|Neither|Either|One|Two|Three) of (?:these|those|them)"
    r"|All (?:these|those))\b"
)

#: A sentence that opens like this takes back, or bounds, what the one before says. After "However" and "But"
#: other readings are left out ("However large the dose …", "But for the grace …"); "In contrast to A, B …"
#: and "Although A, B …" say themselves what they are set against, unless that is a pronoun.
_TURNS = re.compile(
    r"(?:However\b(?!\s+(?:much|many|long|large|small|little|few|great|strong|weak|hard|high|low|\w+ly)\b)"
    r"|But\b(?!\s+for\b)|Nevertheless\b|Nonetheless\b|Notwithstanding\b(?=,)|Yet\b(?!\s+(?:another|an?other"
    r"|more|to)\b)"
    r"|Still,|Even so\b|That said\b|On the contrary\b|Conversely\b|Contrariwise\b|Unfortunately\b"
    r"|Regrettably\b"
    r"|(?:In|By) contrast\b(?!\s+(?:to|with)\b(?!\s+(?:this|these|that|those)\b))|On the other hand\b"
    r"|Whereas\b"
    r"|(?:Despite|In spite of|Notwithstanding|Contrary to) (?:this|these|that|those|its?|their)\b"
    r"|(?:Al)?[Tt]hough (?:this|these|those|that|it|its|they|their|such|the latter|the former)\b)"
)

#: Where the sentence before is looked for: a cut further back is no sentence's beginning.
_REACH = 2000
#: Characters of a sentence that is added; what is longer is a table or a list that lost its lines.
LONGEST_ADDED = 600


def leans(sentence: str) -> bool:
    """Whether ``sentence`` cannot be understood, or not rightly, without the one before it."""
    return bool(_LEANS.match(sentence) or _TURNS.match(sentence))


def turns(sentence: str) -> bool:
    """Whether ``sentence`` opens by turning round the one before it."""
    return bool(_TURNS.match(sentence))


def readable_start(content: str, section: Section, start: int) -> int:
    """Where a quote of the sentence at ``start`` should begin: one sentence earlier if it leans on that.

    Never before its section, nor with what is no statement: a heading, a label.
    """
    if not leans(content[start : start + 80]):
        return start
    before = max(section.start, start - _REACH)
    spans = sentences(content, before, start)
    if not spans or (before > section.start and len(spans) < 2):
        return start  # the cut itself may have made this sentence
    first, last = spans[-1]
    return first if is_quotable(content[first:last]) else start


def safe_end(content: str, section: Section, end: int) -> int:
    """Where a quote that would end at ``end`` should: after the next sentence if that turns it round.

    Never behind its section. A turning sentence longer than LONGEST_ADDED is no prose and is left.
    """
    after = end
    while after < section.end and content[after].isspace():
        after += 1
    if after >= section.end or not turns(content[after : after + 80]):
        return end
    first, last = next(iter(sentences(content, after, min(section.end, after + 2 * LONGEST_ADDED))))
    whole = first == after and last - first <= LONGEST_ADDED
    return last if whole else end


def safe_span(content: str, section: Section, start: int, end: int) -> Span:
    """The quote of the sentence ``content[start:end]``: with what it leans on and what turns it round."""
    return readable_start(content, section, start), safe_end(content, section, end)
