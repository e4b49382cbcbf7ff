"""The study design of a paper, in one vocabulary.

**Recorded**: PubMed's publication types (NLM, "Publication Characteristics (Publication Types) with Scope
Notes"), and, as PubMed has no publication type for them, MeSH's headings for cohort, case-control,
cross-sectional and retrospective studies. Those headings count only where no publication type says that
the paper is a review, a guideline or a comment, whose headings name what it is about.

**Inferred**, only where the record says nothing: plain signs in the title, and, where the title has none
either, sentences of the abstract in which the authors say what they did ("we conducted a cohort study",
"patients were randomly assigned"). An inference can be wrong, and many papers show no sign; a filter by
design is no substitute for reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import MappingProxyType

from index.errors import UsageError
from index.records import NOT_ANSWERS, Document, Reference, plain_key

#: The vocabulary, with the narrower designs that a search for each includes.
DESIGNS = MappingProxyType(
    {
        "randomised trial": (),
        "clinical trial": ("randomised trial",),
        "meta-analysis": (),
        "systematic review": (),
        "review": ("systematic review",),
        "cohort": (),
        "case-control": (),
        "cross-sectional": (),
        "observational": ("cohort", "case-control", "cross-sectional"),
        "case report": (),
        "guideline": (),
        "protocol": (),
        "comment": (),
        "letter": (),
    }
)

#: PubMed's publication types (in lower case) and the design each records.
_TYPES = {
    "randomized controlled trial": "randomised trial",
    "randomized controlled trial, veterinary": "randomised trial",
    "adaptive clinical trial": "clinical trial",
    "clinical trial": "clinical trial",
    "clinical trial, phase i": "clinical trial",
    "clinical trial, phase ii": "clinical trial",
    "clinical trial, phase iii": "clinical trial",
    "clinical trial, phase iv": "clinical trial",
    "clinical trial, veterinary": "clinical trial",
    "controlled clinical trial": "clinical trial",
    "equivalence trial": "clinical trial",
    "pragmatic clinical trial": "clinical trial",
    "clinical trial protocol": "protocol",
    "meta-analysis": "meta-analysis",
    "network meta-analysis": "meta-analysis",
    "systematic review": "systematic review",
    "review": "review",
    "scoping review": "review",
    "observational study": "observational",
    "observational study, veterinary": "observational",
    "case reports": "case report",
    "guideline": "guideline",
    "practice guideline": "guideline",
    "consensus development conference": "guideline",
    "consensus development conference, nih": "guideline",
    "comment": "comment",
    "editorial": "comment",
    "letter": "letter",
}
#: MeSH headings (in lower case) that say how a study was made.
_MESH = {
    "cohort studies": "cohort",
    "longitudinal studies": "cohort",
    "case-control studies": "case-control",
    "cross-sectional studies": "cross-sectional",
    "retrospective studies": "observational",
}
#: With one of these recorded, MeSH headings name the subject.
_ABOUT_OTHERS = frozenset(
    {"meta-analysis", "systematic review", "review", "guideline", "protocol", "comment", "letter"}
)

_TRIAL = r"randomi[sz]ed[\w\s,-]{0,60}?\b(?:trial|study)\b"
#: Signs in a title. A protocol is none of what it plans; otherwise every sign counts.
_PROTOCOL = re.compile(r"\b(?:study|trial|review|research) protocol\b|\bprotocol (?:for|of) an?\b")
_TITLE = (
    ("randomised trial", rf"\b{_TRIAL}"),
    ("clinical trial", r"\b(?:clinical|controlled|phase (?:[1-4]|i{1,3}|iv)) trial\b"),
    ("meta-analysis", r"\bmeta-?\s?analys[ie]s\b"),
    ("systematic review", r"\bsystematic(?: literature| scoping)? review\b"),
    (
        "review",
        r"\b(?:scoping|narrative|literature|umbrella|critical|mini|integrative)[ -]review\b"
        r"|\breview of the literature\b|[:.?–—-]\s+an? (?:[\w-]+ ){0,3}review\.?$"
        r"|^an? (?:[\w-]+ ){0,3}review of\b",
    ),
    ("cohort", r"\bcohort (?:study|analysis)\b|\bbirth cohort\b|\blongitudinal study\b"),
    ("case-control", r"\bcase[-–\s]control\b"),
    ("cross-sectional", r"\bcross[-–\s]sectional\b"),
    ("observational", r"\bobservational (?:cohort )?study\b|\bretrospective (?:study|analysis|review)\b"),
    (
        "case report",
        r"\bcase (?:report|series)\b|\breport of (?:a|one|two|three) cases?\b|^an? (?:rare )?case of\b",
    ),
    (
        "guideline",
        r"\b(?:practice|clinical|consensus|evidence-based) guidelines?\b|\bguidelines? for\b"
        r"|\bconsensus (?:statement|recommendations)\b",
    ),
    (
        "comment",
        r"^(?:comment(?:ary)?|editorial)(?: on\b|\s*:)|^(?:reply|response|re):"
        r"|^(?:reply|response) to (?:the )?(?:letter|comment|editorial|authors?)\b"
        r"|[:.] (?:a |authors' )?(?:reply|commentary)$",
    ),
    ("letter", r"^letter to the editor\b|[:.] letter to the editor$"),
)  # fmt: skip

_OUR = r"\b(?:this|our|we (?:did|conducted|performed|undertook|carried out|present|report))\b"
_OURS = rf"(?:{_OUR}|\bin an?\b)"
#: What the authors of an abstract say that they did.
_ABSTRACT = (
    (
        "randomised trial",
        r"\bwere (?:\w+ )?(?:randomly (?:assigned|allocated)|randomi[sz]ed (?:to|in|into|\d))"
        rf"|{_OURS}[^.;]{{0,60}}?\b{_TRIAL}",
    ),
    ("clinical trial", r"\b(?:placebo|active)-controlled trial\b|\bopen-label,? (?:[\w-]+ )*trial\b"),
    ("meta-analysis", rf"{_OUR}[^.;]{{0,60}}?\bmeta-?\s?analysis\b"),
    ("systematic review", rf"{_OUR}[^.;]{{0,40}}?(?<!non-)\bsystematic (?:literature )?review\b"),
    (
        "review",
        r"\b(?:this|our|the present) (?:[\w-]+ )?review\b|\bwe (?:here |briefly |also )?review\b"
        r"|\bthis (?:article|paper|chapter) reviews\b",
    ),
    ("cohort", rf"{_OURS}[^.;]{{0,60}}?\bcohort study\b"),
    ("case-control", rf"{_OURS}[^.;]{{0,60}}?\bcase[-–\s]control study\b"),
    ("cross-sectional", rf"{_OURS}[^.;]{{0,60}}?\bcross[-–\s]sectional (?:study|survey|analysis)\b"),
    ("observational", rf"{_OURS}[^.;]{{0,60}}?\b(?:observational|retrospective) (?:study|analysis|review)\b"),
    (
        "case report",
        r"\bwe (?:report|present|describe) (?:an? |the |two |three )(?:[\w-]+ ){0,2}cases?\b",
    ),
)  # fmt: skip
_IN_TITLE = tuple((design, re.compile(pattern)) for design, pattern in _TITLE)
_IN_ABSTRACT = tuple((design, re.compile(pattern)) for design, pattern in _ABSTRACT)
#: A word that every sign of a design holds: looked for first, it spares most of the searching.
_WORDS = {
    "randomised trial": "random",
    "clinical trial": "trial",
    "meta-analysis": "analys",
    "systematic review": "systematic",
    "review": "review",
    "case-control": "control",
    "cross-sectional": "sectional",
    "case report": "case",
}
#: Laboratory animals are assigned at random, too, but that makes no trial.
_ANIMALS = re.compile(r"\b(?:mice|mouse|rats?|rabbits?|piglets?|zebrafish|macaques?)\b")
_TRIALS = frozenset({"randomised trial", "clinical trial"})
#: Characters of a paper in which its authors are looked for saying what they did.
_OPENING = 4000


def recorded(reference: Reference) -> tuple[str, ...]:
    """The designs that the bibliographic record names, in the order of the vocabulary."""
    found = {_TYPES[kind.casefold()] for kind in reference.publication_types if kind.casefold() in _TYPES}
    if not found & _ABOUT_OTHERS:
        headings = {heading.partition("/")[0].casefold().strip("*") for heading in reference.mesh}
        found |= {_MESH[heading] for heading in headings & _MESH.keys()}
    return _ordered(found)


def inferred(title: str, abstract: str) -> tuple[str, ...]:
    """The designs that plain signs in the title show, else those in the abstract."""
    title, abstract = title.casefold(), abstract.casefold()
    if "protocol" in title and _PROTOCOL.search(title):
        return ("protocol",)
    for text, signs in ((title, _IN_TITLE), (abstract, _IN_ABSTRACT)):
        found = {design for design, sign in signs if _WORDS.get(design, "") in text and sign.search(text)}
        if found & _TRIALS and text is abstract and _ANIMALS.search(f"{title} {abstract}"):
            found -= _TRIALS
        found -= {broad for broad in found if not found.isdisjoint(DESIGNS[broad])}
        if found:
            return _ordered(found)
    return ()


def designs(document: Document) -> tuple[str, ...]:
    """The designs of ``document`` (its text with its characters): recorded, else inferred."""
    found = recorded(document.reference)
    if found:
        return found
    labels = NOT_ANSWERS | {"disclosure", "funding"}
    content = document.text.content
    spans = [(section.start, section.end) for section in document.sections if section.label not in labels]
    opening = " ".join(content[start : min(end, start + _OPENING)] for start, end in spans[:6])
    return inferred(document.title, opening[:_OPENING])


#: What people call the designs, beside the vocabulary's own words.
_SYNONYMS = {
    "rct": "randomised trial",
    "randomised": "randomised trial",
    "randomised controlled trial": "randomised trial",
    "trial": "clinical trial",
    "controlled trial": "clinical trial",
    "metaanalysis": "meta-analysis",
    "literature review": "review",
    "narrative review": "review",
    "scoping review": "review",
    "case series": "case report",
    "case": "case report",
    "practice guideline": "guideline",
    "consensus": "guideline",
    "editorial": "comment",
    "commentary": "comment",
}
_SPELLINGS = {plain_key(name): name for name in DESIGNS} | _SYNONYMS


def named(design: str) -> tuple[str, ...]:
    """The design a user means and the narrower ones it includes. Raises UsageError for an unknown one.

    Any case; British and American spelling; "study" and a plural may be added.
    """
    words = plain_key(design).replace("randomized", "randomised").replace("analyses", "analysis")
    words = words.removesuffix(" studies").removesuffix(" study")
    name = _SPELLINGS.get(words) or _SPELLINGS.get(words.removesuffix("s"))
    if name is None:
        raise UsageError(f"no study design {design!r}; those known are: {', '.join(DESIGNS)}")
    return (name, *DESIGNS[name])


def _ordered(found: Iterable[str]) -> tuple[str, ...]:
    places = {name: place for place, name in enumerate(DESIGNS)}
    return tuple(sorted(found, key=places.__getitem__))
