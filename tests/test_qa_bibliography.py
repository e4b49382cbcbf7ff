"""Bibliographies: ten references as the manuals print them; nothing cut short comes out as whole."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.errors import UsageError
from index.records import Author, Reference, Retraction
from qa import bibliography as module
from qa.bibliography import STYLES, bibliography

SEVEN = tuple(Author(family, given) for family, given in (
    ("Rose", "Megan E"), ("Huerbin", "Marie B"), ("Melick", "John"), ("Marion", "Donald W"),
    ("Palmer", "Alan M"), ("Schiding", "J K"), ("Kochanek", "PM"),
))  # fmt: skip
ROSE = Reference(
    title="Regulation of interstitial excitatory amino acid concentrations after cortical contusion injury.",
    authors=SEVEN,
    journal="Brain Res",
    year=2002,
    volume="935",
    issue="1-2",
    pages="40-46",
    doi="10.1016/s0006-8993(02)02445-9",
)
REFERENCES = {
    "seven authors": ROSE,
    "six authors": replace(ROSE, authors=SEVEN[:6]),
    "four authors": replace(ROSE, authors=SEVEN[:4]),
    "one author": Reference(
        title="Salt: friend or foe?",
        authors=(Author("Nógrádi", "Antal-Béla"),),
        journal="Nature",
        year=2011,
        volume="470",
        pages="e100",
    ),
    "cut short": Reference(
        title="A paper known from a list",
        authors=(Author("Ma", "K"), Author("Fox", "RJ")),
        authors_complete=False,
        journal="J Neurol",
        year=2008,
        volume="12",
        pages="1-9",
    ),
    "a group": Reference(
        title="Dexamethasone in hospitalized patients with Covid-19",
        authors=(Author(literal="RECOVERY Collaborative Group"),),
        journal="N Engl J Med",
        year=2021,
        date="2021-02-25",
        volume="384",
        issue="8",
        pages="693-704",
        doi="10.1056/nejmoa2021436",
    ),
    "nobody": Reference(
        title="Cough & cold in children < 5",
        journal="Bull World Health Organ",
        year=2001,
        volume="79",
        pages="4",
    ),
    "a book": Reference(
        title="Principles of neural science",
        authors=(Author("Kandel", "Eric R"), Author("Schwartz", "James H")),
        publisher="McGraw-Hill",
        year=2013,
        publication_types=("Book",),
    ),
    "a preprint": Reference(
        title="Echoes of bats",
        authors=(Author("van der Berg", "Jan"), Author("O'Neil", "Mary-Kate"), Author("Smith", "J")),
        journal="bioRxiv",
        year=2022,
        date="2022-11-01",
        doi="10.1101/2022.01.01.000001",
        publication_types=("Preprint",),
    ),
    "retracted": Reference(
        title="Hyperplasia in children",
        authors=(Author("Wakefield", "A J"), Author("Murch", "S H")),
        journal="Lancet",
        year=1998,
        volume="351",
        issue="9103",
        pages="637-641",
        doi="10.1016/s0140-6736(97)11096-0",
        retraction=Retraction("retracted", "2010-02-06", "PMID 20137807", "PubMed record"),
    ),
}

#: Italics between stars, bold between two. By hand, after: Citing Medicine and the ICMJE's samples; AMA 11th
#: ed., ch. 3; APA 7th ed., ch. 9 and 10; Nature's formatting guide; BMJ's house style.
AMINO = "Regulation of interstitial excitatory amino acid concentrations after cortical contusion injury"
EXPECTED = {
    "vancouver": {
        "seven authors": f"Rose ME, Huerbin MB, Melick J, Marion DW, Palmer AM, Schiding JK, et al. {AMINO}. "
        "Brain Res. 2002;935(1-2):40-6. doi:10.1016/s0006-8993(02)02445-9",
        "six authors": f"Rose ME, Huerbin MB, Melick J, Marion DW, Palmer AM, Schiding JK. {AMINO}. "
        "Brain Res. 2002;935(1-2):40-6. doi:10.1016/s0006-8993(02)02445-9",
        "four authors": f"Rose ME, Huerbin MB, Melick J, Marion DW. {AMINO}. "
        "Brain Res. 2002;935(1-2):40-6. doi:10.1016/s0006-8993(02)02445-9",
        "one author": "Nógrádi AB. Salt: friend or foe? Nature. 2011;470:e100.",
        "cut short": "Ma K, Fox RJ, et al. A paper known from a list. J Neurol. 2008;12:1-9.",
        "a group": "RECOVERY Collaborative Group. Dexamethasone in hospitalized patients with Covid-19. "
        "N Engl J Med. 2021 Feb 25;384(8):693-704. doi:10.1056/nejmoa2021436",
        "nobody": "Cough & cold in children < 5. Bull World Health Organ. 2001;79:4.",
        "a book": "Kandel ER, Schwartz JH. Principles of neural science. McGraw-Hill; 2013.",
        "a preprint": "van der Berg J, O'Neil MK, Smith J. Echoes of bats [Preprint]. bioRxiv. 2022 Nov 1. "
        "doi:10.1101/2022.01.01.000001",
        "retracted": "Wakefield AJ, Murch SH. Hyperplasia in children. Lancet. 1998;351(9103):637-41. "
        "doi:10.1016/s0140-6736(97)11096-0 [retracted 2010-02-06: PMID 20137807]",
    },
    "ama": {
        "seven authors": f"Rose ME, Huerbin MB, Melick J, et al. {AMINO}. *Brain Res*. 2002;935(1-2):40-46. "
        "doi:10.1016/s0006-8993(02)02445-9",
        "six authors": f"Rose ME, Huerbin MB, Melick J, Marion DW, Palmer AM, Schiding JK. {AMINO}. "
        "*Brain Res*. 2002;935(1-2):40-46. doi:10.1016/s0006-8993(02)02445-9",
        "four authors": f"Rose ME, Huerbin MB, Melick J, Marion DW. {AMINO}. *Brain Res*. "
        "2002;935(1-2):40-46. doi:10.1016/s0006-8993(02)02445-9",
        "one author": "Nógrádi AB. Salt: friend or foe? *Nature*. 2011;470:e100.",
        "cut short": "Ma K, Fox RJ, et al. A paper known from a list. *J Neurol*. 2008;12:1-9.",
        "a group": "RECOVERY Collaborative Group. Dexamethasone in hospitalized patients with Covid-19. "
        "*N Engl J Med*. 2021;384(8):693-704. doi:10.1056/nejmoa2021436",
        "nobody": "Cough & cold in children < 5. *Bull World Health Organ*. 2001;79:4.",
        "a book": "Kandel ER, Schwartz JH. *Principles of neural science*. McGraw-Hill; 2013.",
        "a preprint": "van der Berg J, O'Neil MK, Smith J. Echoes of bats. *bioRxiv*. Preprint posted online "
        "November 1, 2022. doi:10.1101/2022.01.01.000001",
        "retracted": "Wakefield AJ, Murch SH. Hyperplasia in children. *Lancet*. 1998;351(9103):637-641. "
        "doi:10.1016/s0140-6736(97)11096-0 [retracted 2010-02-06: PMID 20137807]",
    },
    "apa": {
        "seven authors": "Rose, M. E., Huerbin, M. B., Melick, J., Marion, D. W., Palmer, A. M., "
        f"Schiding, J. K., & Kochanek, P. M. (2002). {AMINO}. *Brain Res*, *935*(1–2), 40–46. "
        "https://doi.org/10.1016/s0006-8993(02)02445-9",
        "six authors": "Rose, M. E., Huerbin, M. B., Melick, J., Marion, D. W., Palmer, A. M., & "
        f"Schiding, J. K. (2002). {AMINO}. *Brain Res*, *935*(1–2), 40–46. "
        "https://doi.org/10.1016/s0006-8993(02)02445-9",
        "four authors": f"Rose, M. E., Huerbin, M. B., Melick, J., & Marion, D. W. (2002). {AMINO}. *Brain "
        "Res*, *935*(1–2), 40–46. https://doi.org/10.1016/s0006-8993(02)02445-9",
        "one author": "Nógrádi, A.-B. (2011). Salt: friend or foe? *Nature*, *470*, e100.",
        "cut short": "Ma, K., Fox, R. J., et al. (2008). A paper known from a list. *J Neurol*, *12*, 1–9.",
        "a group": "RECOVERY Collaborative Group. (2021). Dexamethasone in hospitalized patients with "
        "Covid-19. *N Engl J Med*, *384*(8), 693–704. https://doi.org/10.1056/nejmoa2021436",
        "nobody": "Cough & cold in children < 5. (2001). *Bull World Health Organ*, *79*, 4.",
        "a book": "Kandel, E. R., & Schwartz, J. H. (2013). *Principles of neural science*. McGraw-Hill.",
        "a preprint": "van der Berg, J., O'Neil, M.-K., & Smith, J. (2022). *Echoes of bats*. bioRxiv. "
        "https://doi.org/10.1101/2022.01.01.000001",
        "retracted": "Wakefield, A. J., & Murch, S. H. (1998). Hyperplasia in children. *Lancet*, "
        "*351*(9103), 637–641. https://doi.org/10.1016/s0140-6736(97)11096-0 "
        "[retracted 2010-02-06: PMID 20137807]",
    },
    "nature": {
        "seven authors": f"Rose, M. E. *et al.* {AMINO}. *Brain Res* **935**, 40–46 (2002).",
        "six authors": f"Rose, M. E. *et al.* {AMINO}. *Brain Res* **935**, 40–46 (2002).",
        "four authors": f"Rose, M. E., Huerbin, M. B., Melick, J. & Marion, D. W. {AMINO}. *Brain Res* "
        "**935**, 40–46 (2002).",
        "one author": "Nógrádi, A.-B. Salt: friend or foe? *Nature* **470**, e100 (2011).",
        "cut short": "Ma, K., Fox, R. J. *et al.* A paper known from a list. *J Neurol* **12**, 1–9 (2008).",
        "a group": "RECOVERY Collaborative Group. Dexamethasone in hospitalized patients with Covid-19. "
        "*N Engl J Med* **384**, 693–704 (2021).",
        "nobody": "Cough & cold in children < 5. *Bull World Health Organ* **79**, 4 (2001).",
        "a book": "Kandel, E. R. & Schwartz, J. H. *Principles of neural science*. (McGraw-Hill, 2013).",
        "a preprint": "van der Berg, J., O'Neil, M.-K. & Smith, J. Echoes of bats. Preprint at "
        "https://doi.org/10.1101/2022.01.01.000001 (2022).",
        "retracted": "Wakefield, A. J. & Murch, S. H. Hyperplasia in children. *Lancet* **351**, 637–641 "
        "(1998). [retracted 2010-02-06: PMID 20137807]",
    },
    "bmj": {
        "seven authors": f"Rose ME, Huerbin MB, Melick J, *et al.* {AMINO}. *Brain Res*. 2002;935:40–6. "
        "doi: 10.1016/s0006-8993(02)02445-9",
        "six authors": f"Rose ME, Huerbin MB, Melick J, *et al.* {AMINO}. *Brain Res*. 2002;935:40–6. "
        "doi: 10.1016/s0006-8993(02)02445-9",
        "four authors": f"Rose ME, Huerbin MB, Melick J, *et al.* {AMINO}. *Brain Res*. 2002;935:40–6. "
        "doi: 10.1016/s0006-8993(02)02445-9",
        "one author": "Nógrádi A-B. Salt: friend or foe? *Nature*. 2011;470:e100.",
        "cut short": "Ma K, Fox RJ, *et al.* A paper known from a list. *J Neurol*. 2008;12:1–9.",
        "a group": "RECOVERY Collaborative Group. Dexamethasone in hospitalized patients with Covid-19. "
        "*N Engl J Med*. 2021;384:693–704. doi: 10.1056/nejmoa2021436",
        "nobody": "Cough & cold in children < 5. *Bull World Health Organ*. 2001;79:4.",
        "a book": "Kandel ER, Schwartz JH. *Principles of neural science*. McGraw-Hill 2013.",
        "a preprint": "van der Berg J, O'Neil M-K, Smith J. Echoes of bats. *bioRxiv*. Published Online "
        "First: 1 November 2022. doi: 10.1101/2022.01.01.000001",
        "retracted": "Wakefield AJ, Murch SH. Hyperplasia in children. *Lancet*. 1998;351:637–41. "
        "doi: 10.1016/s0140-6736(97)11096-0 [retracted 2010-02-06: PMID 20137807]",
    },
}


def starred(entry: module.Entry) -> str:
    looks = {(True, False): "*", (False, True): "**", (False, False): ""}
    return "".join(f"{looks[r.italic, r.bold]}{r.text}{looks[r.italic, r.bold]}" for r in entry.runs)


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("style", EXPECTED)
def test_ten_references_as_the_manuals_print_them(style: str, name: str) -> None:
    (entry,) = bibliography([(name, REFERENCES[name])], style)
    plain = replace(entry, runs=tuple(replace(run, link="") for run in entry.runs))
    joined = starred(plain).replace("**" * 2, "")  # a link parts a run in two of one look
    assert joined == EXPECTED[style][name]


def test_every_style_is_expected_and_its_engine_never_gave_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entries above come from the styles themselves, not from what stands in where the engine fails."""
    assert EXPECTED.keys() == STYLES.keys()
    monkeypatch.setattr(module, "vancouver", lambda reference: pytest.fail("stood in"))
    for style in STYLES:
        assert len(bibliography(REFERENCES.items(), style)) == 10


def test_numbered_styles_keep_the_order_of_first_mention() -> None:
    entries = bibliography(REFERENCES.items(), "AMA")
    assert [entry.key for entry in entries] == list(REFERENCES)
    assert [entry.mark for entry in entries] == [f"[{n}]" for n in range(1, 11)]


def test_apa_sorts_by_author_and_tells_two_papers_of_a_year_apart() -> None:
    other = replace(ROSE, title="Another of the same year", doi="")
    first, second = bibliography([("b", ROSE), ("a", other)], "apa")
    assert (first.key, first.mark) == ("a", "(Rose et al., 2002a)")
    assert " (2002a). Another of the same year." in first.text
    assert (second.key, second.mark) == ("b", "(Rose et al., 2002b)")
    marks = {entry.key: entry.mark for entry in bibliography(REFERENCES.items(), "apa")}
    assert marks["a book"] == "(Kandel & Schwartz, 2013)"
    assert marks["nobody"] == "(“Cough & cold in children…”, 2001)"
    names = [entry.text[:4] for entry in bibliography(REFERENCES.items(), "apa")]
    assert names == ["Coug", "Kand", "Ma, ", "Nógr", "RECO", "Rose", "Rose", "Rose", "van ", "Wake"]


def test_the_doi_leads_to_the_paper_and_the_title_where_the_style_prints_none() -> None:
    address = "https://doi.org/10.1016/s0006-8993(02)02445-9"
    for style in STYLES:
        (entry,) = bibliography([("r", ROSE)], style)
        (linked,) = [run for run in entry.runs if run.link]
        assert linked.link == address
        assert linked.text == {"apa": address, "nature": AMINO}.get(style, ROSE.doi)


def test_an_unknown_style_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="vancouver, ama, apa, nature, bmj"):
        bibliography([], "harvard")


def test_where_the_engine_fails_the_entry_stands_in_vancouver_style(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise KeyError("an engine's mistake")

    monkeypatch.setattr(module, "_rendered", broken)
    (entry,) = bibliography([("r", REFERENCES["cut short"])], "apa")
    assert entry.text == "Ma K, Fox RJ, et al. A paper known from a list. J Neurol. 2008;12:1-9."
    (entry,) = bibliography([("only an id", Reference())], "bmj")
    assert entry.text == "only an id"


names = st.text(st.characters(categories=("Lu", "Ll", "Lo", "Mn")), min_size=1, max_size=8)
authors = st.lists(
    st.one_of(
        st.builds(Author, family=names, given=st.one_of(names, st.sampled_from(["RJ", "R. J.", ""]))),
        st.builds(Author, literal=names),
    ),
    min_size=1,
    max_size=24,
)
anything = st.text(max_size=30)
records = st.builds(
    Reference,
    title=anything,
    authors=authors.map(tuple),
    authors_complete=st.just(False),
    journal=anything,
    year=st.one_of(st.none(), st.integers(1500, 2030)),
    volume=anything,
    issue=anything,
    pages=anything,
    doi=anything,
    publication_types=st.sampled_from([(), ("Book",), ("Preprint",), ("Dataset",), ("Congress",)]),
    retraction=st.sampled_from([None, Retraction("retracted", "2020", "PMID 7"), Retraction("concern")]),
)


@settings(max_examples=60, deadline=None)
@given(records, st.sampled_from(sorted(STYLES)))
@example(Reference(authors=(Author("Et", "Al"),) * 21, authors_complete=False), "apa")
def test_authors_cut_short_never_come_out_as_whole_and_retractions_are_said(
    record: Reference, style: str
) -> None:
    (entry,) = bibliography([("key", record)], style)
    assert "et al." in entry.text
    assert ("[retracted 2020: PMID 7]" in entry.text) == (
        record.retraction == Retraction("retracted", "2020", "PMID 7")
    )
    assert ("[expression of concern]" in entry.text) == (record.retraction == Retraction("concern"))
