"""Study designs: what a record says, what plain signs show, and what users call them."""

from __future__ import annotations

import pytest

from index.designs import DESIGNS, designs, inferred, named, recorded
from index.errors import UsageError
from index.records import Document, Reference, Section, Text


@pytest.mark.parametrize(
    ("types", "mesh", "expected"),
    [
        (("Journal Article",), (), ()),
        (("Journal Article", "Randomized Controlled Trial"), (), ("randomised trial",)),
        (("JOURNAL ARTICLE", "CLINICAL TRIAL, PHASE III"), (), ("clinical trial",)),
        (("Meta-Analysis", "Systematic Review"), (), ("meta-analysis", "systematic review")),
        (("Case Reports", "Letter"), (), ("case report", "letter")),
        (("Practice Guideline",), (), ("guideline",)),
        (("Editorial", "Comment"), (), ("comment",)),
        (("Journal Article",), ("Humans", "Cohort Studies"), ("cohort",)),
        (("Observational Study",), ("Case-Control Studies/methods",), ("case-control", "observational")),
        (("Review",), ("Cohort Studies",), ("review",)),  # its subject
        ((), ("Randomized Controlled Trials as Topic",), ()),
    ],
)
def test_a_record_says_its_design(
    types: tuple[str, ...], mesh: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert recorded(Reference(publication_types=types, mesh=mesh)) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Aspirin for pain: a randomised, double-blind, placebo-controlled trial", ("randomised trial",)),
        ("Aspirin for pain: systematic review and meta-analysis", ("meta-analysis", "systematic review")),
        ("Meta-analyses of aspirin", ("meta-analysis",)),
        ("Aspirin for pain: protocol for a randomised controlled trial", ("protocol",)),
        ("Stem cell therapies in multiple sclerosis: a narrative review", ("review",)),
        ("A brief review of axolotls", ("review",)),
        ("Coffee and stroke: a prospective cohort study", ("cohort",)),
        ("Coffee and stroke: a nested case–control study", ("case-control",)),
        ("Sleep in students: a cross-sectional survey", ("cross-sectional",)),
        ("A rare case of hiccups", ("case report",)),
        ("Hiccups for ten years: case report and review of the literature", ("review", "case report")),
        ("ESC guidelines for the management of heart failure", ("guideline",)),
        ("Re: Coffee and stroke", ("comment",)),
        ("Response to placebo in depression", ()),
        ("Peer review and its critics", ()),
        ("Random walks", ()),
        ("", ()),
    ],
)
def test_a_title_shows_its_design(title: str, expected: tuple[str, ...]) -> None:
    assert inferred(title, "") == expected


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("Ninety patients were randomly assigned to aspirin or placebo.", ("randomised trial",)),
        ("Patients were randomized to two arms.", ("randomised trial",)),
        ("Forty mice were randomly assigned to two diets.", ()),
        ("We conducted a retrospective cohort study of nurses.", ("cohort",)),
        ("In a cross-sectional survey, 90 nurses answered.", ("cross-sectional",)),
        ("We performed a systematic review of trials.", ("systematic review",)),
        ("In a meta-analysis such marks may help.", ()),
        ("This meta-analysis pools nine trials.", ("meta-analysis",)),
        ("This is a non-systematic review of axolotls.", ()),
        ("In this review we discuss axolotls.", ("review",)),
        ("This article reviews what is known.", ("review",)),
        ("We report a rare case of hiccups.", ("case report",)),
        ("Earlier cohort studies found nothing. Systematic reviews are rare.", ()),
        ("Legs grow.", ()),
    ],
)
def test_an_abstract_in_which_the_authors_say_what_they_did_shows_it(
    abstract: str, expected: tuple[str, ...]
) -> None:
    assert inferred("On the matter at hand", abstract) == expected


def test_the_title_goes_before_the_abstract_and_the_record_before_both() -> None:
    content = "Coffee: a cohort study\n\nPatients were randomly assigned to coffee."
    text = Text.of(content, source="0" * 64, extractor="test/1")
    sections = (Section(0, 22, "title"), Section(24, len(content), "abstract"))
    plain = Document("d", text, "Coffee: a cohort study", Reference(), sections)
    assert designs(plain) == ("cohort",)
    untitled = Document("d", text, "Coffee", Reference(), sections)
    assert designs(untitled) == ("randomised trial",)
    known = Reference(publication_types=("Letter",))
    assert designs(Document("d", text, "Coffee: a cohort study", known, sections)) == ("letter",)


def test_a_broad_design_includes_the_narrow_ones() -> None:
    assert named("observational") == ("observational", "cohort", "case-control", "cross-sectional")
    assert named("review") == ("review", "systematic review")
    for name, narrower in DESIGNS.items():
        assert named(name) == (name, *narrower)
        assert set(narrower) <= DESIGNS.keys()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("RCT", "randomised trial"),
        ("Randomized Controlled Trials", "randomised trial"),
        ("cohort studies", "cohort"),
        ("Meta-analyses", "meta-analysis"),
        ("meta analysis", "meta-analysis"),
        ("Case Reports", "case report"),
        ("cross sectional study", "cross-sectional"),
        ("Practice Guideline", "guideline"),
    ],
)
def test_people_s_words_for_designs_are_known(said: str, meant: str) -> None:
    assert named(said)[0] == meant


def test_an_unknown_design_is_named_with_those_known() -> None:
    with pytest.raises(UsageError, match="no study design 'vibes'; those known are: randomised trial, "):
        named("vibes")
