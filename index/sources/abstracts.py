"""An abstract in one piece, as record formats hold it, to its labelled parts."""

from __future__ import annotations

import html
import re
from html.entities import html5
from itertools import zip_longest

from index.sources.build import TextBuilder, label_for

__all__ = ["add_abstract", "parts_of", "plain_markup", "tidy"]

#: Names of parts that a label may be in small letters too, whole.
_NAMES = (
    r"backgrounds?(?: (?:and|&|/) ?(?:aims?|objectives?|purpose|context|rationale|hypothes[ie]s))?"
    r"|introduction|context|rationale|importance|hypothes[ie]s"
    r"|(?:aims?|objectives?|purpose|goals?)(?: of (?:the )?(?:study|review|work))?"
    r"|(?:study|primary|research) (?:aims?|objectives?|purpose)|aims? and objectives?"
    r"|objectives? and aims?|methods?|methodology|methods? and materials?|materials? and methods?"
    r"|(?:patients|subjects|participants) and methods|methods? and (?:results|findings|analysis|design)"
    r"|(?:study )?design(?: and (?:setting|methods?))?|design, setting,? and (?:participants|patients)"
    r"|research design and methods|settings?|participants|patients|subjects|setting and participants"
    r"|(?:study )?populations?|interventions?|exposures?"
    r"|(?:(?:main|primary|secondary) )*outcomes?(?: (?:measures?|and measures?))?"
    r"|main outcomes? and measures?|main outcome measurements?|measurements?(?: and main results)?"
    r"|data sources?|data extraction|data collection(?: and analysis)?|data synthesis"
    r"|statistical analysis|study (?:selection|appraisal and synthesis methods|eligibility criteria)"
    r"|eligibility criteria|selection criteria|search (?:strategy|methods?)|results?|main results?"
    r"|key results?|results? and (?:discussion|conclusions?)|(?:principal |key |main )?findings?"
    r"|observations?|discussion|conclusions?"
    r"|(?:authors['’] )?conclusions?(?: and (?:relevance|implications|recommendations|inferences"
    r"|clinical relevance))?"
    r"|interpretations?|implications?|(?:clinical )?significance|clinical (?:relevance|implications?)"
    r"|limitations?|(?:clinical )?trials? registration(?: number)?|registration(?: number)?|funding"
    r"|summary|case (?:report|presentation|description)|lessons?|patient concerns|diagnos[ie]s"
    r"|evidence acquisition|evidence synthesis|systematic review registration"
    r"|prospero registration(?: number)?|ethics and dissemination|level of evidence|key ?words"
)
_NAME = re.compile(_NAMES, re.IGNORECASE)

#: Behind which a part may begin: the very beginning, a line end, the end of a sentence.
_PLACE = r"(?:\A\s*|\n\s*|(?<=[.!?;)\]”\"])\s+|(?<=[a-z0-9)][.!?]))"
_LABEL = re.compile(
    rf"{_PLACE}(?P<label>[A-Z][\w ,/&()'’–+-]{{1,80}}?)\s?(?:(?P<colon>:)\s*(?=[^\s:])|[-–—]\s+(?=[A-Z]))"
)
#: Without a colon: "Background Light is …", or run together by an export: "BackgroundLight is …".
_BARE = re.compile(rf"{_PLACE}(?P<label>(?i:{_NAMES}))(?:[^\S\n]+(?=[A-Z“\"(\d])|\s*\n\s*|(?=[A-Z][a-z]))")

#: Tags of HTML and JATS that exports leave in titles and abstracts, and what stands in place of one.
_BLOCK = re.compile(
    r"</?(?:jats:)?(?:p|br|div|sec|abstract|list|list-item|ul|ol|li|h[1-6])(?:\s[^<>]{0,300})?/?>",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"</?(?:jats:)?(?:i|b|em|strong|sub|sup|inf|u|sc|span|italic|bold|monospace|underline|font|small|ext-link|a"
    r"|xref|named-content|styled-content|roman|tt)(?:\s[^<>]{0,300})?/?>",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"<(?:jats:)?title(?:\s[^<>]{0,300})?>(.{0,200}?)</(?:jats:)?title>", re.IGNORECASE | re.DOTALL
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});")
#: Around a heading that a tag told, until ``parts_of`` reads it.
_HEADING = re.compile("\ue002([^\ue002\ue003]*)\ue003")
_SURROGATE = re.compile("[\ud800-\udfff\0]")

#: The word above it all.
_ABOVE = re.compile(
    rf"\s*(?:abstract|ABSTRACT|Abstract|SUMMARY|Summary)(?:\s*[:\n]\s*|\s+(?=(?i:{_NAMES})\b))"
)

_NONE = re.compile(
    r"[\[(]?(?:no abstract(?: is)?(?: available)?|abstract (?:is )?not available|n/?a|none|null"
    r"|abstract available from the publisher)[\])]?\.?",
    re.IGNORECASE,
)


def tidy(text: str) -> str:
    """``text`` with runs of white space as one space: line ends in a record's field are its wrapping."""
    return " ".join(_HEADING.sub(r"\1", _SURROGATE.sub("\ufffd", text)).split())


def plain_markup(text: str) -> str:
    """``text`` without the tags and entities of HTML and JATS; block tags become line ends.

    Only tags by their known names go: ``p<0.05 and n>3`` stays as it is.
    """
    if "<" in text:
        text = _TITLE.sub("\n\ue002\\1\ue003\n", text)
        text = _INLINE.sub("", _BLOCK.sub("\n", text))
    if "&" in text:
        escaped = "&lt;" in text
        text = _ENTITY.sub(_character, text)
        if escaped:  # tags that an exporter escaped
            text = _INLINE.sub("", text)
    return text.strip()


def _character(entity: re.Match[str]) -> str:
    """What an entity stands for; one that HTML does not know stays (``&nothing;`` is no "not" and "hing")."""
    name = entity[0][1:]
    return html.unescape(entity[0]) if name[0] == "#" or name in html5 else entity[0]


def parts_of(abstract: str) -> list[tuple[str, str]]:
    """``abstract`` as pairs of printed label and text; the label is ``""`` for what has none.

    Labels are told by their place (at the beginning, after a line end or the end of a sentence) and
    either capitals and a colon, or the name of a part, whole. Small letters need two such names,
    names without a colon three.
    """
    if _HEADING.search(abstract):
        opening, *rest = _HEADING.split(abstract)
        pairs = [("", opening), *zip(rest[::2], rest[1::2], strict=True)]
        told = [(tidy(heading).rstrip(":"), tidy(text)) for heading, text in pairs]
        return [
            ("" if heading.lower() in {"abstract", "summary"} else heading, text)
            for heading, text in told
            if text
        ]
    abstract = "\n".join(filter(None, (tidy(line) for line in abstract.split("\n"))))
    if _NONE.fullmatch(abstract):
        return []
    if above := _ABOVE.match(abstract):
        abstract = abstract[above.end() :]
    found = [label for label in _LABEL.finditer(abstract) if _is_label(label)]
    capitals = [label for label in found if label["label"].isupper()]
    # one label in the middle of running text is more often a word of it
    alone = len(found) == 1 and (not capitals or abstract[: found[0].start()].strip() != "")
    if alone:
        found = []
    if not found:
        bare = list(_BARE.finditer(abstract))
        named = {label["label"].casefold() for label in bare}
        if len(named) >= 3 and not abstract[: bare[0].start()].strip():
            found = [label for label in bare if label["label"][0].isupper()]
    parts = []
    opening = tidy(abstract[: found[0].start()]) if found else tidy(abstract)
    if opening:
        parts.append(("", opening))
    for label, following in zip_longest(found, found[1:]):
        text = tidy(abstract[label.end() : following.start() if following else None])
        if text:
            parts.append((tidy(label["label"]), text))
    return parts


def _is_label(label: re.Match[str]) -> bool:
    printed = label["label"]
    if _NAME.fullmatch(printed) or not label["colon"]:
        return _NAME.fullmatch(printed) is not None
    # capitals: as PubMed prints any label
    letters = re.sub(r"[\W\d_]", "", printed)
    return printed.isupper() and len(letters) >= 4 and (
        len(re.findall(r"[A-Z]{2,}", printed)) >= 2
        or label_for(printed, default="") not in {"", "figure", "table"}
    )  # fmt: skip


def add_abstract(
    builder: TextBuilder, abstract: str, heading: str = "Abstract", *, labels: bool = True
) -> None:
    """Add the parts of ``abstract`` to a document; ``labels``: give each the label its heading tells."""
    for printed, text in parts_of(abstract):
        if printed.upper() in {"", "UNLABELLED", "UNLABELED"}:
            builder.add("abstract", text, heading)
            continue
        builder.heading(printed)
        label = label_for(printed, default="abstract") if labels else "abstract"
        builder.add(label, text, printed if labels else f"{heading}: {printed}")
