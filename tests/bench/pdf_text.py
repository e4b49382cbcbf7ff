"""How well PDFs are read: words and whole sentences, against the same article as JATS or HTML.

    python tests/bench/pdf_text.py [FOLDER OF FILES]

Pairs are the PDFs in ``pdf/`` with a file of the same stem in ``jats/`` or ``html/``, and PDFs that are
typeset here with Chromium from litquote's own documentation (see ``typeset.py``), where it is installed.
Words are runs of letters or of digits, in any case, compatibility forms made plain; precision and recall
count them with their frequency. A sentence is whole when its words stand in the text one after another.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from pathlib import Path
from types import ModuleType

from lxml import etree, html

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from index.records import Document
from index.sentences import sentences
from index.sources import pdf

ROOT = Path(__file__).resolve().parents[2]
#: What is not the text of the paper's body.
_FRONT = ("©", "doi:", "Citation:", "Editor:", "Received:", "Copyright:", "PLoS ONE ")
BESIDE = {"title", "heading", "references", "figure", "table", "keywords", "affiliations", "note"}


def words(text: str) -> list[str]:
    """Runs of letters or digits, casefolded, ligatures and superscripts made plain."""
    text = re.sub(r"\[[\d\s,;–-]+\]", " ", text)  # citations: HTML writes [8,9,10] where print has [8-10]
    return re.findall(r"[^\W\d_]+|\d+", unicodedata.normalize("NFKC", text).casefold())


def read(path: Path) -> Document:
    """The one document in a PDF."""
    (document,) = pdf.read(path, source="0" * 64, name=path.name)
    assert isinstance(document, Document), document
    return document


def body_of(document: Document) -> list[str]:
    """The paragraphs of the body as the PDF reader gives them."""
    content = document.text.content
    return [content[s.start : s.end] for s in document.sections if s.label not in BESIDE]


def _text(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())


def jats_paragraphs(path: Path) -> list[str]:
    """Abstract, body and back matter of a JATS article; no captions, tables, references."""
    root = etree.parse(str(path)).getroot()
    etree.strip_elements(root, "fig", "table-wrap", "ref-list", "supplementary-material", with_tail=False)
    etree.strip_elements(root, "inline-formula", "disp-formula", with_tail=False)
    found = []
    for place in ("abstract", "body", "back"):
        for part in root.iter(place):
            for paragraph in part.iter("p"):
                if "p" not in {parent.tag for parent in paragraph.iterancestors()}:
                    found.append(_text(paragraph))
    return found


def html_paragraphs(path: Path) -> list[str]:
    """The same of a publisher's page (MDPI, PLOS, BioMed Central)."""
    root = html.fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))
    main = root.xpath("//article|//div[@class='article']|//div[@id='article-body']")[0]
    for unwanted in main.xpath(
        ".//script|.//table|.//ol[@class='references']|.//div[contains(@class,'article-references')]"
        "|.//section[@id='html-references_list']|.//ol[@id='references']|.//div[@class='html-front']/*[not(self::section)]"
        "|.//div[contains(@class,'fig') or contains(@class,'table') ]"
        "|.//*[@class='html-history']|.//div[@class='multipleins']"
    ):
        unwanted.drop_tree()
    found = main.xpath(".//p|.//li|.//section[@class='html-abstract']|.//div[@class='html-p']")
    texts = [re.sub(r"^Abstract:\s", "", _text(p)) for p in found if not p.xpath("./p|./li")]
    return [text for text in texts if len(text) > 20 and not text.startswith(_FRONT)]


def figures(gold: list[str], read_: list[str]) -> tuple[float, float, float, list[str]]:
    """Word precision, word recall, share of sentences whole, and the sentences that are not."""
    expected, got = Counter(w for p in gold for w in words(p)), Counter(w for p in read_ for w in words(p))
    shared = sum((expected & got).values())
    stream = " " + " ".join(w for p in read_ for w in words(p)) + " "
    whole, broken = 0, []
    for paragraph in gold:
        for start, end in sentences(paragraph):
            tokens = words(paragraph[start:end])
            if len(tokens) < 4:
                continue
            if f" {' '.join(tokens)} " in stream:
                whole += 1
            else:
                broken.append(paragraph[start:end])
    total = whole + len(broken)
    return (
        shared / max(sum(got.values()), 1),
        shared / max(sum(expected.values()), 1),
        whole / max(total, 1),
        broken,
    )


def pairs(folder: Path) -> list[tuple[Path, list[str]]]:
    """Each PDF with the paragraphs of the same article in another form."""
    found = []
    for path in sorted((folder / "pdf").glob("*.pdf")):
        for kind, suffixes, paragraphs in (
            ("jats", (".xml", ".nxml"), jats_paragraphs),
            ("html", (".html",), html_paragraphs),
        ):
            for suffix in suffixes:
                other = folder / kind / f"{path.stem}{suffix}"
                if other.exists():
                    found.append((path, paragraphs(other)))
    return found


def _typeset() -> ModuleType | None:
    sys.path.insert(0, str(Path(__file__).parent))
    import typeset

    return typeset if typeset.chromium() else None


def main() -> None:
    """Print the table."""
    folder = (
        Path(sys.argv[1])
        if len(sys.argv) > 1 and not sys.argv[1].startswith("-")
        else ROOT.parent / "shared" / "files"
    )
    verbose = "-v" in sys.argv
    print(f"{'file':58s} {'prec':>6s} {'recall':>6s} {'whole':>6s} {'s':>5s}")
    rows = list(pairs(folder))
    with tempfile.TemporaryDirectory() as made:
        if (typeset := _typeset()) is not None:
            rows += typeset.papers(Path(made))
        for path, gold in rows:
            started = time.perf_counter()
            document = read(path)
            took = time.perf_counter() - started
            precision, recall, whole, broken = figures(gold, body_of(document))
            print(f"{path.name:58s} {precision:6.3f} {recall:6.3f} {whole:6.3f} {took:5.1f}")
            if verbose:
                for sentence in broken:
                    print("     ", sentence[:200])


if __name__ == "__main__":
    main()
