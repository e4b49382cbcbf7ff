"""Questions made from statements by rule: training signal for the reader where nobody asked anything.

No language model: the words of a sentence are turned round by patterns that hold in scientific prose. What
a rule cannot turn into a readable question is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Made:
    """A question, its kind, the part of the sentence that answers it, and what an answer has to hold."""

    question: str
    kind: str
    span: tuple[int, int] | None = None
    needs: re.Pattern[str] | None = None


#: What a sentence must hold to answer a question of a kind.
DIGIT = re.compile(r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|third|quarter)\b", re.I)
REASON = re.compile(
    r"\b(?:because|due to|owing to|caus\w+|result(?:s|ed|ing)? (?:from|in)|attribut\w+|leads? to|led to|"
    r"explain\w*|since|contribut\w+|respons\w+|reason\w*|by)\b",
    re.I,
)

#: Verbs on which statements of findings turn.
_BASE = (
    "increase decrease reduce improve inhibit induce cause prevent promote regulate activate suppress enhance "
    "impair predict affect influence modulate mediate block stimulate attenuate protect bind encode produce "
    "trigger delay accelerate alter lower raise facilitate restore abolish worsen diminish upregulate "
    "downregulate control require involve target determine explain potentiate exacerbate elicit reverse "
    "relieve alleviate ameliorate antagonize limit generate display exhibit express contain cleave "
    "phosphorylate interact correlate differ depend contribute lead"
).split()  # noqa: SIM905
_DOUBLED = {"bind": "bound", "control": "controlled", "lead": "led"}


def _third(verb: str) -> str:
    return f"{verb}es" if verb.endswith(("s", "sh", "ch", "x")) else f"{verb}s"


def _past(verb: str) -> str:
    if verb in _DOUBLED:
        return _DOUBLED[verb]
    if verb.endswith("e"):
        return f"{verb}d"
    return f"{verb[:-1]}ied" if verb.endswith("fy") else f"{verb}ed"


_THIRD = {_third(verb): verb for verb in _BASE}
_PAST = {_past(verb): verb for verb in _BASE}
#: These take a preposition; "what X y" without it reads badly.
_OBJECTLESS = {"correlate", "differ", "depend", "contribute", "lead", "interact", "bind"}

_ADVERB = (
    r"(?:(?:significantly|markedly|strongly|also|substantially|effectively|dramatically|greatly|slightly|"
    r"specifically|directly|consistently|potently|completely|selectively|independently|rapidly|only|further) )"
)
_NUMBER = r"(?:\d[\d.,]*|[Oo]ne|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|[Nn]ine|[Tt]en|[Tt]welve)"
_SHARE = r"\d[\d.,]*(?:\s?[-–]\s?\d[\d.,]*)?\s?(?:%|per ?cent)"
_TIME = r"(?:seconds?|minutes?|min|hours?|h|days?|weeks?|months?|years?)"

_LEAD = re.compile(
    r"^(?:(?:[A-Z][A-Z/& ]{4,40}:\s*)|(?:(?:BACKGROUND|INTRODUCTION|OBJECTIVES?|AIMS?|PURPOSE|METHODS?|MATERIALS AND METHODS|"
    r"DESIGN|SETTING|PATIENTS|MEASUREMENTS|MAIN RESULTS?|RESULTS?|FINDINGS|CONCLUSIONS?|INTERPRETATION|DISCUSSION|"
    r"SUMMARY|RATIONALE|IMPORTANCE|[Ss]etting)\s+(?=[A-Z0-9]|[Tt]he|[Ii]nter))|(?:(?:Background|Methods?|Results?|Conclusions?|Objectives?|Purpose|Aims?|"
    r"Findings|Interpretation|Discussion|Introduction|Main results?)\s*:\s*)|"
    r"(?:However|Moreover|Furthermore|In addition|Additionally|In conclusion|In summary|To conclude|Thus|Therefore|"
    r"Overall|Finally|Importantly|Interestingly|Taken together|Together|Hence|Conversely|In contrast|Notably|"
    r"Consequently|Also|Nevertheless|Surprisingly|Similarly|Accordingly|Indeed|In fact|Second|First|Third|Lastly),\s+|"
    r"(?:(?:[Tt]hese|[Oo]ur|[Tt]he(?:se)?|[Pp]resent|[Tt]his)\s+(?:present\s+|current\s+|new\s+)?(?:results?|data|"
    r"findings?|study|studies|observations?|experiments?|analys[ei]s|evidence|trial|review)\s+(?:also\s+|clearly\s+|strongly\s+)?|"
    r"(?:[Ww]e|[Ii]t)\s+(?:(?:have|has|was|is|also|therefore|thus|previously|further|then|can be|could be)\s+)*)"
    r"(?:suggest(?:s|ed)?|show(?:s|ed|n)?|indicate[sd]?|demonstrate[sd]?|concluded?|f(?:ou|i)nd|"
    r"reveal(?:s|ed)?|confirm(?:s|ed)?|report(?:ed)?|observed|establish(?:es|ed)?|provide evidence|propose[d]?|"
    r"support the (?:hypothesis|view|idea|concept)|known|noted|believe)\s+that\s+|"
    r"there (?:is|was) (?:strong |good |some )?evidence that\s+)+"
)
#: A subject, or what is asked of, that hangs in the air: its end, or a clause inside it.
_HANGS = re.compile(
    r"(?:^|\s)(?:by|with|of|in|the|and|or|an?|to|be|been|not|for|than|from|on|at|but|as|\w{4,}ly|also|both|then|"
    r"either|neither|who|did|does|do|had|has|have|is|are|was|were|will|would|may|might|can|could|should|must)$|"
    r"\b(?:that|which|who|whom|when|[Ww]hereas|where|while|if|because|although|suggest\w*|show\w*|indicat\w+|"
    r"demonstrat\w+|reveal\w*|found|observed|is|are|was|were|has|have|had|can|could|may|might|did|does|will|would|"
    r"should)\b|[,;:()]"
)
#: A beginning that leans on another sentence, or on the article itself.
_LEANS = re.compile(
    r"^(?:this|these|those|it|its|they|their|such|he|she|we|our|there|here|both|another|other|others|all|some|each|"
    r"most|many|several|few|no|none|neither|one|two|three|four|the (?:latter|former|other|same|two|three|present|"
    r"current|results?|findings?|data|study|authors?|former|above|following|combination|difference|effects?|"
    r"patients|groups?|subjects|treatment|latter's)|results?|data|findings?|treatment|patients|subjects|"
    r"conclusions?|methods?|participants|in|to|as|by|for|with|at|on|after|during|from|when|while|although|"
    r"because|since|if|among|of|using|under|within|through|despite|before|prior|without|following|between|over|further|there|that|how|what|why|\d\S*)$",
    re.I,
)
_POINTS = re.compile(
    r"\b(?:this|these|those|our|we|us|herein|here|present|current|latter|former|above|below|following|previously|"
    r"respectively|figure|fig|table|it|such)\b",
    re.I,
)


def first_low(text: str) -> str:
    """``text`` with its first letter low, unless the word is a name, an acronym or a formula."""
    head = re.split(r"[\s-]", text, maxsplit=1)[0]
    plain = head[1:].islower() and head.isalpha()
    named = head.casefold() in _NAMES or head.endswith("'s")
    return text[0].lower() + text[1:] if (plain or len(head) == 1) and not named else text


_NAMES = frozenset(
    "alzheimer parkinson hodgkin crohn african american europe european asian china chinese india indian japan japanese "
    "english german germany france french spain spanish italy italian canada canadian australia australian "
    "brazil mexico mexican iran israel turkey korea korean taiwan africa asia america british britain medicare medicaid "
    "escherichia staphylococcus streptococcus helicobacter drosophila caenorhabditis mycobacterium".split()
)


def asked(text: str) -> str:
    """``text`` as a question: what stands in parentheses and citations is left out, the end is cut clean."""
    text = re.sub(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])", "", text.rstrip("? "))
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"(?<=\s)(?:significantly|markedly|also|therefore|thus|however),?\s(?:and\s)?", "", text)
    text = re.split(r"[,;:]\s(?:and|but|which|while|whereas|with|as|suggest|indicat|respectively|although|thus|p )", text)[0]
    text = re.split(r"\s(?:but|whereas|while|although)\s", text)[0]
    text = re.sub(r"(?<! used)\s(?:in|of|with|by|and|or|to|on|for|the|from|an?|as|at|than|between)$", "", text.strip(" .;,"))
    text = re.sub(r",?\s(?:respectively|as well|too|most likely|probably|possibly|likely)$", "", text.strip(" .;,:"))
    return f"{text[0].upper()}{text[1:].rstrip(' .;,:')}?" if text else ""


def _count(text: str) -> int:
    return len(text.split())


def _subject(text: str, most: int = 9, *, known: bool = False) -> bool:
    """Whether ``text`` can stand alone as what is spoken of; ``known``: the paper's own subject."""
    words = text.split()
    if not 1 <= len(words) <= most or _HANGS.search(text) or not _VERBAL.isdisjoint(words):
        return False
    if known:
        return not _POINTS.search(text) and words[0].casefold() not in ("it", "they", "there", "he", "she")
    return not _LEANS.match(words[0]) and not (len(words) > 1 and _LEANS.match(" ".join(words[:2]))) and not _POINTS.search(text)


def _rest(text: str) -> bool:
    """Whether ``text`` can end a question."""
    return _count(text) >= 2 and not _POINTS.search(text) and text.count("(") == text.count(")")


_VERBAL = frozenset(_THIRD) - {"increases", "decreases", "causes", "targets", "blocks", "delays", "controls", "limits",
                               "displays", "triggers", "exhibits", "leads"} | {"provides", "offers", "shows", "gives"}  # fmt: skip


def plural(phrase: str) -> bool:
    """Whether a noun phrase takes a plural verb, as far as its head word shows."""
    head = re.split(r"\s(?:of|in|with|on|for|by|from|to|at|versus|using|without|after|among|during)\s", phrase)[0]
    last = head.split()[-1] if head.split() else ""
    return " and " in head or bool(re.search(r"[^suix]s$|ies$", last)) or last in ("children", "women", "men", "mice", "people")


def inverted(clause: str, *, known: bool = False) -> str | None:
    """A statement as a yes/no question: "X is Y" -> "Is X Y?"; None where that reads badly.

    ``known``: the statement is about a paper's own subject, which needs no naming.
    """
    clause = clause.strip(" .;,")
    match = re.match(r"^(.{3,90}?)\s(is|are|was|were|can|could|has|have|may|might|will|would|should)\s(.{3,})$", clause)
    if match:
        subject, verb, rest = match.groups()
        if subject.endswith(" not") or not _subject(subject, 12, known=known) or not _rest(rest):
            return None
        if verb in ("may", "might"):
            verb = "can"
        return asked(f"{verb} {first_low(subject)} {rest}")
    for verbs, do in ((_THIRD, "does"), (_PAST, "did")):
        match = re.match(rf"^(.{{3,90}}?)\s({_ADVERB}*)({'|'.join(verbs)})\s(.{{3,}})$", clause)
        if match:
            subject, adverb, verb, rest = match.groups()
            if _subject(subject, 11, known=known) and _rest(rest) and not re.match(r"(?:by|in|with|to|than)\b", rest):
                return asked(f"{do} {first_low(subject)} {adverb}{verbs[verb]} {rest}")
            return None
    return None


def questions_of(sentence: str) -> list[Made]:
    """The questions that ``sentence`` answers, by all rules."""
    lead = _LEAD.match(sentence)
    at = lead.end() if lead else 0
    said = sentence[at:].rstrip(" .;")
    if not 6 <= _count(said) <= 55 or not said[0].isalnum():
        return []
    found: list[Made] = []
    for rule in RULES:
        for question, kind, part in rule(said):
            text = asked(question)
            start = sentence.find(part, at) if part else -1
            if not 3 <= _count(text) <= 26 or (part and start < 0) or text.count("(") != text.count(")"):
                continue
            needs = {"number": DIGIT, "cause": REASON}.get(kind)
            trimmed = part.rstrip(" .;,:") if part else ""
            span = (start, start + len(trimmed)) if trimmed else None
            if span and span[1] - span[0] < 0.9 * len(sentence):
                found.append(Made(text, kind, span, needs))
            elif not part:
                found.append(Made(text, kind, None, needs))
    return found


_Found = Iterator[tuple[str, str, str]]


def _definition(said: str) -> _Found:
    match = re.match(
        r"^((?:The )?[A-Z][^,;()]{2,60}?)(?:\s\([^)]+\))?,?\s(is|are)\s((?:defined as|characteri[sz]ed by|considered)?\s?"
        r"(?:an?|the|one of the)\s[^;]{12,}|(?:defined as|characteri[sz]ed by)\s[^;]{10,})",
        said,
    )
    if match and _subject(match[1], 6) and not match[1].startswith(("The ", "the ")) and not re.match(
        r"(?:an?|the)\s(?:\w+\s)?(?:result|majority|most|first|same|need|lack|challenge|concern|only|best|result)\b|"
        r"the (?:results?|aims?|conclusions?|objectives?|purpose|goals?)\b|\bmajor\b",
        match[3],
    ) and not re.match(r"(?:The )?(?:\w+ )?(?:aims?|purpose|objectives?|goals?|conclusions?|results?|reasons?|outcomes?|treatment|surgery)\b", match[1], re.I):
        yield f"what {match[2]} {first_low(match[1])}", "definition", match[3]
    match = re.match(r"^([A-Z][^,;()]{2,60}?)(?:\s\([^)]+\))?\s(?:refers to|is the term for|means)\s(.{12,})$", said)
    if match and _subject(match[1], 6):
        yield f"what is {first_low(match[1])}", "definition", match[2]


def _includes(said: str) -> _Found:
    match = re.match(r"^(?:The )?([A-Z]?[^,;()]{6,80}?)\s(includ(?:e|ed|es)|consist(?:s|ed)? of|compris(?:e|es|ed))\s([^;]{8,})$", said)
    if match and _subject(match[1], 9):
        if match[2].startswith("includ"):
            be = "were" if match[2] == "included" else "are"
            if re.match(r"^(?:(?!previous|various|serious)[\w-]+\s){0,3}?(?!previous|various|serious|this)\w+[^sui]s\b", match[1]):
                yield f"what {be} the {first_low(match[1])}", "list", match[3]
        elif match[2].endswith("of"):
            do = "did" if "ed" in match[2] else ("does" if match[2].startswith("consists") else "do")
            yield f"what {do} {first_low(match[1])} consist of", "list", match[3]


def _the_is(said: str) -> _Found:
    """"The most common X was Y": what was it?"""
    match = re.match(
        r"^(The (?:(?:most|least) \w+(?: \w+)?|main|primary|major|leading|principal|commonest|secondary|predominant|"
        r"best|strongest|highest|lowest|preferred|optimal|first-line|usual|overall|mean|median|average|total|estimated)"
        r"\s[^,;]{4,90}?)\s(is|are|was|were)\s(?!not\b|also\b|to\b)([^;]{3,})$",
        said,
    )
    if match and _count(match[1]) <= 16 and not re.search(r"\b(?:that|which|who|is|are|was|were|aims?|objectives?|purpose|goals?)\b", match[1]):
        value = re.split(r",? (?:but|followed|which|while|whereas|compared)\b|;\s", match[3])[0]
        if re.search(rf"^{_NUMBER}|\d", value):
            yield f"what {match[2]} {first_low(match[1])}", "number", value
        elif not re.match(r"(?:\w+ly\s)?\w+(?:ed|er)\b|similar|higher|lower|significant|comparable|due|based|because|in|at|by|more|less", match[3]):
            yield f"what {match[2]} {first_low(match[1])}", "which", value


def _measured(said: str) -> _Found:
    """Values of "the rate of X was 12 %"."""
    match = re.match(
        rf"^(The (?:\w+ )?(?:\w+ )?(?:prevalence|incidence|rates?|frequency|proportion|risk|odds ratio|hazard ratio|sensitivity|"
        rf"specificity|age|duration|half-life|level|concentration|mortality|survival|accuracy|number|dose|value|cost|time|"
        rf"length|percentage|score|probability|median|mean|weight|volume|length of stay|follow-up)\b[^,;]{{0,90}}?)\s"
        rf"(is|are|was|were|ranged from|varied from|increased from|decreased from)\s((?:approximately |about |only |estimated (?:at|to be) |"
        rf"found to be |as high as |between |over |nearly |up to )?\d.*)$",
        said,
    )
    if match and not re.search(r"\b(?:that|which|who|is|are|was|were)\b", match[1]):
        value = re.split(r"(?<!\d)[,;]\s|,\s(?=and|which|while|but|with|compared|whereas)|\s(?:compared|and was|whereas|while)\b", match[3])[0]
        verb = match[2].split()
        if len(verb) == 1:
            yield f"what {match[2]} {first_low(match[1])}", "number", value
        elif verb[0] in ("ranged", "varied"):
            yield f"what was the range of {first_low(match[1])}", "number", value


def _how_many(said: str) -> _Found:
    match = re.match(
        rf"^(?:A total of |Overall,? |In total,? )?({_NUMBER}(?:\s?\(\d[\d.]*\s?%\))?)\s((?!hundred|thousand|million|and\s|of\s|days|weeks|months|years|hours|h\s|mg|%)"
        rf"(?:[a-z][\w-]*\s){{0,3}}?(?:patients|"
        r"women|men|children|subjects|participants|studies|trials|cases|infants|adults|volunteers|articles|genes|"
        r"proteins|samples|individuals|people|physicians|nurses|students|families|deaths|countries|hospitals|"
        r"residents|respondents|animals|rats|mice|dogs|isolates|mutations|variants|publications|papers|reports|species|"
        r"items|centers|centres|strains|sites|households|eyes|teeth|pregnancies|tumou?rs|specimens))\s([^;]{8,})$",
        said,
    )
    if match and not _POINTS.search(match[2]) and re.match(
        r"(?:\(|who |with |of |from |in |aged |out of )|(?:were|was|had|have|received|completed|developed|died|met|showed|"
        r"reported|participated|underwent|experienced|required|responded|are|did|entered|discontinued|withdrew|failed|"
        r"achieved|remained|presented|survived|suffered|agreed|returned|took|used|tested)\b",
        match[3],
    ) and re.search(
        r"\b(?:were|was|had|have|received|completed|developed|died|met|showed|reported|participated|underwent|experienced|"
        r"required|responded|are|did|entered|discontinued|withdrew|failed|achieved|remained|presented|survived)\b",
        match[3],
    ):
        yield f"how many {match[2]} {match[3]}", "number", match[1]
    match = re.match(rf"^((?:Approximately |About |Only |Nearly |Over |Almost |Up to )?{_SHARE})\s(?:\([^)]*\)\s)?of\s(?:the\s|all\s)?([^;]{{12,}})$", said)
    if match and not _POINTS.search(match[2]):
        yield f"what percentage of {match[2]}", "number", match[1]
    match = re.match(rf"^(.{{8,80}}?)\s(occurred|was observed|was found|was seen|was present|was reported|was detected|was achieved|were observed|were found|were seen|were reported|were present|developed|is found|occurs|is present)\sin\s({_SHARE})\s(?:\([^)]*\)\s)?of\s([^,;]{{4,}})", said)
    if match and _subject(match[1]):
        verb = match[2].split()
        turned = (f"did {first_low(match[1])} occur" if verb[0] in ("occurred", "developed") else
                  f"does {first_low(match[1])} occur" if verb[0] == "occurs" else f"{verb[0]} {first_low(match[1])} {' '.join(verb[1:])}")  # fmt: skip
        yield f"in what percentage of {match[4]} {turned}", "number", match[3]


def _how_long(said: str) -> _Found:
    match = re.search(rf"^(.{{3,80}}?)\s(was|were|is|are|can be|has been|have been)\s(\w+(?:ed|wn|en|pt|ven))\s(.{{0,60}}?)\s?(?:for|up to|over)\s((?:at least |up to |approximately |about |more than |a (?:mean|median) of )?{_NUMBER}(?:[ -](?:to|and)[ -]\d+|[-–]\d+)?[ -]{_TIME})\b(.*)$", said)
    if match and _subject(match[1], 8) and _count(match[6]) < 8 and not _POINTS.search(match[4]):
        be, *more = match[2].split()
        yield f"how long {be} {first_low(match[1])} {' '.join(more)} {match[3]} {match[4]}", "number", match[5]
    match = re.search(r"^(.{3,80}?)\s(was|were|has been|have been)\s(.{4,100}?)\s(?:in|since|between|from|during)\s((?:the )?(?:(?:January|February|March|April|May|June|July|August|September|October|November|December) )?(?:19|20)\d\d(?:s|(?:\s?(?:and|to|-|–)\s?(?:\w+ )?(?:19|20)?\d\d))?)\b(.*)$", said)
    if match and _subject(match[1], 9) and _count(match[5]) < 7 and not _POINTS.search(match[3]):
        be, *more = match[2].split()
        yield f"when {be} {first_low(match[1])} {' '.join(more)} {match[3]}", "number", match[4]
    match = re.search(rf"\b([Rr]eceived|were given|was given|were treated with|were administered)\s(?:either\s|oral\s|intravenous\s)?([a-z][\w-]{{4,25}})\s\(?({_NUMBER}(?:[ -](?:to|and)[ -]\d+|[-–]\d+)?\s?(?:mg|g|µg|μg|mcg|ug|micrograms?|IU|units?|ml|mL|mmol)(?:[/ ](?:kg|day|d|m2|h|dose|min|kg/day|kg/min|per day|daily))*(?:\s(?:twice|once|three times|four times)?\s?(?:daily|a day|per day))?)", said)
    if match:
        yield f"what dose of {match[2]} was given", "number", match[3]


def _cause(said: str) -> _Found:
    match = re.match(r"^(.{6,90}?)\s(?:is|are|was|were|can be|may be)\s(?:mainly |mostly |often |usually |primarily |probably |commonly |most likely |largely )?(?:caused by|due to|attributed to|attributable to|the result of|a consequence of)\s(.{5,})$", said)
    if match and _subject(match[1]):
        yield f"what causes {first_low(match[1])}", "cause", match[2]
    match = re.match(r"^(.{6,90}?)\s(?:often |frequently |can |may |usually )?(?:results?|arises?) from\s(?!\d|an? \d|(?:the |this |our |an? )?(?:\w+ ){0,2}(?:study|studies|trials?|analysis|patients))(.{5,})$", said)
    if match and _subject(match[1]):
        yield f"what causes {first_low(match[1])}", "cause", match[2]
    match = re.match(r"^(.{6,90}?)\s(?:often |frequently |can |may )?(?:leads? to|results? in|causes?|gives? rise to)\s(.{5,})$", said)
    if match and _subject(match[1]) and _rest(match[2]) and not re.search(r"common|single|main", match[1]):
        thing = re.split(r"[,;]|\s(?:and|which|that|by|through|via|because|with|while|whereas|but|when|if)\s", match[2])[0]
        if 2 <= _count(thing) <= 9:
            yield f"what causes {thing}", "cause", match[1]
            yield f"what can {first_low(match[1])} cause", "cause", match[2]
    match = re.match(r"^(.{14,150}?),?\s((?:probably |possibly |mainly |primarily |largely |partly )?(?:because of|due to|because|owing to|as a result of))\s(.{8,})$", said)
    loose = match and re.search(r"due to|owing to", match[2]) and not (said[len(match[1])] == "," or re.search(r"\b(?:was|were)\b", match[1]))
    if match and not loose and (turned := inverted(match[1])) and not _POINTS.search(match[1]):
        yield f"why {turned[0].lower()}{turned[1:-1]}", "cause", f"{match[2]} {match[3]}"


def _how(said: str) -> _Found:
    match = re.match(r"^(.{4,80}?)\s(was|were|is|are|can be|could be|has been|have been)\s((?:\w+ly )?(?:measured|assessed|evaluated|determined|quantified|diagnosed|treated|detected|analy[sz]ed|identified|induced|estimated|calculated|monitored|administered|prevented|achieved|performed|confirmed|managed|controlled|transmitted|inhibited|blocked))\s((?:using|by|with|via|through|by means of|from)\s(?!respect|regard|reference).{6,})$", said)
    if match and _subject(match[1], 10):
        be, *more = match[2].split()
        manner = re.split(r"[;]|,\s(?:and|which|but|while)\b", match[4])[0]
        yield f"how {be} {first_low(match[1])} {' '.join(more)} {match[3]}", "how", manner
    verbs = "|".join([*_THIRD, *_PAST])
    match = re.match(rf"^(.{{3,80}}?)\s({_ADVERB}*)({verbs})\s([^,;]{{6,90}}?),?\s((?:in part |partly |at least in part |mainly |primarily )?(?:by|through|via)\s(?:an? |the )?\w+(?:ing\b|.{{8,}}).*)$", said)
    if match and _subject(match[1]) and _rest(match[4]):
        do, base = ("does", _THIRD[match[3]]) if match[3] in _THIRD else ("did", _PAST[match[3]])
        if not re.match(r"(?:by|in|with|to|from)\b", match[4]):
            yield f"how {do} {first_low(match[1])} {base} {match[4]}", "how", match[5]
    match = re.match(r"^(.{4,80}?)\s(is|are|was|were)\s((?:mainly |widely |commonly |often |frequently |predominantly |primarily |highly |only |exclusively )?(?:located|expressed|(?<=are )found|(?<=is )found|produced|synthesi[sz]ed|secreted|locali[sz]ed|conducted|carried out|stored))\s((?:in|at|on|within|throughout)\s(?!(?:order|vitro|this|these|addition|which|all\b|both|comparison|accordance|conjunction|response|contrast|general|baseline|follow|each|only|of|one|two|three|high|low|large|less|more|about|up|approximately|most|nearly|\d)).{4,})$", said)
    if match and _subject(match[1]) and not re.search(r"\b(?:19|20)\d\d\b", match[4][:20]):
        yield f"where {match[2]} {first_low(match[1])} {match[3]}", "where", re.split(r"[;,]\s", match[4])[0]
    match = re.match(r"^(.{4,70}?)\s(is|are|was|were|can be|has been|have been)\s((?:widely |commonly |often |frequently |mainly )?used (?:to|for|as|in)\s.{6,})$", said)
    if match and _subject(match[1], 7):
        be, *more = match[2].split()
        yield f"what {be} {first_low(match[1])} {' '.join(more)} used for", "purpose", match[3]


def _relation(said: str) -> _Found:
    match = re.match(rf"^(.{{3,80}}?)\s(is|are|was|were|has been|have been)\s((?:{_ADVERB}|positively |negatively |inversely |closely |commonly |frequently |often |not )*(?:associated|correlated|linked|related) (?:with|to))\s(.{{5,}})$", said)
    if match and _subject(match[1]) and "not " not in match[3]:
        be, *more = match[2].split()
        yield f"what {be} {first_low(match[1])} {' '.join(more)} {match[3]}", "relation", match[4]
        if _rest(match[4]):
            yield f"what {'is' if be in ('is', 'are', 'has', 'have') else 'was'} {match[3]} {match[4]}", "relation", match[1]
            yield f"is there an association between {first_low(match[1])} and {match[4]}", "yesno", ""
    for verbs, do in ((_THIRD, "does"), (_PAST, "did")):
        match = re.match(rf"^(.{{3,80}}?)\s({_ADVERB}*)({'|'.join(verbs)})\s(.{{8,}})$", said)
        if match and _subject(match[1]) and _rest(match[4]) and not re.match(r"(?:by|in|with|to|from|than|at|on|for|during|after)\b", match[4]):
            base = verbs[match[3]]
            if base in _OBJECTLESS:
                continue
            yield f"what {match[3]} {match[4]}", "relation", match[1]
            yield f"what {do} {first_low(match[1])} {base}", "relation", match[4]
            if base in ("increase", "decrease", "reduce", "improve", "affect", "lower", "raise", "attenuate", "impair", "enhance", "inhibit", "alter", "modulate", "influence", "suppress", "worsen"):
                thing = re.split(r"[,;]|\s(?:by|through|via|compared|relative|when|while|and|but|with|without|to|as|more|after)\s", match[4])[0]
                if 1 <= _count(thing) <= 8 and not _POINTS.search(thing):
                    yield f"what is the effect of {first_low(match[1])} on {thing}", "effect", ""
                    yield f"does {first_low(match[1])} affect {thing}", "effect", ""


def _comparison(said: str) -> _Found:
    match = re.match(r"^(.{4,90}?)\s(was|were|is|are)\s((?:significantly |much |slightly |markedly |substantially |somewhat )?(higher|lower|greater|more frequent|more common|longer|shorter|less frequent|larger|smaller|better|worse|faster|more effective|less effective|superior|inferior))\s(in|among|with|for|after|during|than|to)\s(.{4,})$", said)
    if not match or not _subject(match[1], 11):
        return
    if match[5] in ("in", "among", "with", "for") and not re.match(r"\w+ing\b", match[6]) and (parts := re.match(r"^(.{3,70}?)\s(?:than|compared (?:with|to)|versus)\s(?:in |with |those |that |for |among |of )*(.{3,70}?)(?:\s\(|[,;]|$)", match[6])):
        yield f"{match[2]} {first_low(match[1])} {match[4]} {match[5]} {parts[1]} than {match[5]} {parts[2]}", "yesno", ""
        yield f"in which group {match[2]} {first_low(match[1])} {match[4]}", "which", parts[1]
        yield f"is there a difference in {first_low(match[1])} between {parts[1]} and {parts[2]}", "yesno", ""
    elif match[5] in ("than", "to"):
        other = re.split(r"[,;(]|\s(?:in|for|at|when|with|and|but|during|after)\s", match[6])[0]
        if 1 <= _count(other) <= 6 and not _POINTS.search(other):
            yield f"how does {first_low(match[1])} compare with {other}", "effect", ""


#: What was done rather than found: nobody asks it.
_DONE = re.compile(
    r"^(?:[^.]{0,70}\s)?(?:is|are|was|were|has been|have been)\s(?:\w+ly )?(?:administered|randomi[sz]ed|included|collected|assigned|measured|recorded|"
    r"performed|studied|given|enrolled|assessed|evaluated|divided|examined|analy[sz]ed|compared|obtained|selected|"
    r"conducted|carried|calculated|reviewed|excluded|recruited|allocated|followed|defined|determined|monitored|tested|"
    r"investigated|identified|searched|extracted|discussed|drawn|limited|then|applied|described|presented|used|taken|invited|asked|injected|"
    r"employed|estimated|sought|searched|screened|reported|considered|treated|undertaken|planned|designed|developed|based|needed|warranted)\b",
    re.I,
)


def _yesno(said: str) -> _Found:
    if _DONE.match(said):
        return
    if turned := inverted(said):
        yield turned, "yesno", ""


RULES: tuple[Callable[[str], _Found], ...] = (
    _definition, _includes, _the_is, _measured, _how_many, _how_long, _cause, _how, _relation, _comparison, _yesno,
)  # fmt: skip
