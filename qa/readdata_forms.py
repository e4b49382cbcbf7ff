"""What titles and statements of aims ask, where nobody put a question."""

from __future__ import annotations

import random
import re

from qa.readdata_text import asked, first_low, inverted, plural

_AIM = re.compile(
    r"\b(?:aim(?:s|ed)?|goals?|objectives?|purpose|sought|investigat\w+|hypothes\w+|determine|"
    r"examined?|evaluated?|"
    r"assess(?:ed)?|test(?:ed)?|compared?|explored?|studied|study (?:was|is) (?:undertaken|designed|"
    r"conducted|performed)|"
    r"to (?:review|describe|identify|estimate|analy[sz]e|clarify|quantify|characteri[sz]e|establish|"
    r"measure|define))\b",
    re.I,
)
_LATER = re.compile(
    r"\b(?:further|future|remains?|unclear|needed|required|warranted|controversial|unknown|should be|"
    r"were (?:re)?assessed|"
    r"was assessed (?:by|using|with)|were evaluated (?:by|using|with|at|in)|were compared|were "
    r"measured|questionnaire)\b",
    re.I,
)
_VERB = (
    r"(?:determine|assess|evaluate|investigate|examine|study|explore|analy[sz]e|describe|identify|"
    r"estimate|measure|"
    r"clarify|elucidate|define|characteri[sz]e|establish|test|quantify|review|summari[sz]e|report|understand|"
    r"determined|assessed|evaluated|investigated|examined|studied|explored|analy[sz]ed|reviewed|tested|"
    r"determines|assesses|evaluates|investigates|examines|studies|explores|analy[sz]es|reviews|tests)"
)
_SUBJECT = (
    r"effects?|efficacy|role|impact|prevalence|incidence|influence|association|relationship|"
    r"correlation|safety|"
    r"effectiveness|mechanisms?|frequency|accuracy|rates?|risks?|outcomes?|causes?|expression|use|"
    r"contribution|value|"
    r"costs?|characteristics|factors|function|tolerability|pharmacokinetics|bioavailability|"
    r"feasibility|validity|"
    r"reliability|potential|ability|benefits?|extent|changes|differences?|importance|usefulness|utility|"
    r"cost-effectiveness|quality|response|involvement|predictors|determinants|distribution|nature|"
    r"links?|interaction"
)
_NOUNED = re.compile(
    rf"\b(?:[Tt]o\s+|[Ww]e\s+(?:\w+ly\s+)?|[Tt]his (?:study|trial|review|paper)\s+)(?:further |better |"
    rf"systematically )?{_VERB}\s+"
    rf"(?:and\s+\w+\s+)?((?:the\s+(?:[\w-]+\s+){{0,2}}?|possible\s+)?(?:{_SUBJECT})\b(?:\s(?:and|or)"
    rf"\s(?:the\s)?(?:{_SUBJECT}))?\s[^.;:]{{10,200}}?)[.;]?$"
)
_NAMED = re.compile(
    rf"^(?:[A-Z][A-Za-z]+:? )?(?:[^.;:]{{0,60}}\s(?:was|is|were)\s)"
    rf"?[Tt]o\s+{_VERB}\s+(?:the\s)?([a-zA-Z][^,.;:]{{14,120}}?)[.;]?$"
)
_COMPARED = re.compile(
    rf"(?:\b[Tt]o\s+compare|[Ss]tudy compared|[Ww]e compared)\s+(?:the\s)?(?:(?:[\w-]+\s)"
    rf"{{0,2}}?(?:{_SUBJECT})(?:,? (?:and\s)?[\w-]+){{0,3}}?\s(?:of|between)\s)?([^,.;:]{{5,110}}?)"
    rf"\s(?:with|to|versus|against)\s(?:that of |those of )?"
    r"([^,.;:]{5,120}?)[.;]?$"
)
_WHETHER = re.compile(
    r"\b(?:whether|(?:[Dd]etermine|examine|see|test|assess|know|investigate) if)"
    r"\s+(?:or not\s+)?([^.;:]{15,220}?)[.;]?$"
)
_THAT = re.compile(
    r"\b(?:hypothesi[sz]ed?|hypothesis (?:was |is )?)(?:,? \w+,?)"
    r"?\s?that\s+([^.;:]{15,200}?)[.;]?$"
)
_TAIL = re.compile(
    r",?(?:\s(?:in|by|with|through|as))?\s(?:we (?:conducted|performed|studied|used|measured|"
    r"analy[sz]ed|randomi[sz]ed|compared|examined|carried|enrolled|"
    r"investigated|assessed|evaluated)|an? (?:\w+, )*(?:randomi[sz]ed|prospective|double|"
    r"retrospective|multicent\w+|open|observational|cross)[ ,-]|using\b|"
    r"\d+ (?:patients|subjects|men|women)\b).*$"
)
_ITSELF = re.compile(
    r"\b(?:this|these|those|our|we|us|it|its|such|herein|present|current|above|below|"
    r"latter|former)\b",
    re.I,
)


def is_objective(sentence: str) -> bool:
    """Whether a sentence says what a study was for: it asks, so it does not answer."""
    return bool(objective_questions(sentence)) or bool(
        re.match(
            r"^(?:(?:OBJECTIVES?|AIMS?|PURPOSE|Objectives?|Aims?|Purpose)\b|To (?:determine|assess|"
            r"evaluate|investigate|examine|"
            r"compare|study|explore|describe|identify|estimate|test|review|analy[sz]e)\b|"
            r"(?:The|Our) (?:\w+ )?(?:aims?|purpose|objectives?|goals?)\b|"
            r"This (?:study|trial|review|paper|report) (?:was designed|aim|examine|investigate|"
            r"evaluate|assess|compare|describe|review|was (?:under|perform|conduct)))",
            sentence,
        )
        or (
            re.search(
                r"\b(?:aims?|purpose|objectives?|goals?) of (?:this|the|our)\b|\bwe (?:aimed|"
                r"sought|hypothesi[sz]ed) (?:to|that)\b",
                sentence,
                re.I,
            )
        )
    )


def objective_questions(sentence: str) -> list[str]:
    """The questions that the statement of a study's aim puts: "To determine whether X is Y." -> "Is X Y?"."""
    if not _AIM.search(sentence) or _LATER.search(sentence):
        return []
    clause = _TAIL.sub("", re.sub(r"\s*\([^()]*\)", "", sentence).strip())
    found: list[str | None] = []
    if match := _WHETHER.search(clause) or _THAT.search(clause):
        found.append(inverted(re.sub(r"\bwould\b", "will", match[1]), known=True))
    elif match := _COMPARED.search(clause):
        one, other = match.groups()
        if len(one.split()) <= 14 and len(other.split()) <= 14 and not _ITSELF.search(one + other):
            do = "do" if plural(one) else "does"
            found += [
                asked(f"how {do} {one} compare with {other}"),
                asked(f"{first_low(one)} versus {other}"),
            ]
    elif (match := _NOUNED.search(clause)) and not _ITSELF.search(match[1]):
        found += _of_noun(match[1].strip(" ,"))
    elif match := _NAMED.search(clause):
        found.append(_named(match[1]))
    return [
        q
        for q in found
        if q
        and (" between " not in q or " and " in q)
        and 3 <= len(q.split()) <= 34
        and not re.search(
            r"\b(?:respectively|aims?|we|our|whether|attempt|authors?)\b|\bto determine|"
            r"^Do(?:es)? and ",
            q,
        )
    ]


_SEVERAL = re.compile(
    r"effects|mechanisms|rates|risks|outcomes|causes|characteristics|costs|factors|changes|differences|benefits|"
    r"predictors|determinants|links|pharmacokinetics"
)


def _of_noun(what: str) -> list[str]:
    """The questions after "the effect of X on Y" and its like."""
    noun = re.search(rf"\b(?:{_SUBJECT})\b", what)
    pair = re.match(rf"(?:the\s)?(?:\w+\s)?(?:{_SUBJECT})\s(?:and|or)\s", what)
    several = pair or (noun and _SEVERAL.fullmatch(noun[0]))
    if not what.startswith("the "):
        what = f"the {what}"
    found = [f"what {'are' if several else 'is'} {what}"]
    if pair := re.match(r"the (?:[\w-]+ )?(?:effects?|influence|impact) of (.{3,80}?) on (.{4,})$", what):
        do = "do" if plural(pair[1]) else "does"
        found += [f"{how}{do} {first_low(pair[1])} affect {pair[2]}" for how in ("", "how ")]
    if pair := re.match(
        r"the (?:\w+ )?(efficacy|effectiveness|safety)(?: and \w+)? of (.{3,80}?) (in|for|as|on) (.{4,})$",
        what,
    ):
        be, quality = "are" if plural(pair[2]) else "is", "safe" if pair[1] == "safety" else "effective"
        found.append(f"{be} {first_low(pair[2])} {quality} {pair[3]} {pair[4]}")
    if pair := re.match(
        r"the (?:\w+ )?(?:association|relationship|correlation|link)s? between (.{3,80}?) and (.{4,})$", what
    ):
        found.append(f"is there an association between {pair[1]} and {pair[2]}")
    if pair := re.match(r"the role of (.{3,60}?) in (.{4,})$", what):
        found.append(
            f"what role {'do' if plural(pair[1]) else 'does'} {first_low(pair[1])} play in {pair[2]}"
        )
    return [asked(question) for question in found]


def _named(what: str) -> str | None:
    """A subject, as one types it."""
    return what.strip(" ,") if not _ITSELF.search(what) and 3 <= len(what.split()) <= 16 else None


#: Verbs that make a title a claim.
_STATES = re.compile(
    r"\b(?:increases|decreases|reduces|improves|inhibits|induces|causes|prevents|promotes|regulates|"
    r"activates|suppresses|"
    r"enhances|impairs|predicts|affects|influences|modulates|mediates|blocks|stimulates|attenuates|"
    r"protects?|binds|"
    r"produces|contributes|leads|triggers|delays|accelerates|alters|lowers|raises|correlates?|"
    r"facilitates|restores|"
    r"worsens|requires|(?:is|are) (?:not )?(?:associated|effective|required|safe|involved|related|as|"
    r"more|less|a|an|"
    r"the|superior|expressed|necessary|essential|increased|reduced|decreased|increased|elevated|"
    r"linked|mediated|altered|needed|"
    r"common|not)|(?:does|do) not|can(?:not)?|may|reduce|improve|increase|decrease|inhibit|prevent|predict)\b"
)


def title_question(title: str, chance: random.Random) -> str | None:
    """What a title asks or claims; None for one that only names its subject."""
    title = re.sub(r"\s+", " ", title.strip().strip("[]"))
    if "?" in title:
        whole = title[: title.index("?") + 1]
        parts = re.split(r"[:.]\s", whole)
        asks = re.match(
            r"(?:does|do|did|is|are|was|were|can|could|should|will|would|has|have|what|which|"
            r"why|how|when|where|who|may|must)\b",
            parts[-1],
            re.I,
        )
        own = parts[-1] if asks and len(parts[-1].split()) >= 7 and not _ITSELF.search(parts[-1]) else whole
        return own[0].upper() + own[1:] if 4 <= len(own.split()) <= 30 else None
    title = re.split(r"[:;]\s|\.\s|\s[-–—]\s", title.rstrip("."))[0]
    found = _STATES.search(title)
    if not found or not 5 <= len(title.split()) <= 25 or found.start() < 4:
        return None
    if found[0] in (
        "reduce",
        "improve",
        "increase",
        "decrease",
        "inhibit",
        "prevent",
        "predict",
    ) and not re.search(r"[^su]s\s$", title[: found.start()]):
        return None
    if re.match(
        r"(?:how|why|what|when|where|who|factors|strategies|interventions?|methods|use)\b", title, re.I
    ):
        return None
    turned = inverted(title)
    return turned if turned and chance.random() < 0.6 else title
