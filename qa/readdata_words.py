"""Saying a question otherwise: other words, short forms, fewer words, key words, as people type."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from index.words import STOPWORDS

#: Words for the same thing, as authors and as readers write: both ways.
_PAIRS = """
children=paediatric patients; kidney=renal; heart attack=myocardial infarction; high blood
pressure=hypertension; stroke=cerebrovascular accident; side effects=adverse effects; adverse events=side
effects; mortality=death; elderly=older; tumor=cancer; tumour=cancer; carcinoma=cancer; hepatic=liver;
pulmonary=lung; cardiac=heart; gastric=stomach; cerebral=brain; prevalence=frequency; incidence=rate;
efficacy=effectiveness; effective=efficacious; therapy=treatment; treatment=therapy; reduce=lower;
reduced=lowered; decrease=reduce; decreased=reduced; increase=raise; increased=higher; elevated=raised;
enhance=increase; inhibit=block; inhibits=blocks; induce=cause; induces=triggers; attenuate=weaken;
ameliorate=improve; prevent=avoid; significant=notable; patients=people; individuals=people;
subjects=participants; physicians=doctors; newborns=neonates; infants=babies; pregnant women=pregnancy;
adolescents=teenagers; obesity=being overweight; diabetes mellitus=diabetes; myocardial=heart muscle;
fever=high temperature; dyspnea=shortness of breath; pruritus=itching; hemorrhage=bleeding;
haemorrhage=bleeding; neoplasm=tumour; metastasis=spread; onset=beginning; duration=length;
administered=given; administration=use; utilization=use; assess=measure; impact=effect; influence=effect;
association=link; associated with=linked to; correlated with=related to; relationship=link; risk=chance;
postoperative=after surgery; preoperative=before surgery; surgery=operation; medication=drug;
drugs=medicines; drug=medicine; discontinuation=stopping; compliance=adherence; symptoms=complaints;
etiology=cause; aetiology=cause; detect=find; identify=find; vaccine=vaccination; sleep disturbance=poor
sleep; anxiety=anxious feelings; depression=depressive symptoms; cognitive=mental; exercise=physical
activity; smoking=tobacco use; weight loss=losing weight; intake=consumption; dietary=diet; glucose=blood
sugar; hyperglycemia=high blood sugar; lipids=blood fats; serum=blood; plasma=blood; urinary=urine;
dermal=skin; cutaneous=skin; ocular=eye; oral=by mouth; intravenous=iv; nausea=feeling sick;
outcome=result; outcomes=results; superior=better; inferior=worse; tolerated=tolerable; safe=harmless;
rapid=fast; long-term=lasting; chronic=long-standing; acute=sudden; severe=serious; beneficial=helpful;
frequent=common; rare=uncommon; mice=mouse model; rats=rodents; gene expression=expression of genes; cell
death=apoptosis; apoptosis=cell death; proliferation=growth; upregulated=increased;
downregulated=decreased; overexpression=high expression; activated=switched on
"""
_OTHER: dict[str, str] = {}
for _pair in _PAIRS.replace("\n", " ").split(";"):
    _one, _two = (word.strip() for word in _pair.split("="))
    _OTHER.setdefault(_one, _two)
_FOUND = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, _OTHER), key=len, reverse=True))})\b")

_ABBREVIATED = re.compile(r"((?:[\w’'/-]+\s){1,7}?)\(([A-Z][A-Za-z0-9-]{1,8}s?)\)")


def abbreviations(text: str) -> dict[str, str]:
    """The short forms that ``text`` defines, "long form (SF)", with their long forms.

    The initial letters of the words before the bracket have to be those of the short form, in order (a
    strict form of Schwartz and Hearst 2003).
    """
    found: dict[str, str] = {}
    for match in _ABBREVIATED.finditer(text):
        short = match[2].rstrip("s") if len(match[2]) > 2 else match[2]
        letters = [c.casefold() for c in short if c.isalpha()]
        words = match[1].split()
        parts = [part for word in words for part in re.split(r"[-/]", word) if part]
        if sum(c.isupper() for c in short) < 2 or len(parts) < len(letters):
            continue
        for first in range(len(words)):
            if words[first].casefold() in STOPWORDS:
                continue
            initials = [
                p[0].casefold()
                for w in words[first:]
                for p in re.split(r"[-/]", w)
                if p and p.casefold() not in ("of", "the", "and", "for", "in")
            ]
            if initials == letters:
                found.setdefault(short, " ".join(words[first:]))
                break
    return found


def exchanged(question: str, forms: Mapping[str, str], chance: random.Random, share: float = 0.5) -> str:
    """``question`` with short forms written out, or long ones shortened, for a ``share`` of those in it."""
    for short, long in forms.items():
        if chance.random() < share:
            if re.search(rf"\b{re.escape(short)}\b", question):
                question = re.sub(rf"\b{re.escape(short)}\b", long.replace("\\", ""), question, count=1)
            elif re.search(rf"\b{re.escape(long)}\b", question, re.I):
                question = re.sub(rf"\b{re.escape(long)}\b", short, question, count=1, flags=re.I)
    return question


def reworded(question: str, chance: random.Random, share: float = 0.4) -> str:
    """``question`` with a share of its words said otherwise."""
    return _FOUND.sub(lambda match: _OTHER[match[0]] if chance.random() < share else match[0], question)


def thinned(question: str, chance: random.Random, share: float = 0.25) -> str:
    """``question`` with adjectives and asides left out: a share of its later content words goes."""
    words = question.split()
    content = [
        i
        for i, word in enumerate(words[:-1])
        if i > 1
        and re.search(r"\w{2}(?:al|ic|ive|ous|ary|[ul]ar|ible|ized|ised|based)$", word)
        and words[i + 1][0].isalpha()
        and words[i + 1].casefold().strip("?") not in STOPWORDS
    ]
    gone = (
        set(chance.sample(content, min(len(content), max(1, int(share * len(words)))))) if content else set()
    )
    return " ".join(word for i, word in enumerate(words) if i not in gone)


def keywords(question: str, chance: random.Random) -> str | None:
    """The content words of ``question``, one or two left out of a long one; None where too few are left."""
    words = [w for w in re.findall(r"[\w'’%.+/-]*\w[%+]?", question) if w.casefold() not in _EMPTY]
    while len(words) > 6 and chance.random() < 0.7:
        words.pop(chance.randrange(1, len(words)))
    if len(words) < 2:
        return None
    if chance.random() < 0.15:
        chance.shuffle(words)
    return " ".join(words) if chance.random() < 0.5 else " ".join(w.lower() for w in words)


_EMPTY = STOPWORDS | {
    "name",
    "list",
    "give",
    "describe",
    "known",
    "used",
    "using",
    "many",
    "much",
    "called",
    "significantly",
    "also",
    "effect",
    "compared",
    "different",
    "associated",
    "exist",
    "kind",
    "type",
    "long",
    "often",
    "versus",
    "affect",
}


def typed(question: str, chance: random.Random) -> str:
    """``question`` as people type it: one in three is keywords, low and unmarked, or cut of its courtesy."""
    draw = chance.random()
    if draw < 0.14 and (words := keywords(question, chance)) and len(words.split()) >= 3:
        return words
    if draw < 0.28:
        return question.rstrip("?. ").lower()
    if draw < 0.34 and question.endswith("?"):
        return question.rstrip("?. ") + chance.choice(["", "??", " ?"])
    return question
