"""What stands in a paper like a sentence and says nothing: headings, reference entries, addresses, labels.

Judged by a sentence's words alone, and only where they leave little doubt: what is taken for a heading here
can never be quoted. Statements on conflicts of interest and funding, abbreviations and captions are answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
#: A word that a statement is made with; headings and addresses have none.
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|do|does|did|can|could|may|might|will|would|should|must|cannot"
    r"|shows?|suggests?|indicates?|remains?|includes?|provides?|causes?|leads?|led|found|became|becomes?"
    r"|increases?|reduces?|decreases?|improves?|prevents?|[a-z]{3,}ed)\b"
)
#: Three letters, or one of a script that needs no more.
_SOME_WORD = re.compile(r"[^\W\d_]{3}|[\u2e80-\u9fff\uac00-\ud7af]")
_ENDS = re.compile(r"[.!?…][)\]”’\"']*(?:\s*\[?\d+(?:[,–-]\s*\d+)*\]?)?$")

# -- headings --------------------------------------------------------------------------------------

_LABELS = frozenset(
    """abstract; summary; background; introduction; context; rationale; objective; objectives; aim; aims;
    purpose; hypothesis; importance; method; methods; materials and methods; patients and methods; subjects
    and methods; methodology; design; study design; setting; settings; participants; patients; subjects;
    intervention; interventions; measurements; main outcome measures; outcome measures; main outcomes and
    measures; results; main results; findings; results and discussion; discussion; comment; conclusion;
    conclusions; conclusions and relevance; interpretation; implications; limitations; strengths and
    limitations; references; bibliography; acknowledgement; acknowledgements; acknowledgment;
    acknowledgments; funding; disclosure; disclosures; appendix; supplementary material; supplementary
    materials; supporting information; statistical analysis; statistical analyses; data analysis; data
    collection; data availability; ethics; ethical approval; ethics statement; author contributions;
    authors' contributions; competing interests; conflict of interest; conflicts of interest; abbreviations;
    keywords; key words; trial registration; body; title
    """.replace("\n    ", " ").split("; ")
)  # fmt: skip
_NUMBER = re.compile(r"^\(?(?:\d+(?:\.\d+)*|[IVX]+|[A-H])[.):]?\s+(?=[^\W\d_])")
_SMALL = frozenset(
    """
    a an and as at between by during for from in into nor of on or over per the through to under upon versus
    via vs with within without
    """.split()  # noqa: SIM905  read as prose
)
_LONGEST_HEADING = 12


def _heading(text: str) -> bool:
    plain = _NUMBER.sub("", text)
    if plain.rstrip(" :.—-").casefold().replace("’", "'") in _LABELS:
        return True
    if _ENDS.search(text):
        return False
    words = plain.rstrip(" :").split()
    if not 1 < len(words) <= _LONGEST_HEADING or _VERB.search(plain) or "," in plain:
        return False
    if re.match(r"[1-9]\d?\.\d", text) and words[0][:1].isupper() and not re.search(r"[\d\n]", plain):
        return True
    letters = [word for word in words if _WORD.fullmatch(word)]
    if len(letters) < len(words):
        return False
    if plain.isupper():
        return sum(len(word) > 4 for word in words) > 1
    small = sum(word in _SMALL for word in words[1:-1])
    large = sum(word[0].isupper() and (len(word) == 1 or not word.isupper()) for word in words)
    return small > 0 and large > 2 and small + large == len(words)


# -- reference entries and names -------------------------------------------------------------------

_NAME = r"[^\W\d_a-zß-ÿ][^\W\d_]+(?:[-'’ ][^\W\d_a-zß-ÿ][^\W\d_]+){0,2}"
_INITIALS = r"[A-Z](?:[.\- ]{0,2}[A-Z]){0,3}\.?"
_AUTHOR = (
    rf"(?:(?:van|von|de|der|den|di|da|la|le|el|al)[- ])*(?:{_NAME},? {_INITIALS}|(?:[A-Z]\. ?){{1,3}}{_NAME})"
)
_BETWEEN = r"(?:, ?(?:and|&) |[,;] ?| and | & )"
_AUTHORS = rf"{_AUTHOR}(?:{_BETWEEN}{_AUTHOR})*(?:,? (?:et al|and others)\.?)?"
_ENTRY_NUMBER = r"(?:\[?\d{1,3}[\].)]*\s+)?"
_ENTRY = re.compile(rf"{_ENTRY_NUMBER}{_AUTHORS}(?:[.:,]|\s*\(\d{{4}}[a-z]?\))")
_AUTHOR_LIST = re.compile(rf"{_ENTRY_NUMBER}{_AUTHOR}{_BETWEEN}{_AUTHORS}\.?")
#: A person has two initials often enough; "Hepatitis A, Hepatitis B and Hepatitis C" are none.
_TWO_INITIALS = re.compile(r" [A-Z][.\- ]{0,2}[A-Z]\b|\b[A-Z]\. ?[A-Z]\.")
#: "2010;12(3):123-8", "12(3):123-128", "Vol. 12, pp. 123-128".
_ISSUE = re.compile(
    r"\b(?:19|20)\d\d[a-z]?(?: [A-Z][a-z]{2,8}\.?(?: \d{1,2})?)?\s?;\s?\d+"
    r"|\b\d+\s?\(\d+[^()]{0,12}\)\s?[:,]\s?[eES]?\d+"
    r"|\b\d{1,4}\s?:\s?[eES]?\d{2,}\s?[-–]\s?\d+|\bpp?\.\s?\d+\s?[-–]\s?\d+"
)
_DOI = re.compile(r"\bdoi:\s?10\.|https?://(?:dx\.)?doi\.org/10\.|\bPMID:? \d+|\bPMC\d{5,}", re.I)
_ISSUE_ONLY = re.compile(
    r"(?:[A-Z][\w&.-]*[ .]+){1,8}(?:\(?(?:19|20)\d\d\)?[a-z]?[;:,. ]+\d+|\d+\s?[:(]).{0,60}"
)
_DEGREE = re.compile(r"\b(?:M\.?D|Ph\.?D|M\.?P\.?H|M\.?Sc|MBBS|FRCP|RN|DrPH|DPhil|PharmD)\b")


def _reference(text: str) -> bool:
    if _AUTHOR_LIST.fullmatch(text) and _TWO_INITIALS.search(text):
        return True
    if _ENTRY.match(text):
        return bool(_ISSUE.search(text) or _DOI.search(text))
    short = len(text.split()) <= 14
    return bool(short and _ISSUE_ONLY.fullmatch(text) and _ISSUE.search(text) and not _VERB.search(text))


def _names(text: str) -> bool:
    """A by-line with degrees or initials: "Lynn S. Zijenah, MD, PhD, Jean H. Humphrey, MPH"."""
    if _VERB.search(text) or len(text.split()) < 4:
        return False
    plain = re.sub(r"[*†‡§¶\d]", "", text)
    degrees = len(_DEGREE.findall(plain))
    words = [
        word for word in _WORD.findall(_DEGREE.sub("", plain)) if word not in {"and", "de", "van", "von"}
    ]
    if not words or not all(word[0].isupper() for word in words):
        return False
    return degrees > 1 or len(re.findall(r"[A-Z][a-z]+ [A-Z]\. ?[A-Z][a-z]+", plain)) > 1


# -- addresses, notices, labels --------------------------------------------------------------------

_INSTITUTION = re.compile(
    r"\b(?:Department|Dept|Division|School|Faculty|Institutes?|Instituto|Institut|Laborator(?:y|ies)"
    r"|Cent(?:er|re)"
    r"|Unit|Section|Clinic|College|Universit\w+|Hospitals?|Academy|Inserm|INSERM|CNRS|Foundation|Ministry)\b"
)
_ADDRESS = re.compile(
    r"(?:[\d*†‡§¶]+\s?|[a-z]\s|From the |the )?(?:[A-Z][\w&'’.-]* ){0,4}"
    r"(?:Department|Dept|Division|School|Faculty|Institutes?|Instituto|Institut|Laborator(?:y|ies)"
    r"|Cent(?:er|re)|Unit"
    r"|Section|Clinic|College|Universit\w+|Hospital|Academy|Inserm|INSERM|CNRS)\b"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_CONTACT = re.compile(
    r"(?:\*\s?)?(?:Correspond(?:ence|ing authors?)(?: (?:to|and [\w ]+ to))?\b|E-?mail(?: address)?:"
    r"|Address(?: for)?(?: correspondence| reprint)|Reprint requests?|Tel(?:ephone)?\.?:|Fax:"
    r"|Author for correspondence)",
    re.I,
)
_LICENCE = re.compile(r"\bcreative commons\b|\bthis is an open[- ]access article\b|\blicensee [A-Z]", re.I)
#: These begin a notice; before or behind a statement they are its paper's, run into it.
_RESERVED = re.compile(r"\ball rights reserved\b", re.I)
_NOTICE_OPENS = re.compile(
    r"(?<!\w)©|\(c\) ?(?:19|20)\d\d|\bcopyright (?:©|\(c\)|by\b|holder|(?:19|20)\d\d)"
    r"|\bpublished by (?:elsevier|wiley|john wiley|springer|blackwell|oxford university press|bmj|karger"
    r"|mosby)"
    r"|\bCC[- ]BY\b|\blicen[cs]e: ?cc\b",
    re.I,
)
_SIGNS = ("©", "(c)", "copyright", "reserved", "published by", "commons", "open", "cc", "licen")
_FLOAT = r"(?:Fig(?:ure|s|ures)?|Tables?|Box|Scheme|Video|Movie|Panel|Chart|Plate|Files?|Data|Appendix)"
_FLOAT_LABEL = re.compile(
    rf"\(?(?:See |Additional |Supplementa(?:ry|l) |Extended Data |Supporting |Online )*{_FLOAT}\.?\s*"
    r"(?:S?\d+[A-Za-z]?|[A-Z]|[IVX]+)?(?:\s?[-–,&]\s?S?\d*[A-Za-z]?)*[).:|]*",
    re.I,
)
_KEYWORDS = re.compile(
    r"(?:Author )?(?:Key\s?-?words?|Index terms?|MeSH(?: terms)?|Subject headings?)\s*[:—–-]", re.I
)
_HISTORY = re.compile(
    r"(?:Received|Accepted|Revised|Submitted|Published(?: online)?|Available online|Epub)\b:?"
    r"[^a-z]*(?:\d|January|February|March|April|May|June|July|August|September|October|November|December)"
    r".{0,120}\b(?:19|20)\d\d\b"
)
_IDENTIFIER = re.compile(
    r"(?:(?:https?://|www\.)\S+|(?:DOI|PMID|PMCID|ISSN|License)\s?:\s?\S+|10\.\d{4,9}/\S+|(?:19"
    r"|20)\d\d-\d\d-\d\d|\s+)+",
    re.I,
)


def _affiliation(text: str) -> bool:
    if _VERB.search(text) or "," not in text or not _ADDRESS.match(text):
        return False
    parts = [part for part in re.split(r"[,;]", text) if part.strip()]
    capital = sum(part.strip()[:1].isupper() or part.strip()[:1].isdigit() for part in parts)
    return len(_INSTITUTION.findall(text)) > 1 or (len(parts) > 2 and capital == len(parts))


def _contact(text: str) -> bool:
    address = "@" in text and bool(_EMAIL.search(text))
    return bool(_CONTACT.match(text)) or (address and (len(text.split()) <= 12 or not _VERB.search(text)))


def _notice(text: str) -> bool:
    plain = text.casefold()
    if not any(sign in plain for sign in _SIGNS):
        return False
    if _LICENCE.search(text):
        return True
    if reserved := _RESERVED.search(text):
        return not _states(text[: reserved.start()]) and not _states(text[reserved.end() :])
    opens = _NOTICE_OPENS.search(text)
    return opens is not None and not _states(text[: opens.start()])


def _states(text: str) -> bool:
    """Whether a part of a sentence may be a statement: it has a verb, or more than a name's small words."""
    return bool(_VERB.search(text)) or len(re.findall(r"(?<!\S)[a-z]{3,}", text)) > 6


def _label(text: str) -> bool:
    return bool(_FLOAT_LABEL.fullmatch(text) or _IDENTIFIER.fullmatch(text) or _HISTORY.match(text))


def _wordless(text: str) -> bool:
    """Numbers and signs only, as a table leaves behind that lost its lines."""
    return not _SOME_WORD.search(text)


#: What is no statement, by name, tried in order.
KINDS: dict[str, Callable[[str], bool]] = {
    "label": _label,
    "heading": _heading,
    "keywords": lambda text: bool(_KEYWORDS.match(text)),
    "notice": _notice,
    "contact": _contact,
    "reference": _reference,
    "names": _names,
    "affiliation": _affiliation,
    "no words": _wordless,
}


def not_quotable(text: str) -> str:
    """Why the sentence ``text`` is never quoted: one of KINDS, or "" for a statement."""
    plain = text.strip()
    return next((name for name, holds in KINDS.items() if holds(plain)), "") if plain else "no words"


def is_quotable(text: str) -> bool:
    """Whether the sentence ``text`` says something."""
    return not not_quotable(text)
