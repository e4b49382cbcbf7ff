"""Papers of one study are told by its registration number, and by nothing less."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.records import Document, Reference, Section, Text
from qa.studies import REGISTRIES, numbers, studies, trial_numbers


def own(*parts: tuple[str, str], trials: tuple[str, ...] = ()) -> tuple[str, ...]:
    content, sections = "", []
    for label, text in parts:
        content += "\n\n" if content else ""
        sections.append(Section(len(content), len(content) + len(text), label))
        content += text
    text_record = Text.of(content, source="0" * 64, extractor="test/1")
    document = Document("d", text_record, "", Reference(trials=trials), tuple(sections))
    return trial_numbers(document, content)


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("NCT01234567", "NCT01234567"),
        ("NCT 01234567", "NCT01234567"),
        ("ISRCTN87597684", "ISRCTN87597684"),
        ("ISRCTN 87597684", "ISRCTN87597684"),
        ("EudraCT 2004-000446-20", "EudraCT 2004-000446-20"),
        ("EudraCT number: 2004-000446-20", "EudraCT 2004-000446-20"),
        ("ACTRN12605000423606", "ACTRN12605000423606"),
        ("ChiCTR-TRC-10000923", "ChiCTRTRC-10000923"),
        ("ChiCTR2000029308", "ChiCTR2000029308"),
        ("CTRI/2012/05/002688", "CTRI/2012/05/002688"),
        ("DRKS00003452", "DRKS00003452"),
        ("IRCT20100228003449N28", "IRCT20100228003449N28"),
        ("UMIN000001234", "UMIN000001234"),
        ("JPRN-UMIN000001234", "UMIN000001234"),
        ("jRCTs031180131", "jRCTs031180131"),
        ("KCT0001234", "KCT0001234"),
        ("PACTR201109000319191", "PACTR201109000319191"),
        ("TCTR20140101001", "TCTR20140101001"),
        ("NTR1234", "NTR1234"),
    ],
)
def test_a_number_is_spelled_one_way(printed: str, number: str) -> None:
    assert [one.text for one in numbers(f"The trial ({printed}) was stopped.")] == [number]


@pytest.mark.parametrize(
    "text",
    ["NCT0123456", "NCT012345678", "XNCT01234567", "ISRCTN123", "grant 2004-000446-20", "CRD42016033248",
     "UMIN", "The CTRI and DRKS registries", "KCT012345678", "Framingham Heart Study"],
)  # fmt: skip
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert numbers(text) == []


def test_the_record_s_own_numbers_come_first() -> None:
    body = ("abstract", "Trial registration: NCT99999999.")
    assert own(body, trials=("NCT01234567",)) == ("NCT01234567",)
    assert own(body, trials=("2004-000446-20", "NCT01234567")) == ("NCT01234567", "EudraCT 2004-000446-20")
    assert own(body) == ("NCT99999999",)


@pytest.mark.parametrize(
    "part",
    [
        ("registration", "ISRCTN87597684"),
        ("title", "Hemodilution during knee surgery [ISRCTN87597684]"),
        ("methods", "The trial was registered at controlled-trials.com (ISRCTN87597684)."),
    ],
)
def test_a_paper_says_its_own_number_in_its_head_or_where_it_speaks_of_registration(
    part: tuple[str, str],
) -> None:
    assert own(part) == ("ISRCTN87597684",)


@pytest.mark.parametrize(
    "parts",
    [
        [("body", "An ongoing trial (NCT01234567) tests the same dose.")],
        [("references", "1. Trial registration NCT01234567.")],
        [("abstract", "We pooled two trials (NCT01234567 and NCT07654321).")],
    ],
)
def test_a_number_of_other_trials_is_not_its_own(parts: list[tuple[str, str]]) -> None:
    assert own(*parts) == ()


def test_papers_that_share_a_number_are_one_study() -> None:
    found = studies(
        {
            "a": ["ISRCTN87597684"],
            "b": ["NCT01234567", "ISRCTN87597684"],
            "c": ["NCT01234567"],
            "d": [],
            "e": ["NCT07654321"],
        }
    )
    one = "NCT01234567"
    assert found == {"a": one, "b": one, "c": one, "d": "", "e": "NCT07654321"}


@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from(["NCT1", "NCT2", "X3", "X4"]))))
def test_every_paper_with_a_number_has_a_study_and_sharing_is_transitive(given: dict[str, list[str]]) -> None:
    found = studies(given)
    assert list(found) == list(given)
    for paper, names in given.items():
        assert bool(found[paper]) == bool(names)
        for other, others in given.items():
            if set(names) & set(others):
                assert found[paper] == found[other]


def test_every_registry_is_sought_by_what_its_numbers_hold() -> None:
    for signs, pattern in REGISTRIES.values():
        assert signs and pattern
