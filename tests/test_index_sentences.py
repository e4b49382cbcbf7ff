"""Sentences: where they begin and end in the texts of papers."""

import gzip
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import index.sentences
from index.sentences import sentences

ROOT = Path(__file__).resolve().parents[1]
EVALUATION = ROOT.parent / "shared" / "eval"


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["This was shown by Smith et al. (2010) and by Wu et al. in mice.", "We agree."],
        ["It follows the study by Palmqvist et al.", "The dose was low."],
        ["Some drugs, e.g. Aspirin, help (i.e. HIV infection).", "Others do not."],
        ["See Fig. 2 and Figs. 3 and 4, Eq. 5.", "Then read on."],
        ["The primer is given in S2 Fig.", "It was derived from rats."],
        ["It rose from 0.01 to 0.05.", "We saw no more."],
        ["We grew E. coli and S. aureus on agar.", "H. pylori did not grow."],
        ["Treated vs. Control differed.", "So did 5 vs. 7."],
        ["Rats got 5 mg i.v. PCM daily.", "Others got it b.i.d.", "The rest got 3 mg p.o. for a week."],
        ["J. Smith and A. B. Jones wrote it with M. J. Hazucha.", "Dr. Wu helped."],
        ["There was no effect (P < .001).", "Age had one (p = 0.03)."],
        ["Human viruses (Kahl et al., 2010; Lasaro & Ertl, 2009) , and boosts, were used.", "Both failed."],
        ["The rate was 0.0012% (17) . ", "Mean age (95% CI) of 46 (98) men, N = 1736, was 40 years."],
        ["We gave (1) rest, (2) water; 3) salt; or a) sugar, b) none."],
        [
            "Most patients improved.1,2 ",
            "However, some did not.[12] ",
            "In rats none did [3].",
            "We ask why.",
        ],
        ["It is rare in cats.[3,4] ", "Dogs have it."],
        ["It was seen elsewhere. 24, 33 ", "Other limits exist."],
        ["The visit lasted 5 h.", "Then 10 min.", "Patients rested."],
        ["It blocks a kinase.", "mTOR is one.", "p53 is not.", "α-Synuclein aggregates.", "miR-21 falls."],
        ["We enrolled many.", "12 patients left."],
        ["Is there a cure for it?", "Nobody knows!", "We looked… and looked."],
        ["(Data are from 9 men.)", "They agree."],
        ["It is called “small vessel disease.”", "However, it is not small."],
        ["Results follow.", "2. All patients improved.", "3. None died."],
        ["See J. Biol. Chem. 276, 9077.", "Also Proc. Natl. Acad. Sci. USA."],
        ["SPSS (SPSS Inc., Chicago) was used.", "It is © 2007 Elsevier Ltd.", "All rights reserved."],
        [
            "The U.S. Food and Drug Administration approved it in the U.S.",
            "The drug is sold in the U.K. Market.",
        ],
        ["Peter Jones, Ph.D. designed it in St. Louis.", "It took vitamin D.", "We took none."],
        ["It was given at 8 p.m. Eastern Time.", "They slept at 9 p.m.", "The rest did not."],
        ["The effect was lost in old disease.", "However, it came back."],
        [
            "Accession no. AY319651 was used.",
            "Was it good?",
            "No.",
            "It was not.",
        ],
    ],
    ids=lambda parts: str(parts[0])[:30],
)
def test_sentences_end_where_a_reader_ends_them(parts: list[str]) -> None:
    text = " ".join(part.strip() for part in parts)
    assert split(text) == [part.strip() for part in parts]


def test_a_lost_blank_does_not_join_two_sentences() -> None:
    assert split("It cures the disease.However, it hurts.") == ["It cures the disease.", "However, it hurts."]
    assert split("See BODY.RESULTS and www.Nature.com now.") == ["See BODY.RESULTS and www.Nature.com now."]


def test_an_empty_line_ends_a_sentence_and_a_line_break_does_not() -> None:
    assert split("A heading\n \nA line that is\nwrapped once.") == [
        "A heading",
        "A line that is\nwrapped once.",
    ]


def test_list_items_begin_sentences() -> None:
    assert split("We need\n- a net\n- a boat\n2. Nets\n(b) boats") == [
        "We need",
        "- a net",
        "- a boat",
        "2. Nets",
        "(b) boats",
    ]


def test_an_indented_number_stays_with_its_item() -> None:
    assert split("References\n\n    1. Marcus R. What is it? JAMA.\n    2. Wu L.") == [
        "References",
        "1. Marcus R.",
        "What is it?",
        "JAMA.",
        "2. Wu L.",
    ]


def test_wide_blanks_and_other_scripts_keep_their_positions() -> None:
    text = "P\u2009<\u2009.05 for J.\u00a0Smith 🙂. 我们看见。他们没有。"
    assert split(text) == ["P\u2009<\u2009.05 for J.\u00a0Smith 🙂.", "我们看见。", "他们没有。"]


def test_a_range_gets_its_part_of_a_sentence() -> None:
    text = "One is here. Two is there. Three."
    assert sentences(text, 4, 20) == [(4, 12), (13, 19)]
    assert sentences(text, 12, 13) == []
    assert sentences(text, 20, 4) == []
    assert sentences("") == []


def test_a_panic_of_the_library_leaves_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """A paragraph that the library breaks on is still read, and other errors are not hidden."""

    class PanicException(BaseException):
        pass

    def panics(_: str, text: str) -> list[str]:
        raise PanicException

    def fails(_: str, text: str) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(index.sentences, "segment", panics)
    assert split("It is odd here. We go on anyway.") == ["It is odd here.", "We go on anyway."]
    monkeypatch.setattr(index.sentences, "segment", fails)
    with pytest.raises(KeyboardInterrupt):
        split("Another text.")


@settings(deadline=None, max_examples=300)
@given(st.text(st.characters(), max_size=80))
def test_sentences_of_any_characters_tile_the_text(text: str) -> None:
    """Even lone surrogates: every visible character is in exactly one sentence, in order."""
    spans = sentences(text)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert all(text[a:b] == text[a:b].strip() != "" for a, b in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


FRAGMENTS = [
    *(
        "et al.",
        "e.g.",
        "Fig.",
        "(P < .001).",
        "0.05",
        "E.",
        "coli",
        "We",
        "saw",
        "it.",
        "i.v.",
        "J.",
        "Smith",
    ),
    *(
        "[12].",
        "shown.1,2",
        "However",
        "?",
        "“Yes.”",
        "(a.",
        "b.)",
        '"',
        "mTOR",
        "12",
        "2.",
        "U.S.",
        "Food",
        "…",
    ),
    *(
        "The",
        "end.",
        "\n",
        "\n\n",
        "\n- ",
        "\u00a0",
        "U",
        ".[3]",
        ";",
        "no.",
        "vitamin",
        "D.",
        "\r\n",
        ").",
        "a.But",
    ),
]
HARD = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map(" ".join)


@settings(deadline=None, max_examples=300)
@given(HARD, st.data())
def test_a_sentence_does_not_depend_on_the_range_asked_for(text: str, data: st.DataObject) -> None:
    spans = sentences(text)
    if not spans:
        return
    first = data.draw(st.integers(0, len(spans) - 1))
    last = data.draw(st.integers(first, len(spans) - 1))
    assert sentences(text, spans[first][0], spans[last][1]) == spans[first : last + 1]


@pytest.mark.skipif(not EVALUATION.is_dir(), reason="../shared/eval is not there")
def test_hard_places_of_real_papers_are_judged_as_labelled() -> None:
    """On the half never tuned on, precision and recall stay where they were measured (.959, .944)."""
    lines = (ROOT / "tests" / "data" / "sentence_boundaries.jsonl").read_text(encoding="utf-8").splitlines()
    labels = [label for label in map(json.loads, lines) if label["part"] == "test"]
    labels = [
        label
        for label in labels
        if label["set"] in ("covidqa-dev", "scifact-train", "evidenceinference-train")
    ]
    wanted = {(label["set"], label["document"]) for label in labels}
    found = {}
    for name in {label["set"] for label in labels}:
        path = next((EVALUATION / name).glob("corpus.jsonl*"))
        with (
            gzip.open(path, "rt", encoding="utf-8")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8") as rows
        ):
            for row in map(json.loads, rows):
                if (name, row["id"]) in wanted:
                    found[name, row["id"]] = row["text"]

    def begins(label: dict[str, object]) -> bool:
        text, at = found[label["set"], label["document"]], label["offset"]
        return any(start == at for start, _ in sentences(text, max(at - 400, 0), at + 400))

    results = [(begins(label), label["boundary"]) for label in labels]
    right = sum(said and true for said, true in results)
    assert right / sum(said for said, _ in results) > 0.93
    assert right / sum(true for _, true in results) > 0.91
