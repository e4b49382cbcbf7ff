"""How papers are written where a sentence could end: verdicts that overrule a general splitter.

:func:`judge` looks at one place only, up to 60 characters before and 40 after it. A new kind of word
is a set of words, a function, and a line in _BY_WORD. Each rule was found on the ``dev`` half of
``tests/data/sentence_boundaries.jsonl``; the ``test`` half tells what they are worth.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["CANDIDATE", "cites", "judge"]

#: True: a sentence begins there. False: none does. None: left to the library.
Verdict = bool | None

#: Stop, closing quotes and brackets, perhaps a citation, then a gap (or none: a lost blank).
CANDIDATE = re.compile(
    r"""(?P<stop>[.?!…]+(?:\s\.\s?\.|(?:\s?…)+)?)
        (?P<close>["'”’»)\]]{0,4})
        (?P<cite>\s?\[\d[\d\s,;–-]*\](?=[\s,.]) | \(\d{1,3}(?:[,–-]\s?\d{1,3})*\)(?=\s)
               | \d{1,3}(?:\s?[,–-]\s?\d{1,3})*(?=\s) )?
        (?P<more>\s+\d{1,3}(?:(?:\s?[,–]\s?|\s)\d{1,3})*(?=\s[A-Z][a-z]))?
        (?P<gap>\s*)
        (?=\S)""",
    re.VERBOSE,
)

_LAST_WORD = re.compile(r"[^\s(\[{\"“”'‘,;]*$")
_NEXT_WORD = re.compile(r"[^\s.,;:?!)\]]*")
_OPENING = "\"'“‘«([{"
_BULLETS = ("- ", "• ", "– ")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words that begin sentences and hardly ever continue a name ("U.S. Food", "J. Biol").
_STARTERS = _words(
    """A After All Although An And Another Antibodies As At Background Because Before Blood Both But By
    Compared Conclusion Conclusions Data Despite During Each Eight Eligible Exclusion Finally First Five
    For Four From Further Furthermore Given Group Groups Half Hence Here However If In Inclusion Is It Its
    Main Measurements Methods Most Moreover Neither Nine No None Nor Of On Once One Only Other Others Our
    Outcomes Overall Participants Patients Plasma Results Samples Serum Seven Several Significant Since Six
    So Some Statistical Studies Subjects Such Ten Thank That The Their Then There Therefore These They This
    Those Three Thus To Treatment Two Until Using We What When Where Whereas Whether Which While With Within
    You Your"""
)

#: Never the last word of a sentence.
_NEVER = _words(
    """e.g i.e e.g. i.e. eg ie cf ca approx viz vs Dr Drs Prof Mr Mrs Ms Mme Mt St Ste Ae An Cx var cv
    subsp ssp incl tab Tab Eqs Eq eqs eq Refs accession"""
)

#: The last word before one of _STARTERS alone, even a single letter long: "in the U.S. A total ..."
_NAMES = _words("al U.S U.K Ltd Inc")

#: The last word before a longer one of _STARTERS alone: firms, degrees, journals, numbers of things.
_RARELY = _words(
    """Co Corp Pty LLC GmbH B.V S.A S.p.A N.V U.S.A E.U U.N D.C Ph.D M.D M.Sc B.Sc R.N M.P.H Jr Sr Dept
    Univ J Biol Chem Med Sci Proc Natl Acad Clin Ann Am Int Eur Rev Engl Soc Assoc Phys Mol Genet Pharmacol
    Microbiol Physiol Res Nat Exp Appl Environ Epidemiol Immunol Neurol Oncol Surg Psychiatr Biochem
    Biophys Cell Lett Trans Suppl Vol Ed Eds Figs figs FIG Ref ref No no Nos nos Nr nr sp pp resp"""
)

#: The last word before any capitalised word that is not an acronym: doses, times of day.
_DOSES = _words(
    "i.v i.p i.m p.o s.c i.n b.i.d t.i.d q.i.d q.d o.d b.d a.m p.m r.p.m h.s s.d n.s c.c w/w v/v w/v"
)
_ZONES = _words("Eastern Central Pacific Mountain Greenwich Monday Tuesday Wednesday Thursday Friday")

#: A single capital after one of these is a designation and may end a sentence: "vitamin D."
_DESIGNATIONS = _words(
    """vitamin hepatitis group groups type types protein factor phase stage grade class category influenza
    arm panel case site strain lamin concept hospital model schedule form part level score cohort treatment
    drug diet study experiment region cluster immunoglobulin cyclosporin amphotericin concanavalin method
    scheme variant subtype serotype chain appendix table figure box step"""
)


class _Place(NamedTuple):
    """A full stop after ``word``: what stands before that, after the gap, and the next word."""

    word: str
    before: str
    following: str
    gap: str
    opens: str
    starter: bool

    @property
    def capital(self) -> bool:
        return self.opens[:1].isupper()


def _place(word: str, before: str, following: str, gap: str) -> _Place:
    found = _NEXT_WORD.match(following.lstrip(_OPENING))
    opens = found.group() if found else ""
    heading = opens.isupper() and len(opens) > 2 and opens.capitalize() in _STARTERS
    return _Place(word, before, following, gap, opens, heading or opens in _STARTERS)


def _never(place: _Place) -> Verdict:
    return False


def _before_starter(place: _Place) -> Verdict:
    return place.starter


def _before_long_starter(place: _Place) -> Verdict:
    return place.starter and len(place.opens) > 1


def _before_capital(place: _Place) -> Verdict:
    return place.capital


def _figure(place: _Place) -> Verdict:
    """``in S1 Fig. A gene`` ends a sentence; ``in Fig. S1`` does not."""
    if re.search(r"\bS\d+ $", place.before):
        return place.capital or None
    return _before_long_starter(place)


def _dose(place: _Place) -> Verdict:
    """``10 mg i.v. The`` and ``b.i.d. Fasting``, but ``i.v. PCM`` and ``8 p.m. Eastern Time``."""
    if place.opens[:1].isdigit():
        return None
    acronym = place.opens.isupper() and not place.starter
    return place.capital and place.opens not in _ZONES and not acronym


_BY_WORD: dict[str, Callable[[_Place], Verdict]] = {
    **dict.fromkeys(_NEVER, _never),
    **dict.fromkeys(_NAMES, _before_starter),
    **dict.fromkeys(_RARELY, _before_long_starter),
    **dict.fromkeys(_DOSES, _dose),
    **dict.fromkeys(("etc", "spp"), _before_capital),
    **dict.fromkeys(("Fig", "fig"), _figure),
}


def _letter(place: _Place) -> Verdict:
    """A single capital: an initial, a genus, or a designation (``E. coli``, ``vitamin D. We``)."""
    previous = (place.before.split() or [""])[-1]
    designates = previous.casefold() in _DESIGNATIONS
    if designates and place.following.startswith("- "):
        return True
    if not place.capital:
        sign = place.following[:1]
        return False if place.opens[:1].isalpha() or not (sign.isalnum() or sign in "-•") else None
    if designates or place.before.endswith(("°", "° ", "• ")):
        return True
    return place.starter and (place.word != "A" or previous.islower())


def _list_number(place: _Place) -> bool:
    """``... was seen. 2. All patients``, but not ``see Fig. 2. All patients``."""
    if not re.fullmatch(r"\(?\d{1,2}", place.word):
        return False
    last = _LAST_WORD.search(place.before.rstrip(" (."))
    numbered = last is not None and last.group() in _BY_WORD
    return not numbered and re.search(r"(?:^\s*|[.?!:;]\s+|\n\s*)\(?$", place.before) is not None


def _full_stop(place: _Place) -> Verdict:
    """A single full stop, a gap, and no closing bracket before a small letter."""
    word = place.word
    rule = _BY_WORD.get(word)
    if rule:
        return rule(place)
    if _list_number(place) or (word in ("e", "g") and re.search(r"\b[ei]\.\s$", place.before)):
        return False
    if len(word) == 1 and word.isupper():
        return _letter(place)
    if re.fullmatch(r"(?:[A-Z][.-])+[A-Z]", word):  # initials
        return place.starter if place.capital else None
    return _plain(place)


def _plain(place: _Place) -> Verdict:
    """After an ordinary word or number, by what follows."""
    word, first = place.word, place.opens[:1]
    if first.isdigit():
        if word.lstrip("-−<=>") == "0":
            return False  # "0. 05": a blank got into a number
        return True if re.match(r"\d{1,2}\.\s+[A-Z]", place.following) else None
    if first.isupper() or place.following.startswith(_BULLETS):
        return True if word[-1:].isalnum() or word[-1:] in tuple("%)]’'°+*−") else None
    return True if _opens_small(place.opens) and len(word) > 2 and "." not in word else None


def _opens_small(word: str) -> bool:
    """Whether ``word`` may open a sentence although it opens small: mRNA, p53, α-synuclein, miR-21."""
    return word[:1].islower() and (not word.isascii() or any(c.isdigit() or c.isupper() for c in word))


def _cited(word: str, found: re.Match[str], following: str, capital: bool) -> Verdict:
    """After a stop with a citation behind it: ``shown.1,2 However``, ``disease. [3] In``."""
    if word in _NEVER or word in _RARELY or word in _NAMES or following[0].islower():
        return False
    word += found["close"]
    bare = found["more"] or (found["cite"] and found["cite"][0].isdigit())
    if found["cite"] and bare and not re.search(r"[a-z]{3}\W*$|\)$", word):
        return None  # rather a number: "24%.60 Gy"
    plain = re.search(r"[^\W\d_]{2,}[\"'”’)\]]*$|[)\]%]$|[A-Z0-9]$", word)
    return True if plain and (capital or following.startswith("- ")) else None


def _lost_blank(word: str, stop: str, close: str, following: str) -> Verdict:
    """No gap: ``disease.However`` opens a sentence; ``BODY.RESULTS``, ``www.Nature`` do not."""
    if stop.strip(".") or close not in ("", ")", "]"):
        return False if stop[0] != "…" and following[0] not in _OPENING else None
    return bool(
        re.match(r"[A-Z][a-z]*,?\s", following)
        and re.search(r"(?:^|[^\w./@:-])[\w-]*[a-z]{2}\)?$|[\])]$", word)
        and not re.search(r"[./@]", word)
    )


def _question(word: str, close: str, following: str) -> Verdict:
    capital = following.lstrip(_OPENING)[:1].isupper()
    if word in ("", "?") and not close:  # a lost letter: "perioperative ? blockers"
        return None if capital else False
    small = following.lstrip(_OPENING)[:1].islower()
    return not small or _opens_small(following.split()[0])


def _dots(stop: str, following: str) -> Verdict:
    if following.lstrip(_OPENING)[:1].islower():
        return None if stop == ".." else False
    return True if re.match(r"[\"“(]?[A-Z](?:[a-z]|\s)", following) else None


def cites(found: re.Match[str]) -> bool:
    """Whether a match of CANDIDATE took a citation in, which belongs to the sentence before it."""
    return bool(found["cite"] or found["more"])


def judge(text: str, found: re.Match[str]) -> Verdict:
    """Whether a sentence begins where ``found``, a match of CANDIDATE in ``text``, ends."""
    stop, close, gap = found["stop"], found["close"], found["gap"]
    before = text[max(0, found.start() - 60) : found.start()]
    following = text[found.end() : found.end() + 40]
    last = _LAST_WORD.search(before)
    word = last.group() if last else ""
    before = before[: len(before) - len(word)]
    first = following.lstrip(_OPENING)[:1]
    if following[0] in ",;:)]}":
        return False
    if not gap:
        return False if cites(found) else _lost_blank(word, stop, close, following)
    if cites(found):
        return _cited(word, found, following, first.isupper())
    if stop[0] in "?!":
        return _question(word, close, following)
    if len(stop) > 1 or stop == "…":
        return _dots(stop, following)
    if close and first.islower():
        return False
    return _full_stop(_place(word, before, following, gap))
