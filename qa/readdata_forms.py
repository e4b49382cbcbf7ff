"""What is asked where nobody put a question, and how people type: titles, objectives, keywords, other words."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from index.lexical import STOPWORDS
from qa.readdata_rules import asked, first_low, inverted, plural

_AIM = re.compile(
    r"\b(?:aim(?:s|ed)?|goals?|objectives?|purpose|sought|investigat\w+|hypothes\w+|determine|examined?|evaluated?|"
    r"assess(?:ed)?|test(?:ed)?|compared?|explored?|studied|study (?:was|is) (?:undertaken|designed|conducted|performed)|"
    r"to (?:review|describe|identify|estimate|analy[sz]e|clarify|quantify|characteri[sz]e|establish|measure|define))\b",
    re.I,
)
_LATER = re.compile(
    r"\b(?:further|future|remains?|unclear|needed|required|warranted|controversial|unknown|should be|were (?:re)?assessed|"
    r"was assessed (?:by|using|with)|were evaluated (?:by|using|with|at|in)|were compared|were measured|questionnaire)\b",
    re.I,
)
_VERB = (
    r"(?:determine|assess|evaluate|investigate|examine|study|explore|analy[sz]e|describe|identify|estimate|measure|"
    r"clarify|elucidate|define|characteri[sz]e|establish|test|quantify|review|summari[sz]e|report|understand|"
    r"determined|assessed|evaluated|investigated|examined|studied|explored|analy[sz]ed|reviewed|tested|"
    r"determines|assesses|evaluates|investigates|examines|studies|explores|analy[sz]es|reviews|tests)"
)
_SUBJECT = (
    r"effects?|efficacy|role|impact|prevalence|incidence|influence|association|relationship|correlation|safety|"
    r"effectiveness|mechanisms?|frequency|accuracy|rates?|risks?|outcomes?|causes?|expression|use|contribution|value|"
    r"costs?|characteristics|factors|function|tolerability|pharmacokinetics|bioavailability|feasibility|validity|"
    r"reliability|potential|ability|benefits?|extent|changes|differences?|importance|usefulness|utility|"
    r"cost-effectiveness|quality|response|involvement|predictors|determinants|distribution|nature|links?|interaction"
)
_NOUNED = re.compile(
    rf"\b(?:[Tt]o\s+|[Ww]e\s+(?:\w+ly\s+)?|[Tt]his (?:study|trial|review|paper)\s+)(?:further |better |systematically )?{_VERB}\s+"
    rf"(?:and\s+\w+\s+)?((?:the\s+(?:[\w-]+\s+){{0,2}}?|possible\s+)?(?:{_SUBJECT})\b(?:\s(?:and|or)\s(?:the\s)?(?:{_SUBJECT}))?\s[^.;:]{{10,200}}?)[.;]?$"
)
_NAMED = re.compile(rf"^(?:[A-Z][A-Za-z]+:? )?(?:[^.;:]{{0,60}}\s(?:was|is|were)\s)?[Tt]o\s+{_VERB}\s+(?:the\s)?([a-zA-Z][^,.;:]{{14,120}}?)[.;]?$")
_COMPARED = re.compile(
    rf"(?:\b[Tt]o\s+compare|[Ss]tudy compared|[Ww]e compared)\s+(?:the\s)?(?:(?:[\w-]+\s){{0,2}}?(?:{_SUBJECT})(?:,? (?:and\s)?[\w-]+){{0,3}}?\s(?:of|between)\s)?([^,.;:]{{5,110}}?)\s(?:with|to|versus|against)\s(?:that of |those of )?"
    r"([^,.;:]{5,120}?)[.;]?$"
)
_WHETHER = re.compile(
    r"\b(?:whether|(?:[Dd]etermine|examine|see|test|assess|know|investigate) if)\s+(?:or not\s+)?([^.;:]{15,220}?)[.;]?$"
)
_THAT = re.compile(r"\b(?:hypothesi[sz]ed?|hypothesis (?:was |is )?)(?:,? \w+,?)?\s?that\s+([^.;:]{15,200}?)[.;]?$")
_TAIL = re.compile(
    r",?(?:\s(?:in|by|with|through|as))?\s(?:we (?:conducted|performed|studied|used|measured|analy[sz]ed|randomi[sz]ed|compared|examined|carried|enrolled|"
    r"investigated|assessed|evaluated)|an? (?:\w+, )*(?:randomi[sz]ed|prospective|double|retrospective|multicent\w+|open|observational|cross)[ ,-]|using\b|"
    r"\d+ (?:patients|subjects|men|women)\b).*$"
)
_ITSELF = re.compile(r"\b(?:this|these|those|our|we|us|it|its|such|herein|present|current|above|below|latter|former)\b", re.I)


def is_objective(sentence: str) -> bool:
    """Whether a sentence says what a study was for: it asks, so it does not answer."""
    return bool(objective_questions(sentence)) or bool(
        re.match(
            r"^(?:(?:OBJECTIVES?|AIMS?|PURPOSE|Objectives?|Aims?|Purpose)\b|To (?:determine|assess|evaluate|investigate|examine|"
            r"compare|study|explore|describe|identify|estimate|test|review|analy[sz]e)\b|"
            r"(?:The|Our) (?:\w+ )?(?:aims?|purpose|objectives?|goals?)\b|"
            r"This (?:study|trial|review|paper|report) (?:was designed|aim|examine|investigate|evaluate|assess|compare|describe|review|was (?:under|perform|conduct)))",
            sentence,
        )
        or (
            re.search(r"\b(?:aims?|purpose|objectives?|goals?) of (?:this|the|our)\b|\bwe (?:aimed|sought|hypothesi[sz]ed) (?:to|that)\b", sentence, re.I)
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
            found += [asked(f"how {'do' if plural(one) else 'does'} {one} compare with {other}"), asked(f"{first_low(one)} versus {other}")]
    elif (match := _NOUNED.search(clause)) and not _ITSELF.search(match[1]):
        what = match[1].strip(" ,")
        noun = re.search(rf"\b(?:{_SUBJECT})\b", what)
        several = bool(noun and re.fullmatch(r"effects|mechanisms|rates|risks|outcomes|causes|characteristics|costs|factors|changes|differences|benefits|predictors|determinants|links|pharmacokinetics", noun[0])) or bool(re.match(rf"(?:the\s)?(?:\w+\s)?(?:{_SUBJECT})\s(?:and|or)\s", what))  # fmt: skip
        if not what.startswith("the "):
            what = f"the {what}"
        found.append(asked(f"what {'are' if several else 'is'} {what}"))
        if pair := re.match(r"the (?:[\w-]+ )?(?:effects?|influence|impact) of (.{3,80}?) on (.{4,})$", what):
            do = "do" if plural(pair[1]) else "does"
            found += [asked(f"{do} {first_low(pair[1])} affect {pair[2]}"), asked(f"how {do} {first_low(pair[1])} affect {pair[2]}")]
        if pair := re.match(r"the (?:\w+ )?(?:efficacy|effectiveness|safety)(?: and \w+)? of (.{3,80}?) (in|for|as|on) (.{4,})$", what):
            be = "effective" if re.match(r"the (?:\w+ )?eff", what) else "safe"
            found.append(asked(f"{'are' if plural(pair[1]) else 'is'} {first_low(pair[1])} {be} {pair[2]} {pair[3]}"))
        if pair := re.match(r"the (?:\w+ )?(?:association|relationship|correlation|link)s? between (.{3,80}?) and (.{4,})$", what):
            found.append(asked(f"is there an association between {pair[1]} and {pair[2]}"))
        if pair := re.match(r"the role of (.{3,60}?) in (.{4,})$", what):
            found.append(asked(f"what role {'do' if plural(pair[1]) else 'does'} {first_low(pair[1])} play in {pair[2]}"))
    elif match := _NAMED.search(clause):
        if not _ITSELF.search(match[1]) and 3 <= len(match[1].split()) <= 16:
            found.append(match[1].strip(" ,"))  # a subject, as one types it
    return [q for q in found if q and (" between " not in q or " and " in q) and 3 <= len(q.split()) <= 34 and not re.search(r"\b(?:respectively|aims?|we|our|whether|attempt|authors?)\b|\bto determine|^Do(?:es)? and ", q)]


#: Verbs that make a title a claim.
_STATES = re.compile(
    r"\b(?:increases|decreases|reduces|improves|inhibits|induces|causes|prevents|promotes|regulates|activates|suppresses|"
    r"enhances|impairs|predicts|affects|influences|modulates|mediates|blocks|stimulates|attenuates|protects?|binds|"
    r"produces|contributes|leads|triggers|delays|accelerates|alters|lowers|raises|correlates?|facilitates|restores|"
    r"worsens|requires|(?:is|are) (?:not )?(?:associated|effective|required|safe|involved|related|as|more|less|a|an|"
    r"the|superior|expressed|necessary|essential|increased|reduced|decreased|increased|elevated|linked|mediated|altered|needed|"
    r"common|not)|(?:does|do) not|can(?:not)?|may|reduce|improve|increase|decrease|inhibit|prevent|predict)\b"
)


def title_question(title: str, chance: random.Random) -> str | None:
    """What a title asks or claims; None for one that only names its subject."""
    title = re.sub(r"\s+", " ", title.strip().strip("[]"))
    if "?" in title:
        whole = title[: title.index("?") + 1]
        parts = re.split(r"[:.]\s", whole)
        asks = re.match(r"(?:does|do|did|is|are|was|were|can|could|should|will|would|has|have|what|which|why|how|when|where|who|may|must)\b", parts[-1], re.I)
        own = parts[-1] if asks and len(parts[-1].split()) >= 7 and not _ITSELF.search(parts[-1]) else whole
        return own[0].upper() + own[1:] if 4 <= len(own.split()) <= 30 else None
    title = re.split(r"[:;]\s|\.\s|\s[-–—]\s", title.rstrip("."))[0]
    found = _STATES.search(title)
    if not found or not 5 <= len(title.split()) <= 25 or found.start() < 4:
        return None
    if found[0] in ("reduce", "improve", "increase", "decrease", "inhibit", "prevent", "predict") and not re.search(r"[^su]s\s$", title[: found.start()]):
        return None
    if re.match(r"(?:how|why|what|when|where|who|factors|strategies|interventions?|methods|use)\b", title, re.I):
        return None
    turned = inverted(title)
    return turned if turned and chance.random() < 0.6 else title


#: Words for the same thing, as authors and as readers write: both ways.
_PAIRS = """
children=paediatric patients; kidney=renal; heart attack=myocardial infarction; high blood pressure=hypertension;
stroke=cerebrovascular accident; side effects=adverse effects; adverse events=side effects; mortality=death;
elderly=older; tumor=cancer; tumour=cancer; carcinoma=cancer; hepatic=liver; pulmonary=lung; cardiac=heart;
gastric=stomach; cerebral=brain; prevalence=frequency; incidence=rate; efficacy=effectiveness; effective=efficacious;
therapy=treatment; treatment=therapy; reduce=lower; reduced=lowered; decrease=reduce; decreased=reduced; increase=raise;
increased=higher; elevated=raised; enhance=increase; inhibit=block; inhibits=blocks; induce=cause;
induces=triggers; attenuate=weaken; ameliorate=improve; prevent=avoid; significant=notable; patients=people;
individuals=people; subjects=participants; physicians=doctors; newborns=neonates; infants=babies; pregnant women=pregnancy;
adolescents=teenagers; obesity=being overweight; diabetes mellitus=diabetes; myocardial=heart muscle; fever=high temperature;
dyspnea=shortness of breath; pruritus=itching; hemorrhage=bleeding; haemorrhage=bleeding; 
neoplasm=tumour; metastasis=spread; onset=beginning; duration=length; administered=given; administration=use;
utilization=use; assess=measure; impact=effect; influence=effect; association=link; associated with=linked to;
correlated with=related to; relationship=link; risk=chance; postoperative=after surgery; preoperative=before surgery;
surgery=operation; medication=drug; drugs=medicines; drug=medicine; discontinuation=stopping; compliance=adherence;
symptoms=complaints; etiology=cause; aetiology=cause; 
detect=find; identify=find; vaccine=vaccination; 
sleep disturbance=poor sleep; anxiety=anxious feelings; depression=depressive symptoms; cognitive=mental;
exercise=physical activity; smoking=tobacco use; weight loss=losing weight; intake=consumption;
dietary=diet; glucose=blood sugar; hyperglycemia=high blood sugar; lipids=blood fats; serum=blood;
plasma=blood; urinary=urine; dermal=skin; cutaneous=skin; ocular=eye; oral=by mouth; intravenous=iv; nausea=feeling sick;
outcome=result; outcomes=results; superior=better; inferior=worse; tolerated=tolerable; safe=harmless; rapid=fast;
long-term=lasting; chronic=long-standing; acute=sudden; severe=serious; beneficial=helpful; frequent=common; rare=uncommon;
mice=mouse model; rats=rodents; gene expression=expression of genes; cell death=apoptosis; apoptosis=cell death;
proliferation=growth; upregulated=increased; downregulated=decreased; overexpression=high expression; activated=switched on
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
            initials = [p[0].casefold() for w in words[first:] for p in re.split(r"[-/]", w) if p and p.casefold() not in ("of", "the", "and", "for", "in")]
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
    content = [i for i, word in enumerate(words[:-1]) if i > 1 and re.search(r"\w{2}(?:al|ic|ive|ous|ary|[ul]ar|ible|ized|ised|based)$", word)
               and words[i + 1][0].isalpha() and words[i + 1].casefold().strip("?") not in STOPWORDS]  # fmt: skip
    gone = set(chance.sample(content, min(len(content), max(1, int(share * len(words)))))) if content else set()
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
    "name", "list", "give", "describe", "known", "used", "using", "many", "much", "called", "significantly", "also",
    "effect", "compared", "different", "associated", "exist", "kind", "type", "long", "often", "versus", "affect",
}  # fmt: skip


def typed(question: str, chance: random.Random) -> str:
    """``question`` as people type it: one in three is keywords, low and unmarked, or cut of its courtesy."""
    draw = chance.random()
    if draw < 0.14 and (words := keywords(question, chance)):
        return words
    if draw < 0.28:
        return question.rstrip("?. ").lower()
    if draw < 0.34 and question.endswith("?"):
        return question.rstrip("?. ") + chance.choice(["", "??", " ?"])
    return question
