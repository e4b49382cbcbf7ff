"""Questions after a definition, a list, a number, a date or a dose, from the sentence that gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.readdata_text import (
    POINTS,
    count_words,
    first_low,
    stands,
)

#: Question, its kind, and the words of the sentence that answer ("" for all of it).
Found = Iterator[tuple[str, str, str]]

_NUMBER = (
    r"(?:\d[\d.,]*|[Oo]ne|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|"
    r"[Nn]ine|[Tt]en|[Tt]welve)"
)
_SHARE = r"\d[\d.,]*(?:\s?[-–]\s?\d[\d.,]*)?\s?(?:%|per ?cent)"
_TIME = r"(?:seconds?|minutes?|min|hours?|h|days?|weeks?|months?|years?)"


def definition(said: str) -> Found:
    """A statement like "X is a …": what is X?"""
    match = re.match(
        r"^((?:The )?[A-Z][^,;()]{2,60}?)(?:\s\([^)]+\))?,?\s(is|are)\s((?:defined as|"
        r"characteri[sz]ed by|considered)?\s?"
        r"(?:an?|the|one of the)\s[^;]{12,}|(?:defined as|characteri[sz]ed by)\s[^;]{10,})",
        said,
    )
    if (
        match
        and stands(match[1], 6)
        and not match[1].startswith(("The ", "the "))
        and not re.match(
            r"(?:an?|the)\s(?:\w+\s)?(?:result|majority|most|first|same|need|lack|challenge|concern|"
            r"only|best|result)\b|"
            r"the (?:results?|aims?|conclusions?|objectives?|purpose|goals?)\b|\bmajor\b",
            match[3],
        )
        and not re.match(
            r"(?:The )?(?:\w+ )?(?:aims?|purpose|objectives?|goals?|conclusions?|results?|"
            r"reasons?|outcomes?|treatment|surgery)\b",
            match[1],
            re.I,
        )
    ):
        yield f"what {match[2]} {first_low(match[1])}", "definition", match[3]
    match = re.match(
        r"^([A-Z][^,;()]{2,60}?)(?:\s\([^)]+\))?\s(?:refers to|is the term for|means)"
        r"\s(.{12,})$",
        said,
    )
    if match and stands(match[1], 6):
        yield f"what is {first_low(match[1])}", "definition", match[2]


def includes(said: str) -> Found:
    """A statement like "X include A and B": what are the X?"""
    match = re.match(
        r"^(?:The )?([A-Z]?[^,;()]{6,80}?)\s(includ(?:e|ed|es)|consist(?:s|ed)? of|"
        r"compris(?:e|es|ed))\s([^;]{8,})$",
        said,
    )
    if match and stands(match[1], 9):
        if match[2].startswith("includ"):
            be = "were" if match[2] == "included" else "are"
            if re.match(
                r"^(?:(?!previous|various|serious)[\w-]+\s){0,3}?(?!previous|various|serious|this)"
                r"\w+[^sui]s\b",
                match[1],
            ):
                yield f"what {be} the {first_low(match[1])}", "list", match[3]
        elif match[2].endswith("of"):
            do = "did" if "ed" in match[2] else ("does" if match[2].startswith("consists") else "do")
            yield f"what {do} {first_low(match[1])} consist of", "list", match[3]


def the_is(said: str) -> Found:
    """ "The most common X was Y": what was it?"""
    match = re.match(
        r"^(The (?:(?:most|least) \w+(?: \w+)?|main|primary|major|leading|principal|commonest|"
        r"secondary|predominant|"
        r"best|strongest|highest|lowest|preferred|optimal|first-line|usual|overall|mean|median|"
        r"average|total|estimated)"
        r"\s[^,;]{4,90}?)\s(is|are|was|were)\s(?!not\b|also\b|to\b)([^;]{3,})$",
        said,
    )
    if (
        match
        and count_words(match[1]) <= 16
        and not re.search(
            r"\b(?:that|which|who|is|are|was|were|aims?|objectives?|purpose|goals?)\b", match[1]
        )
    ):
        value = re.split(r",? (?:but|followed|which|while|whereas|compared)\b|;\s", match[3])[0]
        if re.match(
            rf"(?:approximately |about |only |over |nearly |almost |around )"
            rf"?[-+−]?(?:{_NUMBER}\b|\d)",
            value,
        ):
            yield f"what {match[2]} {first_low(match[1])}", "number", value
        elif not re.match(
            r"(?:\w+ly\s)?\w+(?:ed|er)\b|similar|higher|lower|significant|comparable|due|"
            r"based|because|in|at|by|more|less",
            match[3],
        ):
            yield f"what {match[2]} {first_low(match[1])}", "which", value


def measured(said: str) -> Found:
    """Values of "the rate of X was 12 %"."""
    match = re.match(
        r"^(The (?:\w+ )?(?:\w+ )?(?:prevalence|incidence|rates?|frequency|proportion|risk|odds ratio|"
        r"hazard ratio|sensitivity|"
        r"specificity|age|duration|half-life|level|concentration|mortality|survival|accuracy|number|"
        r"dose|value|cost|time|"
        r"length|percentage|score|probability|median|mean|weight|volume|length of stay|follow-up)"
        r"\b[^,;]{0,90}?)\s"
        r"(is|are|was|were|ranged from|varied from|increased from|decreased from)\s((?:approximately |"
        r"about |only |estimated (?:at|to be) |"
        r"found to be |as high as |between |over |nearly |up to )?\d.*)$",
        said,
    )
    if match and not re.search(r"\b(?:that|which|who|is|are|was|were)\b", match[1]):
        value = re.split(
            r"(?<!\d)[,;]\s|,\s(?=and|which|while|but|with|compared|whereas)|\s(?:compared|"
            r"and was|whereas|while)\b",
            match[3],
        )[0]
        verb = match[2].split()
        if len(verb) == 1:
            yield f"what {match[2]} {first_low(match[1])}", "number", value
        elif verb[0] in ("ranged", "varied"):
            yield f"what was the range of {first_low(match[1])}", "number", value


def how_many(said: str) -> Found:
    """A statement like "12 patients had X": how many did? Shares of a group, too."""
    match = re.match(
        rf"^(?:A total of |Overall,? |In total,? )?({_NUMBER}(?:\s?\(\d[\d.]*\s?%\))?)\s((?!hundred|"
        rf"thousand|million|and\s|of\s|days|weeks|months|years|hours|h\s|mg|%)"
        rf"(?:[a-z][\w-]*\s){{0,3}}?(?:patients|"
        r"women|men|children|subjects|participants|studies|trials|cases|infants|adults|volunteers|"
        r"articles|genes|"
        r"proteins|samples|individuals|people|physicians|nurses|students|families|deaths|countries|hospitals|"
        r"residents|respondents|animals|rats|mice|dogs|isolates|mutations|variants|publications|"
        r"papers|reports|species|"
        r"items|centers|centres|strains|sites|households|eyes|teeth|pregnancies|tumou?rs|specimens))"
        r"\s([^;]{8,})$",
        said,
    )
    if (
        match
        and not POINTS.search(match[2])
        and re.match(
            r"(?:\(|who |with |of |from |in |aged |out of )|(?:were|was|had|have|received|completed|"
            r"developed|died|met|showed|"
            r"reported|participated|underwent|experienced|required|responded|are|did|entered|"
            r"discontinued|withdrew|failed|"
            r"achieved|remained|presented|survived|suffered|agreed|returned|took|used|tested)\b",
            match[3],
        )
        and re.search(
            r"\b(?:were|was|had|have|received|completed|developed|died|met|showed|reported|"
            r"participated|underwent|experienced|"
            r"required|responded|are|did|entered|discontinued|withdrew|failed|achieved|remained|"
            r"presented|survived)\b",
            match[3],
        )
    ):
        yield f"how many {match[2]} {match[3]}", "number", match[1]
    match = re.match(
        rf"^((?:Approximately |About |Only |Nearly |Over |Almost |Up to )?{_SHARE})"
        rf"\s(?:\([^)]*\)\s)?of\s(?:the\s|all\s)?([^;]{{12,}})$",
        said,
    )
    if match and not POINTS.search(match[2]):
        yield f"what percentage of {match[2]}", "number", match[1]
    match = re.match(
        rf"^(.{{8,80}}?)\s(occurred|was observed|was found|was seen|was present|was "
        rf"reported|was detected|was achieved|were observed|were found|were seen|were reported|"
        rf"were present|developed|is found|occurs|is present)\sin\s({_SHARE})\s(?:\([^)]*\)\s)"
        rf"?of\s([^,;]{{4,}})",
        said,
    )
    if match and stands(match[1]):
        verb = match[2].split()
        if verb[0] in ("occurred", "developed"):
            turned = f"did {first_low(match[1])} occur"
        elif verb[0] == "occurs":
            turned = f"does {first_low(match[1])} occur"
        else:
            turned = f"{verb[0]} {first_low(match[1])} {' '.join(verb[1:])}"
        yield f"in what percentage of {match[4]} {turned}", "number", match[3]


def how_long(said: str) -> Found:
    """A statement like "X lasted for 2 weeks", "in 2003", "10 mg of X": how long, when, what dose?"""
    match = re.search(
        rf"^(.{{3,80}}?)\s(was|were|is|are|can be|has been|have been)\s(\w+(?:ed|wn|en|pt|"
        rf"ven))\s(.{{0,60}}?)\s?(?:for|up to|over)\s((?:at least |up to |approximately |about "
        rf"|more than |a (?:mean|median) of )?{_NUMBER}(?:[ -](?:to|and)[ -]\d+|[-–]\d+)?[ "
        rf"-]{_TIME})\b(.*)$",
        said,
    )
    if match and stands(match[1], 8) and count_words(match[6]) < 8 and not POINTS.search(match[4]):
        be, *more = match[2].split()
        yield (
            f"how long {be} {first_low(match[1])} {' '.join(more)} {match[3]} {match[4]}",
            "number",
            match[5],
        )
    match = re.search(
        r"^(.{3,80}?)\s(was|were|has been|have been)\s(.{4,100}?)\s(?:in|since|between|"
        r"from|during)\s((?:the )?(?:(?:January|February|March|April|May|June|July|August|"
        r"September|October|November|December) )?(?:19|20)\d\d(?:s|(?:\s?(?:and|to|-|–)"
        r"\s?(?:\w+ )?(?:19|20)?\d\d))?)\b(.*)$",
        said,
    )
    if match and stands(match[1], 9) and count_words(match[5]) < 7 and not POINTS.search(match[3]):
        be, *more = match[2].split()
        yield f"when {be} {first_low(match[1])} {' '.join(more)} {match[3]}", "number", match[4]
    match = re.search(
        rf"\b([Rr]eceived|were given|was given|were treated with|were administered)"
        rf"\s(?:either\s|oral\s|intravenous\s)?([a-z][\w-]{{4,25}})\s\(?({_NUMBER}(?:[ -](?:to|"
        rf"and)[ -]\d+|[-–]\d+)?\s?(?:mg|g|µg|μg|mcg|ug|micrograms?|IU|units?|ml|mL|mmol)(?:[/ "
        rf"](?:kg|day|d|m2|h|dose|min|kg/day|kg/min|per day|daily))*(?:\s(?:twice|once|three "
        rf"times|four times)?\s?(?:daily|a day|per day))?)",
        said,
    )
    if match:
        yield f"what dose of {match[2]} was given", "number", match[3]
