"""The noun phrases of an English question, by word lists: enough to see what a conversation is about.

No tagger: a phrase is what stands between function words, verbs and punctuation. Questions are short and
formulaic, and a phrase cut too long only makes a completed question less elegant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.words import STOPWORDS

#: A word with its inner hyphens, apostrophes, dots and slashes: ``SARS-CoV-2``, ``Alzheimer's``, ``1.5``.
WORD = re.compile(r"[^\W_]+(?:['’./+–-][^\W_]+)*\+?")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PREPOSITIONS = _words(
    "about above across after against along among amongst around as at before behind below beneath beside "
    "between beyond by despite during except for from in inside into like near of off on onto out outside "
    "over per regarding since through throughout to toward towards under until upon using versus via vs "
    "with within without"
)
#: What a question without a main verb of its own does not hold.
AUXILIARIES = _words(
    "am are can cannot could did do does had has have is may might must shall should was were will would "
    "aren't can't couldn't didn't doesn't don't hasn't haven't isn't wasn't weren't won't wouldn't"
)
QUESTION_WORDS = _words("how what when where which who whom whose why")
_FUNCTION = (
    STOPWORDS
    | PREPOSITIONS
    | AUXILIARIES
    | QUESTION_WORDS
    | _words(
        "again also another anyone apart become becomes besides due else ever least many much normally often "
        "one ones please still together usually yet"
    )
)
_ARTICLES = _words("a an any each its no some such that the their these this those")

#: Verbs that questions of this field are made with, in the infinitive.
VERBS = _words(
    "accelerate accompany achieve act activate adapt add adhere administer affect aggravate alleviate "
    "allow alter amplify appear arise assess associate attract avoid bind block bring build calculate "
    "carry cause change choose circulate clear cleave collect combine come compare compete complicate "
    "concentrate conduct confer confirm consider contain contribute control convert cope correlate create "
    "cross cure damage deal decline decrease define degrade delay deliver demonstrate depend deplete "
    "describe deserve destroy detect determine develop diagnose die differ differentiate diminish "
    "disappear discover discriminate disrupt distinguish divide drive eliminate employ enable encode "
    "encourage enhance enter establish estimate evade evaluate evolve exacerbate examine exceed excrete "
    "exert exist explain express extend facilitate fail feed fight find fold follow form fuse gain "
    "generate get give go grow happen harm help hide hold identify impair imply improve include increase "
    "induce infect infer infiltrate influence inhibit initiate integrate interact interfere invade "
    "involve isolate keep kill know last lead learn limit live localise localize look lose lower maintain "
    "make manage matter mean measure mediate metabolise metabolize migrate mimic minimise minimize "
    "modulate mutate need obtain occur offer originate outperform overcome oxidise participate pass "
    "penetrate perform persist phosphorylate play pose possess precede predict prevent produce "
    "proliferate prolong promote propose protect provide provoke put raise reach receive recognise "
    "recognize recommend recover recruit reduce regenerate regulate relate relieve remain remove repair "
    "replace replenish replicate report repress require rescue resemble resist resolve respond restore "
    "result retain reveal reverse rise run say select send serve shed shorten show slow spread stabilise "
    "stabilize start stimulate stop strengthen suffer suggest support suppress survive synthesise "
    "synthesize take target tell tend think tolerate transfer transform translate transmit travel treat "
    "trigger try undergo understand use vanish vary weaken win work worsen"
)
_IRREGULAR = {
    "became": "become", "been": "be", "began": "begin", "bound": "bind", "brought": "bring",
    "came": "come", "done": "do", "fell": "fall", "felt": "feel", "found": "find", "gave": "give",
    "given": "give", "got": "get", "grew": "grow", "grown": "grow", "kept": "keep", "knew": "know",
    "known": "know", "led": "lead", "lost": "lose", "made": "make", "meant": "mean", "met": "meet",
    "proven": "prove", "ran": "run", "rose": "rise", "said": "say", "saw": "see", "seen": "see",
    "shown": "show", "slept": "sleep", "taken": "take", "thought": "think", "told": "tell",
    "took": "take", "went": "go", "won": "win", "written": "write", "wrote": "write",
}  # fmt: skip
#: Adjectives that end what is asked about: "Are oats *safe* for …".
PREDICATES = _words(
    "able accurate active associated available beneficial better common contagious curable cheap "
    "dangerous dependent different effective efficacious expensive fast fatal feasible frequent good "
    "harmful hereditary high higher important independent inferior large larger likely linked long longer "
    "low lower necessary new old older positive possible present prevalent rare related reliable "
    "responsible resistant reversible safe safer sensitive severe similar small smaller specific strong "
    "stronger successful sufficient superior susceptible toxic true typical useful weak weaker well worse"
)

#: Words that name no topic: a question made of them alone asks about something said before.
OPEN = _words(
    """
    ability access accuracy actual additional adherence advantage adverse age aim alternative amount
    approach article aspect assess association author average background bad baseline basis benefit
    best better big burden carrier case cause certain chance change characteristic choice clinical
    common commonly comparison compliance complication conclusion condition consequence
    contraindication control correlation cost course current currently cutoff danger data day death
    definition degree describe design detail diagnose diagnosis difference different difficulty
    disadvantage dosage dose drawback drug duration early easily effect effective effectiveness
    efficacy efficient end estimate event evidence example exist expect explain explanation extent
    factor fast fatality feature finding follow follow-up frequency frequent frequently function
    further future general get give gold good group harm hazard high higher hour idea implication
    important improvement incidence include increase incubation indication individual intervention
    issue key kind large last late level life likelihood limit limitation long long-term low lower
    main major majority management maximum mean measure mechanism median medication method minimum
    modality mode month mortality most name nature need negative new normal number odds often old
    onset option origin other outcome overall paper part participant particular pathogenesis
    pathophysiology patient people percent percentage period person phase place placebo point
    population positive possible potential practical precaution prevalence prevent prevention
    primary principle problem procedure process prognosis proof property proportion published
    purpose quality quick range rate ratio reason recent recommend recommendation recommendations
    recommended relation relationship relevance resistance result risk role safe safety sample
    sampling secondary sensitivity serious severe severity short short-term shortcoming side sign
    significance significant similar size small source specific specificity stage standard
    statistical strength strong structure study subgroup subject success survival survive symptom
    taken term test therapy time timing tolerability total toxic toxicity transmission treat
    treatment trial type typical up use used useful usefulness usual usually value weakness week
    work worse year
    """
)
_PEOPLE = _words(
    "adolescent adult animal baby boy child children dog cat elderly female girl human infant kid male "
    "man men mice monkey mother mouse neonate newborn participant patient people person pig pregnancy "
    "primate rabbit rat rodent smoker teenager toddler volunteer woman women worker zebrafish"
)
_DISEASE = re.compile(
    r"(?:disease|syndrome|disorder|cancer|infection|failure|attack|infarction|stroke|depression|pain|injury|"
    r"fever|influenza|flu|diabetes|asthma|migraine|epilepsy|dementia|virus|tumou?rs?|metastas[ie]s|poisoning|"
    r"deficiency|malaria|chlamydia|measles|hiv|(?!prognosis|diagnosis)\w{3,}(?:itis|osis|aemia|emia|oma|omas|rrho?ea|pathy|trophy|"
    r"plegia|somnia|plasia|uria|penia|iasis)|[a-z]{2,3}v|[\w-]+-n?cov(?:-\d)?)s?"
)
_DRUG = re.compile(
    r"\w{3,}(?:mab|nib|vir|cillin|mycin|oxacin|azole|statin|sartan|pril|olol|dipine|gliptin|gliflozin|glutide|"
    r"lukast|parin|xaban|setron|triptan|caine|azepam|tidine|prazole|relix|golix|erone|lactone|semide|thiazide|"
    r"profen|formin|kinra|cept|peptin|serin|prazine|racetam|barbital|mecarbil)|aspirin|insulin|paracetamol|"
    r"acetaminophen|drugs?|medications?"
)
_OUTCOME = _words(
    "admission complication death disability efficacy function hospitalisation hospitalization incidence "
    "mortality outcome prevalence progression quality recurrence relapse remission response safety "
    "severity survival symptom tolerability toxicity"
)
#: A year, or a time of it.
_TIME = re.compile(r"(?:1[5-9]|20)\d\ds?|winter|summer|spring|autumn")


@dataclass(frozen=True, slots=True)
class Phrase:
    """``text`` is the slice ``[start:end]`` of a question; ``before`` the word in front, in lower case."""

    text: str
    start: int
    end: int
    before: str

    @property
    def words(self) -> list[str]:
        """Its words in lower case."""
        return [word.casefold() for word in WORD.findall(self.text)]

    @property
    def head(self) -> str:
        """Its last word, singular: what kind of thing it is."""
        return singular(self.words[-1])

    @property
    def plural(self) -> bool:
        """Whether it reads as more than one."""
        return is_plural(self.words[-1]) or "and" in self.words

    @property
    def specific(self) -> bool:
        """Whether it names a topic of its own."""
        return any(names(word) for word in self.words)

    @property
    def kind(self) -> str:
        """``"population"``, ``"disease"``, ``"drug"``, ``"outcome"``, ``"time"``, ``"place"``, or ``""``."""
        words = self.words
        if any(singular(word) in _PEOPLE or word in _PEOPLE for word in words):
            return "population"
        if singular(words[-1]) in _OUTCOME or words[0] in _OUTCOME:
            return "outcome"
        for kind, pattern in (("drug", _DRUG), ("disease", _DISEASE), ("time", _TIME)):
            if any(pattern.fullmatch(word) for word in words):
                return kind
        names_place = (
            self.before in {"in", "from", "at"} and self.text[0].isupper() and self.text[1:].islower()
        )
        return "place" if names_place else ""


def singular(word: str) -> str:
    """``word`` without the ending of a plural, roughly."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if is_plural(word) and word.endswith("s") else word


def is_plural(word: str) -> bool:
    """Whether ``word`` looks like a plural."""
    word = word.casefold()
    if word in {"children", "men", "mice", "people", "women", "bacteria", "criteria", "data"}:
        return True
    return (
        len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "itis", "osis", "'s"))
    )


def names(word: str) -> bool:
    """Whether ``word`` (lower case) can name a topic: no function word, verb, open word or number."""
    return not (word in _FUNCTION or word in OPEN or singular(word) in OPEN or word.isdigit() or _lemma(word))


def _lemma(word: str) -> str:
    """The infinitive of a form of a known verb, else ``""``."""
    if word in VERBS:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending in ("s", "es", "ed", "d", "ing"):
        stem = word.removesuffix(ending)
        if stem != word:
            doubled = stem[:-1] if stem[-1:] == stem[-2:-1] else stem
            for one in (stem, stem + "e", stem[:-1] + "y" if stem.endswith("i") else stem, doubled):
                if one in VERBS:
                    return one
    return ""


def has_verb(words: Sequence[str]) -> bool:
    """Whether a string of lower-case words is more than a fragment: an auxiliary, or a verb after a noun."""
    if any(word in AUXILIARIES for word in words):
        return True
    return any(
        _lemma(word) and word not in VERBS and not word.endswith("ing") and words[n] not in _ARTICLES
        for n, word in enumerate(words[1:])
    )


def phrases(question: str) -> list[Phrase]:
    """The noun phrases of ``question``, in order; verbs and predicates are left out."""
    found = list(WORD.finditer(question))
    lower = [match[0].casefold() for match in found]
    kept = _content(question, found, lower)
    result: list[Phrase] = []
    first = None
    for n, match in enumerate(found):
        if kept[n] and first is None:
            first = n
        if first is None:
            continue
        touching = n + 1 < len(found) and not question[match.end() : found[n + 1].start()].strip()
        if kept[n] and touching and n + 1 < len(found) and kept[n + 1]:
            continue
        coordinated = (
            kept[n] and touching and lower[n + 1] in {"and", "or"} and n + 2 < len(found) and kept[n + 2]
        )
        if coordinated or (not kept[n] and n + 1 < len(found) and kept[n + 1]):
            continue
        start, end = found[first].start(), match.end()
        result.append(Phrase(question[start:end], start, end, lower[first - 1] if first else ""))
        first = None
    return result


def _content(question: str, found: Sequence[re.Match[str]], lower: Sequence[str]) -> list[bool]:
    """For each word whether it belongs to a noun phrase."""
    supported = any(
        word in _words("can could did do does may might must should will would") for word in lower
    )
    finite = any(word in AUXILIARIES for word in lower)
    asking, said = not finite and lower[:1] in (["which"], ["what"], ["who"], ["how"]), False
    shouting = question.upper() == question
    kept: list[bool] = []
    for n, match in enumerate(found):
        word, before = lower[n], lower[n - 1] if n else ""
        after = lower[n + 1] if n + 1 < len(found) else ""
        ends = not after or after in _FUNCTION
        acronym = match[0].isupper() and len(word) > 1 and not shouting
        noun = before in _ARTICLES or (before in PREPOSITIONS and not (before == "to" and word in VERBS))
        known = bool(_lemma(word)) and not noun
        if word in _FUNCTION and not acronym:
            keep = False
        elif known and word in VERBS and word not in _IRREGULAR:
            spoken = asking and kept[-1:] == [True] and not said  # "Which antibiotics treat …"
            said = said or spoken
            keep = (not supported and not spoken) or before in AUXILIARIES or n == 0
        elif known and (word in _IRREGULAR or word.endswith("ed")):
            keep = not (ends or kept[-1:] == [True] or before in {"who", "what"})
        elif known and word.endswith("s"):
            keep = finite or n == 0
        elif word.endswith("ed") and len(word) > 4 and n and not noun:
            keep = not ends
        else:
            keep = not (finite and word in PREDICATES and n and not noun and ends)
        kept.append(keep)
    return kept
