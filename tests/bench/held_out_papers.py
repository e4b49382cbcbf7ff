"""Papers whose make the PDF reader was not written with: made sentences, set by Chromium's own columns.

Eight makes: letter paper in one wide column, two columns with superscript citations and a table across
both, narrow three columns with a drop capital, a journal with a coloured box above the title and footnotes,
author-year citations, unjustified two columns without indents (paragraphs parted by space), a structured
abstract in a frame, numbered sections with a side margin. ``papers(folder)`` gives each with its body text.
The words come from lists, in sentences of differing build; nothing here is anybody's text.

    python tests/bench/held_out_papers.py [-v]
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import pdf_text
from typeset import chromium

_SUBJECTS = (
    "the treated mice", "both cohorts", "most participants", "the inhibitor of IL-6", "this polymorphism",
    "the coefficient of variation", "neither dose", "oligodendrocyte precursors", "the confidence interval",
    "TNF-α expression", "the affected fibroblasts", "our difficult first estimate", "a five-fold dilution",
    "the office-based questionnaire", "serum 25-hydroxyvitamin D", "the efficient allele",
)  # fmt: skip
_VERBS = (
    "showed", "did not alter", "was associated with", "increased", "reduced", "preceded", "confirmed",
    "varied with", "could not explain", "significantly modified", "remained unaffected by", "correlated with",
)  # fmt: skip
_OBJECTS = (
    "a sufficiently large effect", "the final flow of fluid", "hippocampal neurogenesis",
    "body-mass index", "the risk of relapse", "myelin thickness in the affected region",
    "mean arterial pressure",
    "the difference between baseline and follow-up",
    "the β-diversity of the microbiota", "survival at day 28",
    "an official definition of remission", "glutamate uptake", "the fifth percentile",
    "cell differentiation",
)  # fmt: skip
_ENDS = (
    "in all three centres", "(P < 0.05)", "at a dose of 2.5 mg/kg", "over a follow-up of 18.4 months",
    "after adjustment for age and sex", "as expected from earlier work", "in 37 of 112 patients (33%)",
    "under identical conditions", "at 37 °C for 48 h", "when smokers were left out",
    "with an odds ratio of 1.42",
)  # fmt: skip
_OPENINGS = ("However, ", "In contrast, ", "Of note, ", "", "", "", "", "Moreover, ", "By day 14, ", "Here, ")


def _sentence(chance: random.Random, cites: str) -> str:
    words = (
        f"{chance.choice(_OPENINGS)}{chance.choice(_SUBJECTS)} {chance.choice(_VERBS)} "
        f"{chance.choice(_OBJECTS)} {chance.choice(_ENDS)}"
    )
    if chance.random() < 0.3:
        words += f", whereas {chance.choice(_SUBJECTS)} {chance.choice(_VERBS)} {chance.choice(_OBJECTS)}"
    words = words[0].upper() + words[1:]
    if chance.random() > 0.35 or not cites:
        return f"{words}."
    number = chance.randrange(1, 24)
    if cites == "superscript":
        return f"{words}.<sup>{number}</sup>"
    if cites == "brackets":
        return f"{words} [{number},{number + 2}]."
    return f"{words} ({chance.choice(('Bremer', 'Osei', 'Lund'))} et al., {1990 + number})."


def _paragraphs(seed: int, cites: str) -> list[tuple[str, list[str]]]:
    chance = random.Random(seed)
    heads = ("Introduction", "Materials and methods", "Results", "Discussion", "Conclusions")
    return [
        (
            head,
            [
                " ".join(_sentence(chance, cites) for _ in range(chance.randrange(4, 9)))
                for _ in range(chance.randrange(2, 5))
            ],
        )
        for head in heads
    ]


_BASE = """@page {{ size: {paper}; margin: {margin};
 @top-center {{ content: "{running}"; font-size: 7pt }}
 @bottom-right {{ content: counter(page); font-size: 8pt }} }}
body {{ font: {size}pt '{font}'; line-height: 1.25; margin: 0 }}
.body {{ columns: {columns}; column-gap: 6mm; text-align: {align}; hyphens: auto }}
h1 {{ font-size: 17pt; text-align: left }}
h2 {{ font-size: 1.15em; margin: .9em 0 .3em; break-after: avoid }}
p {{ margin: {gap}; text-indent: {indent} }} h2 + p {{ text-indent: 0 }}
sup {{ font-size: .65em; line-height: 0 }}
table {{ font-size: .8em; border-collapse: collapse; width: 100% }} td {{ padding: 1pt 4pt }}
.cap, .ref {{ font-size: .8em; text-align: left; text-indent: 0 }}
figure {{ margin: 2mm 0; break-inside: avoid }}
.authors {{ text-align: left; text-indent: 0 }} {more}"""

#: Name: columns, paper, margin, font, size, align, paragraph gap and indent, citations, more style.
MAKES: dict[str, dict[str, str]] = {
    "letter-wide": {
        "columns": "1", "paper": "letter", "margin": "25mm 32mm", "font": "Liberation Serif", "size": "11.5",
        "align": "justify", "gap": "0 0 8pt", "indent": "0", "cites": "brackets", "more": "",
    },
    "two-superscript": {
        "columns": "2", "paper": "A4", "margin": "18mm 16mm", "font": "Liberation Serif", "size": "9",
        "align": "justify", "gap": "0", "indent": "3mm", "cites": "superscript",
        "more": ".wide { column-span: all }",
    },
    "three-drop": {
        "columns": "3", "paper": "A4", "margin": "16mm 12mm", "font": "DejaVu Serif", "size": "7.5",
        "align": "justify", "gap": "0", "indent": "2mm", "cites": "superscript",
        "more": "h2:first-of-type + p::first-letter { font-size: 3.1em; float: left; line-height: .85 }",
    },
    "boxed": {
        "columns": "2", "paper": "210mm 276mm", "margin": "20mm 15mm", "font": "Liberation Sans",
        "size": "8.5",
        "align": "justify", "gap": "0", "indent": "4mm", "cites": "brackets",
        "more": ".banner { background: #dde; padding: 2mm } .abstract { border: 1px solid; padding: 3mm }",
    },
    "author-year": {
        "columns": "2", "paper": "A4", "margin": "22mm 14mm", "font": "DejaVu Serif", "size": "8",
        "align": "justify", "gap": "0", "indent": "4mm", "cites": "names", "more": "",
    },
    "ragged": {
        "columns": "2", "paper": "letter", "margin": "20mm 18mm", "font": "Liberation Sans", "size": "9",
        "align": "left", "gap": "0 0 5pt", "indent": "0", "cites": "brackets", "more": "",
    },
    "structured": {
        "columns": "2", "paper": "A4", "margin": "20mm 17mm", "font": "Liberation Serif", "size": "9.5",
        "align": "justify", "gap": "0", "indent": "3mm", "cites": "superscript",
        "more": ".abstract { border-top: 2px solid; border-bottom: 2px solid; columns: 2 }",
    },
    "side-margin": {
        "columns": "1", "paper": "A4", "margin": "22mm 20mm 22mm 65mm",
        "font": "Liberation Serif", "size": "10",
        "align": "justify", "gap": "0", "indent": "4mm", "cites": "names",
        "more": "h2 { counter-increment: part } h2::before { content: counter(part) '. ' }",
    },
}  # fmt: skip


def papers(folder: Path) -> list[tuple[Path, list[str]]]:
    """Each make as a PDF in ``folder`` with the paragraphs of its body, citation marks as printed."""
    return [_typeset(seed, name, make, folder) for seed, (name, make) in enumerate(MAKES.items(), 7)]


def _typeset(seed: int, name: str, make: dict[str, str], folder: Path) -> tuple[Path, list[str]]:
    chance = random.Random(seed)
    parts = _paragraphs(seed, make["cites"])
    title = f"A made paper on {chance.choice(_OBJECTS)} and {chance.choice(_SUBJECTS)}: report {seed}"
    abstract = " ".join(_sentence(chance, "") for _ in range(6))
    running = f"Journal of Made Papers {seed} (2021) 101–119"
    style = _BASE.format(running=running, **{k: v for k, v in make.items() if k != "cites"})
    rows = "".join(
        f"<tr><td>{chance.choice(_OBJECTS)}</td>"
        + "".join(f"<td>{chance.random():.2f}</td>" for _ in range(4))
        + "</tr>"
        for _ in range(6)
    )
    table = (
        f"<figure class=wide><div class=cap><b>Table 1.</b> Made values.</div><table>{rows}</table></figure>"
    )
    drawing = (
        "<figure><svg width=150 height=60><rect width=140 height=50 fill=none stroke=black /><text x=20 y=30 "
        "font-size=8>Dose (mg)</text></svg><div class=cap><b>Figure 1.</b> A made drawing of doses."
        "</div></figure>"
    )
    body = ""
    for number, (head, paragraphs) in enumerate(parts):
        body += f"<h2>{head}</h2>" + "".join(f"<p>{text}</p>" for text in paragraphs)
        body += table if number == 1 else drawing if number == 2 else ""
    references = "".join(
        f"<p class=ref>{n}. Osei K, Lund B. Made title number {n} on {chance.choice(_OBJECTS)}. J Made Pap. "
        f"{1990 + n};{n}:{100 + n}–{109 + n}.</p>"
        for n in range(1, 27)
    )
    banner = "<div class=banner>Open Access · RESEARCH ARTICLE</div>" if "banner" in make["more"] else ""
    page = folder / f"{name}.html"
    page.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{name}</title><style>{style}</style><body>"
        f"{banner}<h1>{title}</h1><p class=authors>Kofi Osei<sup>1</sup>, Britta Lund<sup>2</sup></p><div "
        f"class=abstract><h2>Abstract</h2><p>{abstract}</p></div><div class=body>{body}<h2>References</h2>"
        f"{references}</div></body></html>",
        "utf-8",
    )
    made = folder / f"{name}.pdf"
    program = chromium()
    assert program is not None
    subprocess.run(
        [program, "--headless", "--disable-gpu", "--no-sandbox", "--no-pdf-header-footer",
         f"--user-data-dir={folder / 'chromium'}", f"--print-to-pdf={made}", page.as_uri()],
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    plain = [text.replace("<sup>", " ").replace("</sup>", " ") for _, part in parts for text in part]
    return made, [abstract, *plain]


def main() -> None:
    """Print the table; ``-v``: with the sentences that did not come out whole."""
    folder = Path(sys.argv[-1]) if len(sys.argv) > 1 and Path(sys.argv[-1]).is_dir() else None
    with tempfile.TemporaryDirectory() as made:
        print("paper              prec recall  whole")
        for path, gold in papers(folder or Path(made)):
            document = pdf_text.read(path)
            precision, recall, whole, broken = pdf_text.figures(gold, pdf_text.body_of(document))
            print(f"{path.stem:16} {precision:6.3f} {recall:6.3f} {whole:6.3f}  {document.title[:60]}")
            if "-v" in sys.argv:
                print(*(f"      {one}" for one in broken), sep="\n")


if __name__ == "__main__":
    main()
