"""How much of the gold text of JATS articles the reader gives: word recall and order, file by file.

    python tests/bench/jats_recall.py ../shared/files

The gold texts are two: those of CRAFT (UCDenver-ccp), body, abstract and captions with tables left out,
and those of Evidence Inference (jayded), whose part names in capitals are no words of the article.
A word is a run of letters or of digits after NFKC. Recall counts words with their repetitions
(multisets); "in order" is the share of gold words in the matching blocks of difflib: figures and
tables stand elsewhere in the gold texts.
"""

from __future__ import annotations

import difflib
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.records import Document
from index.sources import jats

#: A gold text and the file it is the text of, where the names do not tell.
PAIRS = {
    "ucdenver-ccp__16507151": "ucdenver-ccp__Arthritis Res Ther-8-2-1526604",
    "ucdenver-ccp__16109169": "ucdenver-ccp__BMC Dev Biol-5-_-1208873",
    "ucdenver-ccp__16579849": "ucdenver-ccp__BMC Med Genet-7-_-1448208",
    "ucdenver-ccp__14611657": "ucdenver-ccp__Genome Biol-4-11-329117",
    "ucdenver-ccp__15314659": "ucdenver-ccp__PLoS Biol-2-8-509305",
    "ucdenver-ccp__16410827": "ucdenver-ccp__PLoS Genet-2-1-1353279",
}

_PART = re.compile(r"^(?:TITLE|ABSTRACT|BODY)\b.*:[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Measured:
    """One article's figures: gold words, those that are missing, and the share in order."""

    name: str
    gold: int
    missing: Counter[str]
    ordered: float

    @property
    def recall(self) -> float:
        return 1 - self.missing.total() / self.gold


def words(text: str) -> list[str]:
    """Runs of letters and of digits, NFKC, case folded."""
    return re.findall(r"[^\W\d_]+|\d+", unicodedata.normalize("NFKC", text).casefold())


def text_of(path: Path) -> str:
    """The whole text of the article in ``path``."""
    found = [one for one in jats.read(path, source="0" * 64, name=path.name) if isinstance(one, Document)]
    return found[0].text.content


def measure(gold: Path, article: Path, *, order: bool = True) -> Measured:
    """The figures of one pair."""
    wanted = words(_PART.sub("", gold.read_text("utf-8")))
    given = words(text_of(article))
    blocks = (
        difflib.SequenceMatcher(None, wanted, given, autojunk=False).get_matching_blocks() if order else []
    )
    in_order = sum(block.size for block in blocks) / len(wanted)
    return Measured(gold.stem, len(wanted), Counter(wanted) - Counter(given), in_order)


def pairs(files: Path) -> Iterator[tuple[Path, Path]]:
    """Gold texts and articles under ``files``."""
    for gold in sorted((files / "jats-gold-text").glob("*.txt")):
        yield gold, files / "jats" / f"{PAIRS.get(gold.stem, gold.stem)}.nxml"


def main() -> None:
    """Print the table."""
    total = lost = 0
    print(f"{'gold text':28} {'words':>7} {'recall':>7} {'in order':>9}  most often missing")
    shared = Path(__file__).resolve().parents[3] / "shared" / "files"
    for gold, article in pairs(Path(sys.argv[1]) if len(sys.argv) > 1 else shared):
        one = measure(gold, article)
        total, lost = total + one.gold, lost + one.missing.total()
        often = ", ".join(f"{word} {count}" for word, count in one.missing.most_common(8))
        print(f"{one.name:28} {one.gold:7} {one.recall:7.4f} {one.ordered:9.4f}  {often}")
    print(f"{'all':28} {total:7} {1 - lost / total:7.4f}")


if __name__ == "__main__":
    main()
