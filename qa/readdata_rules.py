"""Questions made from statements by rule: training signal for the reader where nobody asked anything.

No language model: the words of a sentence are turned round by patterns that hold in scientific prose. What
a rule cannot turn into a readable question is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from qa import readdata_values, readdata_verbs
from qa.readdata_text import asked, count_words
from qa.readdata_values import Found


@dataclass(frozen=True, slots=True)
class Made:
    """A question, its kind, the part of the sentence that answers it, and what an answer has to hold."""

    question: str
    kind: str
    span: tuple[int, int] | None = None
    needs: re.Pattern[str] | None = None


#: What a sentence must hold to answer a question of a kind.
DIGIT = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|third|"
    r"quarter)\b",
    re.I,
)
REASON = re.compile(
    r"\b(?:because|due to|owing to|caus\w+|result(?:s|ed|ing)? (?:from|in)|attribut\w+|leads? to|led to|"
    r"explain\w*|since|contribut\w+|respons\w+|reason\w*|by)\b",
    re.I,
)

_LEAD = re.compile(
    r"^(?:(?:[A-Z][A-Z/&. ]{4,60}:+\s*)|(?:(?:BACKGROUND|INTRODUCTION|OBJECTIVES?|AIMS?|PURPOSE|"
    r"METHODS?|MATERIALS AND METHODS|"
    r"DESIGN|SETTING|PATIENTS|MEASUREMENTS|MAIN RESULTS?|RESULTS?|FINDINGS|CONCLUSIONS?|"
    r"INTERPRETATION|DISCUSSION|"
    r"SUMMARY|RATIONALE|IMPORTANCE|[Ss]etting)\s+(?=[A-Z0-9]|[Tt]he|[Ii]nter))|(?:(?:Background|"
    r"Methods?|Results?|Conclusions?|Objectives?|Purpose|Aims?|"
    r"Findings|Interpretation|Discussion|Introduction|Main results?)\s*:\s*)|"
    r"(?:However|Moreover|Furthermore|In addition|Additionally|In conclusion|In summary|To conclude|"
    r"Thus|Therefore|"
    r"Overall|Finally|Importantly|Interestingly|Taken together|Together|Hence|Conversely|In contrast|Notably|"
    r"Consequently|Also|Nevertheless|Surprisingly|Similarly|Accordingly|Indeed|In fact|Second|First|"
    r"Third|Lastly),\s+|"
    r"(?:(?:[Tt]hese|[Oo]ur|[Tt]he(?:se)?|[Pp]resent|[Tt]his)\s+(?:present\s+|current\s+|new\s+)"
    r"?(?:results?|data|"
    r"findings?|study|studies|observations?|experiments?|analys[ei]s|evidence|trial|review)"
    r"\s+(?:also\s+|clearly\s+|strongly\s+)?|"
    r"(?:[Ww]e|[Ii]t)\s+(?:(?:have|has|was|is|also|therefore|thus|previously|further|then|can be|"
    r"could be)\s+)*)"
    r"(?:suggest(?:s|ed)?|show(?:s|ed|n)?|indicate[sd]?|demonstrate[sd]?|concluded?|f(?:ou|i)nd|"
    r"reveal(?:s|ed)?|confirm(?:s|ed)?|report(?:ed)?|observed|establish(?:es|ed)?|provide evidence|"
    r"propose[d]?|"
    r"support the (?:hypothesis|view|idea|concept)|known|noted|believe)\s+that\s+|"
    r"there (?:is|was) (?:strong |good |some )?evidence that\s+)+"
)


#: Every rule: the words of a statement -> questions.
RULES: tuple[Callable[[str], Found], ...] = (
    readdata_values.definition,
    readdata_values.includes,
    readdata_values.the_is,
    readdata_values.measured,
    readdata_values.how_many,
    readdata_values.how_long,
    readdata_verbs.cause,
    readdata_verbs.how,
    readdata_verbs.relation,
    readdata_verbs.comparison,
    readdata_verbs.yesno,
)


def questions_of(sentence: str) -> list[Made]:
    """The questions that ``sentence`` answers, by all rules."""
    lead = _LEAD.match(sentence)
    at = lead.end() if lead else 0
    said = sentence[at:].rstrip(" .;")
    if not 6 <= count_words(said) <= 55 or not said[0].isalnum():
        return []
    found: list[Made] = []
    for rule in RULES:
        for question, kind, part in rule(said):
            text = asked(question)
            start = sentence.find(part, at) if part else -1
            if (
                text.endswith(" not?")
                or not 3 <= count_words(text) <= 26
                or (part and start < 0)
                or text.count("(") != text.count(")")
            ):
                continue
            needs = {"number": DIGIT, "cause": REASON}.get(kind)
            trimmed = part.rstrip(" .;,:") if part else ""
            span = (start, start + len(trimmed)) if trimmed else None
            if span and span[1] - span[0] < 0.9 * len(sentence):
                found.append(Made(text, kind, span, needs))
            elif not part:
                found.append(Made(text, kind, None, needs))
    return found
