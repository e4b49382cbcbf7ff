"""Short form / long form pairs: what a careful reader would take from the text, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.abbreviations import Pair, listed, long_key, of_document, pairs, short_key
from index.records import Document, Reference, Section, Text


def found(text: str) -> list[tuple[str, str]]:
    return [(pair.short, pair.long) for pair in pairs(text)]


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("We used mesenchymal stem cells (MSCs).", "MSCs", "mesenchymal stem cells"),
        ("One mesenchymal stem cell (MSCs) was", "MSCs", "mesenchymal stem cell"),
        ("The enzyme-linked immunosorbent assay (ELISA)", "ELISA", "enzyme-linked immunosorbent assay"),
        ("chimeric antigen receptor T-cell (CAR-T)", "CAR-T", "chimeric antigen receptor T-cell"),
        ("and 5-hydroxytryptamine (5-HT)", "5-HT", "5-hydroxytryptamine"),
        ("in type 2 diabetes mellitus (T2DM)", "T2DM", "type 2 diabetes mellitus"),
        ("raised interleukin-6 (IL-6) levels", "IL-6", "interleukin-6"),
        ("tumor necrosis factor-α (TNF-α)", "TNF-α", "tumor necrosis factor-α"),
        ("tumor necrosis factor alpha (TNF-α)", "TNF-α", "tumor necrosis factor alpha"),
        ("with α-synuclein (α-syn) in", "α-syn", "α-synuclein"),
        ("poly(lactic-co-glycolic acid) (PLGA)", "PLGA", "poly(lactic-co-glycolic acid)"),
        ("multiple sclerosis [MS] is", "MS", "multiple sclerosis"),
        ("multiple sclerosis (MS; also called disseminated)", "MS", "multiple sclerosis"),
        ("multiple sclerosis (MS, n = 12)", "MS", "multiple sclerosis"),
        ("multiple sclerosis (“MS”)", "MS", "multiple sclerosis"),
        ("multiple sclerosis (hereafter, MS)", "MS", "multiple sclerosis"),
        ("interleukin 2 (IL-2 [first called TCGF])", "IL-2", "interleukin 2"),
        ("MS (multiple sclerosis) is", "MS", "multiple sclerosis"),
        ("TNF (tumor necrosis factor, a cytokine)", "TNF", "tumor necrosis factor"),
        ("CAP [community acquired pneumonia]", "CAP", "community acquired pneumonia"),
        ("died of colorectal cancer (CC).", "CC", "colorectal cancer"),
        ("quality of life (QoL)", "QoL", "quality of life"),
        ("the area under the curve (AUC)", "AUC", "area under the curve"),
        ("SARS: severe acute respiratory syndrome coronavirus (SARS)", "SARS",
         "severe acute respiratory syndrome coronavirus"),
        ("Stem cells help. Multiple sclerosis (MS) is", "MS", "Multiple sclerosis"),
        ("given dexamethasone (DEX) daily", "DEX", "dexamethasone"),
        ("multiple\n  sclerosis (MS)", "MS", "multiple sclerosis"),
        ("de l'infection à Épstein virus (EV)", "EV", "Épstein virus"),
    ],
)  # fmt: skip
def test_what_is_defined_is_found(text: str, short: str, long: str) -> None:
    assert found(text) == [(short, long)]


@pytest.mark.parametrize(
    "text",
    [
        "of twelve nice mice (n = 12)",
        "as the figure shows (Fig. 2) and (Table 1)",
        "in twenty nineteen (2019)",
        "plaque assays of negative grade (Pang et al. 2001), (Pang et al.), (PANG 2001)",
        "weighed ten nanograms (ng) at pH seven (p < 0.05)",
        "patients improved (P), (II), (III), (iv), (i.e. all), (e.g. some)",
        "as a mean (Mean ± SD)",
        "cells of many mice (Xyz)",
        "the MS was mild (MS)",
        "patients with MS symptoms (MS)",
        "and the (TA)",
        "multiple sclerosis. Patients (MS) were",  # another sentence
        "3-methyl-quinazolin-4(3H)-one",
        "f(ABC) of all big cats",
        "unclosed always big cats (ABC and so on",
        "closed) only always big",
        "(ABC) always big cats",
        "()[](( ))",
        "",
    ],
)
def test_what_is_not_defined_is_not_found(text: str) -> None:
    assert found(text) == []


def test_a_section_of_abbreviations_is_read_as_a_list() -> None:
    text = "MSC: mesenchymal stem cell; TNF-α, tumor necrosis factor alpha; BM = bone marrow\n"
    text += "AD – Alzheimer's disease"
    assert [(p.short, p.long) for p in listed(text)] == [
        ("MSC", "mesenchymal stem cell"),
        ("TNF-α", "tumor necrosis factor alpha"),
        ("BM", "bone marrow"),
        ("AD", "Alzheimer's disease"),
    ]
    assert list(listed("Dr: a man; XYZ: nothing of it; see: below")) == []


def test_spellings_of_one_thing_share_a_key() -> None:
    assert short_key("MSCs") == short_key("MSC") == short_key("M-S-C") == "msc"
    assert short_key("TNF-α") == short_key("TNFα") == short_key("TNF-alpha") == "tnfalpha"
    assert short_key("CAS") == "cas" and short_key("miRNAs") == "mirna" and short_key("IL-6s") == "il6"
    assert long_key("Mesenchymal Stem-Cells") == long_key("mesenchymal stem cell") == "mesenchym stem cell"
    assert long_key("factor-β") == long_key("factor beta")


def document(*sections: tuple[str, str]) -> Document:
    content = "".join(text for _, text in sections)
    spans, start = [], 0
    for label, text in sections:
        spans.append(Section(start, start + len(text), label))
        start += len(text)
    return Document("d", Text.of(content, source="s", extractor="t/1"), "T", Reference(), tuple(spans))


def test_a_document_gives_each_pair_once_and_none_from_its_references() -> None:
    made = document(
        ("abstract", "Multiple sclerosis (MS). Mesenchymal stem cells (MSCs)."),
        ("results", "A mesenchymal stem cell (MSC). Bone marrow (BM)."),
        ("references", "Journal of Foo (JF)."),
        ("abbreviations", "GVHD: graft versus host disease"),
    )
    assert of_document(made) == {
        ("ms", "multipl sclerosi"): Pair("MS", "Multiple sclerosis"),
        ("msc", "mesenchym stem cell"): Pair("MSCs", "Mesenchymal stem cells"),
        ("bm", "bone marrow"): Pair("BM", "Bone marrow"),
        ("gvhd", "graft versus host diseas"): Pair("GVHD", "graft versus host disease"),
    }


@given(st.text(alphabet="aAbBmsMS αé()[];,. -=2\n", max_size=200))
def test_any_text_is_read_and_a_pair_keeps_its_promises(text: str) -> None:
    plain = " ".join(text.split())
    for pair in pairs(text):
        assert 2 <= len(pair.short) <= 10 and len(pair.long) > len(pair.short)
        assert pair.short in plain and pair.long in plain
        assert len(pair.long.split()) <= min(len(pair.short) + 5, 2 * len(pair.short))


@given(
    st.lists(
        st.sampled_from(["alpha", "brave", "cold", "dark", "early", "fast", "green", "hot"]),
        min_size=3,
        max_size=6,
    )
)
def test_initials_in_brackets_are_always_found(words: list[str]) -> None:
    short = "".join(word[0] for word in words).upper()
    assert found(f"We saw 12 {' '.join(words)} ({short}) there") == [(short, " ".join(words))]
