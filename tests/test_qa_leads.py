"""References of held papers in answers: what is quoted is named by its place, what is missing is offered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.library import Library
from qa import leads as leads_module
from qa.assistant import Assistant
from qa.calibration import calibration_for
from qa.terminal import answer as in_terminal
from web import cards, render

VESICLES = (
    "Do umbilical cord mesenchymal stem cell-derived extracellular vesicles attenuate experimental "
    "autoimmune encephalomyelitis?"
)
WU = "doi:10.3389/fneur.2024.1389697"
MA = """TY  - JOUR
AU  - Ma, K.
TI  - Generation of neural stem cell-like cells from bone marrow-derived human mesenchymal stem cells
JO  - Neurol Res
PY  - 2011
DO  - 10.1179/1743132811Y.0000000053
AB  - Marrow cells in our own dishes became neural precursors within nine days of culture.
ER  -
"""


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory, seed: Path) -> Iterator[Library]:
    """The seed document with the shipped model."""
    with Library.create(tmp_path_factory.mktemp("library") / "library") as library:
        library.add(seed)
        yield library


def test_a_question_that_only_a_missing_title_answers_leads_to_it(seeded: Library) -> None:
    answer = Assistant(seeded).ask(VESICLES)
    assert answer.status == "not_found"
    (lead,) = answer.leads
    assert (lead.document_id, lead.number, lead.label) == (WU, 5, "Wu et al. 2024")
    assert lead.command == "litquote fetch doi:10.1038/s41598-021-91291-3"
    assert str(lead).startswith(
        "Reference 5 of Wu et al. 2024 may answer this; it is not in your library: Human umbilical cord"
    )
    assert f"    {lead.command} --demo\n" in in_terminal(answer, demo=True)
    assert str(lead)[:60] in str(answer)
    assert render.text(str(lead)) in cards.answer(answer)
    assert json.loads(json.dumps(answer.to_dict()))["leads"] == [
        {
            "document_id": WU,
            "number": 5,
            "label": "Wu et al. 2024",
            "title": lead.reference.title,
            "doi": "10.1038/s41598-021-91291-3",
            "pmid": None,
            "command": lead.command,
        }
    ]


@pytest.mark.parametrize(
    "question",
    ["Who won the world cup in 1998?", "How much mercury is in tuna?", "What is the relapse rate?"],
)
def test_other_questions_lead_nowhere(seeded: Library, question: str) -> None:
    answer = Assistant(seeded).ask(question)
    assert (answer.status, answer.leads) == ("not_found", ())
    assert "leads" not in answer.to_dict()


def test_an_answer_found_needs_no_lead(seeded: Library) -> None:
    answer = Assistant(seeded).ask("Is there a cure for multiple sclerosis?")
    assert (answer.status, answer.leads) == ("answered", ())


def test_a_held_reference_is_named_by_its_place_and_leads_nowhere(tmp_path: Path, seed: Path) -> None:
    (tmp_path / "ma.ris").write_text(MA, "utf-8")
    with Library.create(tmp_path / "library") as library:
        library.add([seed, tmp_path / "ma.ris"])
        calibration = replace(calibration_for("", None, ""), bar=-9.0, further=None)
        answer = Assistant(library, calibration=calibration).ask("How fast did marrow cells become neural?")
        quote = next(one for one in answer.quotes if one.document_id != WU)
        assert quote.text.startswith("Marrow cells in our own dishes")
        assert [str(one) for one in quote.listed_in] == ["reference 4 of Wu et al. 2024"]
        assert quote.cited_as == f"{quote.citation.text} (reference 4 of Wu et al. 2024)"
        assert quote.to_dict()["listed_in"] == [{"document_id": WU, "number": 4, "label": "Wu et al. 2024"}]
        assert "reference 4 of Wu et al. 2024" in cards.answer(answer)
        assert "(reference 4 of Wu et al. 2024)" in " ".join(in_terminal(answer).split())
        others = [one for one in answer.quotes if one.document_id == WU]
        assert all(one.listed_in == () and "listed_in" not in one.to_dict() for one in others)
        strict = replace(calibration, bar=99.0)
        asked = "Can neural stem cell-like cells be generated from bone marrow?"
        assert Assistant(library, calibration=strict).ask(asked).leads == ()


def test_in_a_large_library_only_the_lists_of_papers_found_are_looked_through(
    seeded: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leads_module, "_ALL_LISTS", 0)
    weight = {"vesicles": 1.0}.get
    assert leads_module.leads(seeded, VESICLES, [], lambda term: weight(term, 1.0)) == ()
    (lead,) = leads_module.leads(seeded, VESICLES, [WU, WU], lambda term: weight(term, 1.0))
    assert lead.number == 5
