"""What a sentence is for: finding or background, definition, echo of the question. Parts of a score.

Rules on what papers print, as in argumentative zoning (Teufel and Moens 2002, Computational Linguistics
28:409-445) and structured abstracts; a sentence that gives no sign is 0.
"""

from __future__ import annotations

import re

from index.abbreviations import pairs, short_key
from index.sources.build import label_for
from index.words import content_terms, terms

#: How much a sentence under a heading is one that finds (1) or one that introduces (-1).
SECTIONS = {
    "conclusions": 1.0,
    "results": 0.8,
    "discussion": 0.3,
    "figure": 0.2,
    "table": 0.2,
    "methods": -0.6,
    "background": -0.6,
    "registration": -0.8,
}

_INLINE = re.compile(r"(?P<label>[A-Z][A-Za-z]*(?:[ /&,]+[A-Za-z]+){0,5})\s*:\s+(?=\S)")

_THESE = r"(?:[Tt]hese|[Oo]ur|[Tt]he (?:present |current )?|[Tt]his|[Pp]resent|[Cc]urrent)"
_RESULT = (
    r"(?:results?|data|findings?|study|studies|observations?|experiments?|analys[ei]s|evidence|trial|work"
    r"|review)"
)
_CONCLUDES = re.compile(
    r"(?:In (?:conclusion|summary)\b|To (?:conclude|summari[sz]e)\b|Taken together\b|Collectively,|Overall,"
    r"|Altogether,"
    r"|We (?:therefore )?conclude\b|It (?:is|was|can be|may be) concluded\b)"
    r"|\bwe (?:therefore )?conclude that\b"
    rf"|\b{_THESE}\s*(?:\w+ )?{_RESULT} (?:\w+ly |also |therefore |thus )?"
    r"(?:suggest|indicate|show|demonstrate|support|provide|confirm|imply|establish|highlight|reveal)s?\b"
)
_FINDS = re.compile(
    r"\b(?:[Ww]e|[Hh]ere,? we) (?:also |now |further |recently )?"
    r"(?:found|f[io]nd that|show(?:ed)? that|observed|demonstrate[ds]?|identified|detected|report that"
    r"|discovered"
    r"|confirmed|reveal(?:ed)?)\b"
    r"|\b(?:was|were) (?:\w+ )?(?:significantly|markedly|strongly|not) (?:\w+ )?(?:higher|lower|greater"
    r"|increased|decreased"
    r"|reduced|improved|associated|correlated|different|better|worse|more|less)\b"
    r"|\(?\b[Pp]\s?(?:-value\s?)?[<=>≤]\s?0?\.\d|\b95\s?% (?:CI|confidence interval)"
)
_AIMS = re.compile(
    r"\b(?:[Aa]ims?|[Oo]bjectives?|[Pp]urposes?|[Gg]oals?) (?:of (?:this|the|our|these)\b[^.]{0,60}? )?"
    r"(?:is|was|were|are) (?:to\b|the\b)"
    r"|\b[Ww]e (?:therefore |thus |also |then |here )?(?:aimed|sought|set out|wanted|attempted|undertook"
    r"|planned|propose) to\b"
    r"|\b[Ww]e (?:therefore |thus |also |then |here |next )?(?:investigat|examin|ask|test|explor|assess"
    r"|evaluat|hypothesi[sz]|"
    r"determin|study|studi)\w*(?: \w+){0,3}? (?:whether|if|the (?:hypothesis|possibility|role|effects?))\b"
    r"|\b(?:[Tt]his|[Tt]he (?:present|current)|[Oo]ur|[Aa] randomi[sz]ed) (?:study|trial|review|analysis"
    r"|paper|article|work)"
    r" (?:was (?:designed|conducted|undertaken|performed|carried out|initiated)|(?:aim|seek|intend"
    r"|attempt)(?:s|ed)?)"
    r"(?: in order)? to\b|^To (?:determine|assess|evaluate|investigate|examine|compare|study|explore|test"
    r"|identify|describe)\b"
    r"|\bit (?:was|is) hypothesi[sz]ed that\b"
)
_UNKNOWN = re.compile(
    r"\b(?:is|are|remains?|was|were|has been|have been) (?:still |largely |currently |not (?:yet )?|so far )*"
    r"(?:poorly|not well|not fully|not completely|incompletely|insufficiently|little) "
    r"(?:understood|known|characteri[sz]ed|defined|studied|described|established)\b"
    r"|\b(?:remains?|is|are) (?:still |largely |currently |to be |yet to be )*"
    r"(?:unknown|unclear|elusive|controversial|uncertain|debated|elucidated|determined)\b"
    r"|\b[Ll]ittle is known\b|\bfew studies have\b|\b[Nn]o (?:stud(?:y|ies)|data) (?:has|have"
    r"|are)\b.{0,30}\b(?:yet|so far|available)\b"
    r"|\bhas not (?:yet )?been (?:studied|investigated|examined|evaluated|established)\b"
)
_WEIGHTS = ((_CONCLUDES, 0.9), (_FINDS, 0.7), (_AIMS, -1.0), (_UNKNOWN, -0.5))


def role(text: str, section: str) -> float:
    """How much a sentence is a finding, from -1 (an aim) over 0 (no sign) to 1 (a conclusion).

    ``section`` is its section's label; a label inside the text ("RESULTS: …") stands above it. The mean
    of what the section and the sentence's own words say, where both say something.
    """
    inline = _INLINE.match(text)
    own = label_for(inline["label"], "") if inline else ""
    signs = [weight for pattern, weight in _WEIGHTS if pattern.search(text)]
    if (own or section) in SECTIONS:
        signs.append(SECTIONS[own or section])
    return max(-1.0, min(1.0, sum(signs) / len(signs))) if signs else 0.0


# -- definitions -----------------------------------------------------------------------------------

_ASKS = (
    re.compile(r"what (?:is|are|was|were) (?:meant by|the (?:definition|meaning) of) (?P<term>.+)", re.I),
    re.compile(r"what (?:do|does) (?:you mean by |(?:the (?:term|abbreviation|acronym) )?)(?P<term>.+?)"
               r"(?: (?:mean|stand for|refer to|denote))?", re.I),
    re.compile(r"(?:please )?(?:define|definition of|explain the term) (?P<term>.+)", re.I),
    re.compile(r"how (?:is|are) (?P<term>.+?) defined", re.I),
    re.compile(r"what(?:'s|’s| is| are| was| were) (?:an? )?(?P<term>(?!the |an? |known ).+)", re.I),
)  # fmt: skip
#: "What is X of Y?" asks for a thing that X has, not for X.
_ATTRIBUTE = re.compile(
    r"\b(?:of|in|for|between|on|to|by|from|with|during|after|before|against|about|that|which|who|used"
    r"|associated|known"
    r"|caused|needed|required|there|available|responsible|their|its|your|our|his|her|this|these|those|it"
    r"|they)\b",
    re.I,
)
_LONGEST_TERM = 5


def defined_term(question: str) -> str:
    """What a definition question asks the meaning of ("What are statins?" -> "statins"), else ""."""
    plain = " ".join(question.split()).strip(" ?.!\"“”'")
    for number, pattern in enumerate(_ASKS):
        if found := pattern.fullmatch(plain):
            term = found["term"].strip(" \"“”'‘’")
            asks_more = len(term.split()) > _LONGEST_TERM or _ATTRIBUTE.search(term)
            stands = number != 1 or re.search(r"(?:mean|stand for|refer to|denote)$|you mean", plain, re.I)
            return "" if asks_more or not stands else re.sub(r"^(?:an?|the) ", "", term, flags=re.I)
    return ""


_VERY = (
    r"(?:(?:usually|generally|commonly|often|broadly|currently|now|typically|also|itself|thus|essentially"
    r"|classically) )*"
)
#: What "X are …" goes on with when it says what becomes of X, not what X is.
_PREDICATE = (
    r"(?:\w+ed|\w+ing|\w+ly|not|at|in|on|to|for|from|of|under|among|also|more|less|most|very|as|no|both"
    r"|able|unable"
    r"|effective|ineffective|safe|common|important|likely|unlikely|available|present|absent|necessary"
    r"|essential|critical"
    r"|crucial|higher|lower|similar|different|rare|frequent|high|low|good|useful|known|seen|found|given"
    r"|made|shown|taken"
    r"|well|still|often|now|due|needed|responsible|beneficial|superior|inferior|equivalent|comparable"
    r"|resistant|sensitive"
    r"|susceptible|prone|present|dependent|independent|thought|being|better|worse|best)"
)
_IS_A = (
    rf"(?:is|was|are|were|represents?|constitutes?) {_VERY}(?:an?|the|one of|any|defined (?:as|by)"
    r"|a (?:type|kind|form) of"
    r"|classified as|considered (?:an?|the|to be an?)|characteri[sz]ed (?:by|as))\b"
)
_ARE = (
    rf"are {_VERY}(?!{_PREDICATE}\b)"
    r"(?=(?:(?!(?:of|in|for|to|with|by|from|than|and|at|on|that|which)\b)[\w-]+ ){0,4}?[\w-]{3,}s\b)"
)
_MEANS = (
    r"(?:refers? to|means|denotes?|describes|stands? for"
    r"|(?:is|are) (?:the|a) (?:general )?terms? (?:for|that|used))\b"
)


def defines(question: str, text: str) -> float:
    """1.0 when ``question`` asks what something is, means or stands for, and ``text`` says it; else 0."""
    term = defined_term(question)
    if not term:
        return 0.0
    if re.search(r"\bstand for\b", question, re.I):
        return float(_expanded(term, text))
    return float(_said(term, text) or (term.isupper() and _expanded(term, text) and " is " in text))


def _expanded(term: str, text: str) -> bool:
    """Whether ``text`` gives the long form of an abbreviation."""
    key = short_key(term)
    spelled = re.search(
        rf"(?<!\w){re.escape(term)}s? (?:stands? for|is (?:the|an) (?:abbreviation|acronym) (?:of|for))", text
    )
    return bool(spelled) or any(short_key(pair.short) == key for pair in pairs(text))


def _said(term: str, text: str) -> bool:
    if not set(terms(term)) <= set(terms(text)):
        return False
    words = re.findall(r"\w+", term)
    name = r"[\s‐-–-]*".join(
        re.escape(word[:-1] if len(word) > 3 and word[-1] == "s" else word) for word in words
    )
    name = rf"(?i:{name})(?:['’]s)?(?:e?s)?"
    lead = (
        r"(?:[A-Z][\w -]{0,40}[,:] )?(?:(?i:the (?:term|word|name|acronym|abbreviation)) )?"
        r"(?:(?:The|An?|the|an?) )?[\"“‘']?"
    )
    also = r"[\"”’']?(?: ?[(\[][^()\[\]]{1,80}[)\]])?"
    aside = r"(?:, [^,.;]{2,90},)?"
    subject = rf"{lead}(?<!\w){name}{also}|{lead}[\w ’'-]{{3,60}} \((?:[^()]*\b)?{name}(?:\b[^()]*)?\)"
    rules = (
        rf"(?:{subject}){aside} (?:{_IS_A}|{_MEANS})",
        rf"(?:{subject}){aside} {_ARE}",
        rf"(?:{subject}),? (?:which (?:is|are) )?(?:an?|the|one of|a (?:type|kind|form) of) [^,;]{{3,120}},",
        rf"(?:{subject}): \w",
    )
    if any(re.match(rule, text) for rule in rules):
        return True
    named = (
        rf"\b(?:known as|called|termed|referred to as|defined as|named) (?:the |an? )?[\"“‘']?{name}(?!\w)"
    )
    return re.search(named, text) is not None


# -- novelty ---------------------------------------------------------------------------------------

_WH = re.compile(r"\b(?:what|which|who|whom|whose|when|where|why|how)\b", re.IGNORECASE)
_ASKS_WHETHER = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|should|would|may|might|will|must)\b",
    re.IGNORECASE,
)
#: A sentence with less of its own than this begins to be an echo.
_OWN_SHARE = 0.4


def novelty(question: str, text: str) -> float:
    """How far a sentence does more than repeat a question that asks what, why or how: 0 not at all, 1 fully.

    Asked whether something is so, the very sentence is the answer: then always 1.
    """
    if _ASKS_WHETHER.match(question) or not _WH.search(question):
        return 1.0
    said = set(content_terms(text))
    own = len(said.difference(content_terms(question))) / len(said) if said else 1.0
    return min(1.0, own / _OWN_SHARE)
