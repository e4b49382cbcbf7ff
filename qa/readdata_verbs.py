"""Questions after what a verb says: causes, means, effects, comparisons, and whether it is so."""

from __future__ import annotations

import re

from qa.readdata_text import (
    ADVERB,
    OBJECTLESS,
    PAST,
    POINTS,
    THIRD,
    count_words,
    ends,
    first_low,
    inverted,
    stands,
)
from qa.readdata_values import Found


def cause(said: str) -> Found:
    """A statement like "X is due to Y", "X because Y": what causes X, why X?"""
    match = re.match(
        r"^(.{6,90}?)\s(?:is|are|was|were|can be|may be)\s(?:mainly |mostly |often |"
        r"usually |primarily |probably |commonly |most likely |largely )?(?:caused by|due to|"
        r"attributed to|attributable to|the result of|a consequence of)\s(.{5,})$",
        said,
    )
    if match and stands(match[1]):
        yield f"what causes {first_low(match[1])}", "cause", match[2]
    match = re.match(
        r"^(.{6,90}?)\s(?:often |frequently |can |may |usually )?(?:results?|arises?) "
        r"from\s(?!\d|an? \d|(?:the |this |our |an? )?(?:\w+ ){0,2}(?:study|studies|trials?|"
        r"analysis|patients))(.{5,})$",
        said,
    )
    if match and stands(match[1]):
        yield f"what causes {first_low(match[1])}", "cause", match[2]
    match = re.match(
        r"^(.{6,90}?)\s(?:often |frequently |can |may )?(?:leads? to|results? in|causes?|"
        r"gives? rise to)\s(.{5,})$",
        said,
    )
    if match and stands(match[1]) and ends(match[2]) and not re.search(r"common|single|main", match[1]):
        thing = re.split(
            r"[,;]|\s(?:and|which|that|by|through|via|because|with|while|whereas|but|when|if)"
            r"\s",
            match[2],
        )[0]
        if 2 <= count_words(thing) <= 9:
            yield f"what causes {thing}", "cause", match[1]
            yield f"what can {first_low(match[1])} cause", "cause", match[2]
    match = re.match(
        r"^(.{14,150}?),?\s((?:probably |possibly |mainly |primarily |largely |partly )"
        r"?(?:because of|due to|because|owing to|as a result of))\s(.{8,})$",
        said,
    )
    loose = (
        match
        and re.search(r"due to|owing to", match[2])
        and not (said[len(match[1])] == "," or re.search(r"\b(?:was|were)\b", match[1]))
    )
    if match and not loose and (turned := inverted(match[1])) and not POINTS.search(match[1]):
        yield f"why {turned[0].lower()}{turned[1:-1]}", "cause", f"{match[2]} {match[3]}"


#: What every paper uses, to no purpose of its own.
_TOOL = re.compile(
    r"\b(?:tests?|analys[ei]s|regressions?|models?|statistic\w*|subjects|patients|questionnaires?|software)\b",
    re.I,
)


def how(said: str) -> Found:
    """A statement like "X was measured by Y", "X is found in Y": how, where, what for?"""
    match = re.match(
        r"^(.{4,80}?)\s(was|were|is|are|can be|could be|has been|have been)\s((?:\w+ly )"
        r"?(?:measured|assessed|evaluated|determined|quantified|diagnosed|treated|detected|"
        r"analy[sz]ed|identified|induced|estimated|calculated|monitored|administered|"
        r"prevented|achieved|performed|confirmed|managed|controlled|transmitted|inhibited|"
        r"blocked))\s((?:using|by|with|via|through|by means of|from)\s(?!respect|regard|"
        r"reference).{6,})$",
        said,
    )
    if match and stands(match[1], 10):
        be, *more = match[2].split()
        manner = re.split(r"[;]|,\s(?:and|which|but|while)\b", match[4])[0]
        yield f"how {be} {first_low(match[1])} {' '.join(more)} {match[3]}", "how", manner
    verbs = "|".join([*THIRD, *PAST])
    match = re.match(
        rf"^(.{{3,80}}?)\s({ADVERB}*)({verbs})\s([^,;]{{6,90}}?),?\s((?:in part |partly |"
        rf"at least in part |mainly |primarily )?(?:by|through|via)\s(?:an? |the )?\w+(?:ing\b|"
        rf".{{8,}}).*)$",
        said,
    )
    if match and stands(match[1]) and ends(match[4]):
        do, base = ("does", THIRD[match[3]]) if match[3] in THIRD else ("did", PAST[match[3]])
        if not re.match(r"(?:by|in|with|to|from)\b", match[4]):
            yield f"how {do} {first_low(match[1])} {base} {match[4]}", "how", match[5]
    match = re.match(
        r"^(.{4,80}?)\s(is|are|was|were)\s((?:mainly |widely |commonly |often |frequently "
        r"|predominantly |primarily |highly |only |exclusively )?(?:located|expressed|(?<=are "
        r")found|(?<=is )found|produced|synthesi[sz]ed|secreted|locali[sz]ed|conducted|"
        r"carried out|stored))\s((?:in|at|on|within|throughout)\s(?!(?:order|vitro|this|these|"
        r"addition|which|all\b|both|comparison|accordance|conjunction|response|contrast|"
        r"general|baseline|follow|each|only|of|one|two|three|high|low|large|less|more|about|"
        r"up|approximately|most|nearly|\d)).{4,})$",
        said,
    )
    if match and stands(match[1]) and not re.search(r"\b(?:19|20)\d\d\b", match[4][:20]):
        yield f"where {match[2]} {first_low(match[1])} {match[3]}", "where", re.split(r"[;,]\s", match[4])[0]
    match = re.match(
        r"^(.{4,70}?)\s(is|are|was|were|can be|has been|have been)\s((?:widely |commonly |"
        r"often |frequently |mainly )?used (?:to|for|as|in)\s.{6,})$",
        said,
    )
    if match and stands(match[1], 7) and not _TOOL.search(match[1]):
        be, *more = match[2].split()
        yield f"what {be} {first_low(match[1])} {' '.join(more)} used for", "purpose", match[3]


def relation(said: str) -> Found:
    """A statement like "X reduces Y", "X is associated with Y": what does, what is its effect?"""
    match = re.match(
        rf"^(.{{3,80}}?)\s(is|are|was|were|has been|have been)\s((?:{ADVERB}|positively |"
        rf"negatively |inversely |closely |commonly |frequently |often |not )*(?:associated|"
        rf"correlated|linked|related) (?:with|to))\s(.{{5,}})$",
        said,
    )
    if match and stands(match[1]) and "not " not in match[3]:
        be, *more = match[2].split()
        yield f"what {be} {first_low(match[1])} {' '.join(more)} {match[3]}", "relation", match[4]
        if ends(match[4]):
            yield (
                (f"what {'is' if be in ('is', 'are', 'has', 'have') else 'was'} {match[3]} {match[4]}"),
                "relation",
                match[1],
            )
            yield f"is there an association between {first_low(match[1])} and {match[4]}", "yesno", ""
    for verbs, do in ((THIRD, "does"), (PAST, "did")):
        match = re.match(rf"^(.{{3,80}}?)\s({ADVERB}*)({'|'.join(verbs)})\s(.{{8,}})$", said)
        if (
            match
            and stands(match[1])
            and ends(match[4])
            and not re.match(
                r"\(|(?:\w+ly )?(?:by|in|with|to|from|than|at|on|for|during|after|and|or|less|"
                r"more|as|between|over|only)\b",
                match[4],
            )
        ):
            base = verbs[match[3]]
            if base in OBJECTLESS:
                continue
            yield f"what {match[3]} {match[4]}", "relation", match[1]
            yield f"what {do} {first_low(match[1])} {base}", "relation", match[4]
            if base in (
                "increase",
                "decrease",
                "reduce",
                "improve",
                "affect",
                "lower",
                "raise",
                "attenuate",
                "impair",
                "enhance",
                "inhibit",
                "alter",
                "modulate",
                "influence",
                "suppress",
                "worsen",
            ):
                thing = re.split(
                    r"[,;]|\s(?:by|through|via|compared|relative|when|while|and|but|with|without|to|"
                    r"as|more|after)\s",
                    re.sub(r"^both ", "", match[4]),
                )[0]
                if 1 <= count_words(thing) <= 8 and not POINTS.search(thing):
                    yield f"what is the effect of {first_low(match[1])} on {thing}", "effect", ""
                    yield f"does {first_low(match[1])} affect {thing}", "effect", ""


def comparison(said: str) -> Found:
    """A statement like "X was higher in A than in B": in which group, compared how?"""
    match = re.match(
        r"^(.{4,90}?)\s(was|were|is|are)\s((?:significantly |much |slightly |markedly |"
        r"substantially |somewhat )?(higher|lower|greater|more frequent|more common|longer|"
        r"shorter|less frequent|larger|smaller|better|worse|faster|more effective|less "
        r"effective|superior|inferior))\s(in|among|with|for|after|during|than|to)\s(.{4,})$",
        said,
    )
    if not match or not stands(match[1], 11):
        return
    if (
        match[5] in ("in", "among", "with", "for")
        and not re.match(r"\w+ing\b", match[6])
        and (
            parts := re.match(
                r"^(.{3,70}?)\s(?:than|compared (?:with|to)|versus)\s(?:in |with |those |that |"
                r"for |among |of )*(.{3,70}?)(?:\s\(|[,;]|$)",
                match[6],
            )
        )
    ):
        yield (
            (f"{match[2]} {first_low(match[1])} {match[4]} {match[5]} {parts[1]} than {match[5]} {parts[2]}"),
            "yesno",
            "",
        )
        yield f"in which group {match[2]} {first_low(match[1])} {match[4]}", "which", parts[1]
        yield f"is there a difference in {first_low(match[1])} between {parts[1]} and {parts[2]}", "yesno", ""
    elif match[5] in ("than", "to"):
        other = re.split(r"[,;(]|\s(?:in|for|at|when|with|and|but|during|after)\s", match[6])[0]
        if 1 <= count_words(other) <= 6 and not POINTS.search(other):
            yield f"how does {first_low(match[1])} compare with {other}", "effect", ""


#: What was done rather than found: nobody asks it.
_DONE = re.compile(
    r"^(?:[^.]{0,70}\s)?(?:is|are|was|were|has been|have been)\s(?:\w+ly )?(?:administered|"
    r"randomi[sz]ed|included|collected|assigned|measured|recorded|"
    r"performed|studied|given|enrolled|assessed|evaluated|divided|examined|analy[sz]ed|compared|"
    r"obtained|selected|"
    r"conducted|carried|calculated|reviewed|excluded|recruited|allocated|followed|defined|determined|"
    r"monitored|tested|"
    r"investigated|identified|searched|extracted|discussed|drawn|limited|then|applied|described|"
    r"presented|used|taken|invited|asked|injected|"
    r"employed|estimated|sought|searched|screened|reported|considered|treated|undertaken|planned|"
    r"designed|developed|based|needed|warranted|sacrificed|killed|placed|fed|housed|incubated|"
    r"approved|published|the parameters|those|discontinued from|scheduled|stratified|matched|"
    r"interviewed|sampled|stained|cultured|fitted|carried|maintained|withdrawn)\b",
    re.I,
)


def yesno(said: str) -> Found:
    """A statement like "X is Y": is X Y?"""
    if _DONE.match(said):
        return
    if turned := inverted(said):
        yield turned, "yesno", ""
