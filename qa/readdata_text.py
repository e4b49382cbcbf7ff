"""Turning the words of a statement round: what can stand alone, what makes a question, what inverts."""

from __future__ import annotations

import re

#: Verbs on which statements of findings turn.
_BASE = """
    increase decrease reduce improve inhibit induce cause prevent promote regulate activate
    suppress enhance impair predict affect influence modulate mediate block stimulate attenuate
    protect bind encode produce trigger delay accelerate alter lower raise facilitate restore
    abolish worsen diminish upregulate downregulate require involve determine explain
    potentiate exacerbate elicit reverse relieve alleviate ameliorate antagonize generate
    exhibit express contain cleave phosphorylate interact correlate differ depend contribute
    lead
""".split()  # noqa: SIM905  read as prose
_DOUBLED = {"bind": "bound", "lead": "led"}


def _third(verb: str) -> str:
    return f"{verb}es" if verb.endswith(("s", "sh", "ch", "x")) else f"{verb}s"


def _past(verb: str) -> str:
    if verb in _DOUBLED:
        return _DOUBLED[verb]
    if verb.endswith("e"):
        return f"{verb}d"
    return f"{verb[:-1]}ied" if verb.endswith("fy") else f"{verb}ed"


THIRD = {_third(verb): verb for verb in _BASE}
PAST = {_past(verb): verb for verb in _BASE}

#: These take a preposition; "what X y" without it reads badly.
OBJECTLESS = {"correlate", "differ", "depend", "contribute", "lead", "interact", "bind"}

ADVERB = (
    r"(?:(?:significantly|markedly|strongly|also|substantially|effectively|dramatically|greatly|slightly|"
    r"specifically|directly|consistently|potently|completely|selectively|independently|rapidly|only|"
    r"further) )"
)

#: A subject, or what is asked of, that hangs in the air: its end, or a clause inside it.
_HANGS = re.compile(
    r"(?:^|\s)(?:by|with|of|in|the|and|or|an?|to|be|been|not|for|than|from|on|at|but|as|\w{4,}ly|"
    r"\w{3,}ed|also|both|then|"
    r"either|neither|who|did|does|do|had|has|have|is|are|was|were|will|would|may|might|can|could|"
    r"should|must)$|"
    r"\b(?:that|which|who|whom|when|[Ww]hereas|where|while|if|because|although|suggest\w*|show\w*|indicat\w+|"
    r"demonstrat\w+|reveal\w*|found|observed|is|are|was|were|has|have|had|can|could|may|might|did|"
    r"does|will|would|"
    r"should)\b|[,;:()]"
)
#: A beginning that leans on another sentence, or on the article itself.
_LEANS = re.compile(
    r"^(?:this|these|those|it|its|they|their|such|he|she|we|our|there|here|both|another|other|others|"
    r"all|some|each|"
    r"most|many|several|few|no|none|neither|one|two|three|four|the (?:latter|former|other|same|two|"
    r"three|present|"
    r"current|results?|findings?|data|study|authors?|former|above|following|combination|difference|effects?|"
    r"patients|groups?|subjects|treatment|latter's)|results?|data|findings?|treatment|patients|subjects|"
    r"conclusions?|methods?|participants|in|to|as|by|for|with|at|on|after|during|from|when|while|although|"
    r"because|since|if|among|of|using|under|within|through|despite|before|prior|without|following|"
    r"between|over|further|there|that|how|what|why|\d\S*)$",
    re.I,
)
POINTS = re.compile(
    r"\b(?:this|these|those|our|we|us|herein|here|present|current|latter|former|above|below|following|"
    r"previously|"
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
    """
        alzheimer parkinson hodgkin crohn african american europe european asian china chinese india
    indian japan japanese english german germany france french spain spanish italy italian canada
    canadian australia australian brazil mexico mexican iran israel turkey korea korean taiwan
    africa asia america british britain medicare medicaid escherichia staphylococcus streptococcus
    helicobacter drosophila caenorhabditis mycobacterium
    """.split()  # noqa: SIM905  read as prose
)


def asked(text: str) -> str:
    """``text`` as a question: what stands in parentheses and citations is left out, the end is cut clean."""
    text = re.sub(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])", "", text.rstrip("? "))
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"(?<=\s)(?:significantly|markedly|also|therefore|thus|however),?\s(?:and\s)?", "", text)
    text = re.split(
        r"[,;:]\s(?:and|but|which|while|whereas|with|as|suggest|indicat|respectively|"
        r"although|thus|p )",
        text,
    )[0]
    text = re.split(r"\s(?:but|whereas|while|although)\s", text)[0]
    text = re.sub(
        r"(?<! used)(?<!associated)(?<!correlated)(?<!linked)(?<!related)(?<!consist)"
        r"\s(?:in|of|with|by|and|or|to|on|for|the|from|an?|as|at|than|between)$",
        "",
        text.strip(" .;,"),
    )
    text = re.sub(r"\s(?:significantly|markedly|further|slightly|rapidly|only|substantially)$", "", text)
    text = re.sub(
        r",?\s(?:respectively|as well|too|most likely|probably|possibly|likely)$", "", text.strip(" .;,:")
    )
    return f"{text[0].upper()}{text[1:].rstrip(' .;,:')}?" if text else ""


def count_words(text: str) -> int:
    """The number of words between blanks."""
    return len(text.split())


def stands(text: str, most: int = 9, *, known: bool = False) -> bool:
    """Whether ``text`` can stand alone as what is spoken of; ``known``: the paper's own subject."""
    words = text.split()
    if not 1 <= len(words) <= most or _HANGS.search(text) or not _VERBAL.isdisjoint(words):
        return False
    if re.match(
        r"(?!early|family|daily|elderly|weekly|monthly|only|yearly)\w+ly$|(?:at|under|by|"
        r"with|after|during|in|for|on|to|as|when|if)$",
        words[0],
        re.I,
    ):
        return False
    if known:
        return not POINTS.search(text) and words[0].casefold() not in ("it", "they", "there", "he", "she")
    return (
        not _LEANS.match(words[0])
        and not (len(words) > 1 and _LEANS.match(" ".join(words[:2])))
        and not POINTS.search(text)
    )


def ends(text: str) -> bool:
    """Whether ``text`` can end a question."""
    return count_words(text) >= 2 and not POINTS.search(text) and text.count("(") == text.count(")")


#: Verbs that a noun phrase does not hold, unlike "increases" or "causes".
_VERBAL = (
    frozenset(THIRD)
    - frozenset(
        """
    increases decreases causes targets blocks delays controls limits displays triggers exhibits leads
        """.split()  # noqa: SIM905  read as prose
    )
) | {"provides", "offers", "shows", "gives"}


def plural(phrase: str) -> bool:
    """Whether a noun phrase takes a plural verb, as far as its head word shows."""
    head = re.split(
        r"\s(?:of|in|with|on|for|by|from|to|at|versus|using|without|after|among|during)\s", phrase
    )[0]
    last = head.split()[-1] if head.split() else ""
    return (
        " and " in head
        or bool(re.search(r"[^suix]s$|ies$", last))
        or last in ("children", "women", "men", "mice", "people")
    )


def inverted(clause: str, *, known: bool = False) -> str | None:
    """A statement as a yes/no question: "X is Y" -> "Is X Y?"; None where that reads badly.

    ``known``: the statement is about a paper's own subject, which needs no naming.
    """
    clause = re.split(
        rf"\sand\s(?:{'|'.join([*THIRD, *PAST])}|is|are|was|were|has|have|had|may|can|"
        rf"their|its)\b",
        clause.strip(" .;,"),
    )[0]
    match = re.match(
        r"^(.{3,90}?)\s(is|are|was|were|can|could|has|have|may|might|will|would|should)"
        r"\s(.{3,})$",
        clause,
    )
    if match:
        subject, verb, rest = match.groups()
        if subject.endswith(" not") or not stands(subject, 12, known=known) or not ends(rest):
            return None
        if verb in ("may", "might"):
            verb = "can"
        return asked(f"{verb} {first_low(subject)} {rest}")
    for verbs, do in ((THIRD, "does"), (PAST, "did")):
        match = re.match(rf"^(.{{3,90}}?)\s({ADVERB}*)({'|'.join(verbs)})\s(.{{3,}})$", clause)
        if match:
            subject, adverb, verb, rest = match.groups()
            if (
                stands(subject, 11, known=known)
                and ends(rest)
                and not re.match(r"(?:\w+ly )?(?:by|in|than|and|or|less|more|as)\b", rest)
                and (verbs[verb] in OBJECTLESS or not re.match(r"(?:\w+ly )?(?:with|to)\b", rest))
            ):
                return asked(f"{do} {first_low(subject)} {adverb}{verbs[verb]} {rest}")
            return None
    return None
