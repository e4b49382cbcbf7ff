"""When two records are one paper, and that what is made of them does not depend on their order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.identity import known_by, quotable_length, same_paper, unite, unite_references
from index.records import Author, Document, Link, Reference, Section, Text, identifiers

WU = Author("Wu", "Lei")
LI = Author("Li", "Na")


def part(
    content: str,
    *,
    source: str = "a",
    label: str = "abstract",
    aliases: tuple[str, ...] = (),
    references: tuple[Reference, ...] = (),
    links: tuple[Link, ...] = (),
    notes: tuple[str, ...] = (),
    **record: object,
) -> Document:
    """What one source said of a paper."""
    text = Text.of(content, source=source, extractor="test/1")
    reference = Reference(**record)  # type: ignore[arg-type]
    return Document(
        "doc",
        text,
        reference.title,
        reference,
        (Section(0, len(content), label),),
        (*identifiers(reference), *aliases),
        references,
        links=links,
        notes=notes,
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"pmid": "1"}, {"pmid": "1"}, True),
        ({"pmid": "1"}, {"pmid": "2"}, False),
        ({"pmid": "1", "doi": "10.1/a"}, {"pmid": "1", "doi": "10.1/b"}, True),  # a miscopied DOI
        ({"pmid": "1", "doi": "10.1/a"}, {"pmid": "2", "doi": "10.1/a"}, False),
        ({"pmid": "1", "doi": "10.1/a"}, {"doi": "10.1/A"}, True),
        ({"doi": "10.1/a"}, {"doi": "10.1/b"}, False),
        ({"doi": "10.1/a", "pmcid": "PMC1"}, {"pmcid": "pmc1"}, True),
        ({"pmcid": "PMC1"}, {"pmcid": "PMC2"}, False),
        ({"pmid": "1"}, {"doi": "10.1/a"}, None),
        ({}, {}, None),
        ({"title": "The same title", "year": 2020}, {"title": "The same title", "year": 2020}, None),
    ],
)
def test_the_surest_identifier_that_both_have_decides(
    one: dict[str, str], other: dict[str, str], same: bool | None
) -> None:
    assert same_paper(Reference(**one), Reference(**other)) is same  # type: ignore[arg-type]
    assert same_paper(Reference(**other), Reference(**one)) is same  # type: ignore[arg-type]


def test_aliases_give_back_the_identifiers_they_were_made_of() -> None:
    reference = Reference(pmid="7", doi="10.1/X(1):a", pmcid="pmc9")
    assert known_by(identifiers(reference)) == Reference(pmid="7", doi="10.1/x(1):a", pmcid="PMC9")
    assert known_by(("file:abc-1", "plain")) == Reference()
    assert known_by(("pmid:1", "pmid:2")).pmid == "1"


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ("On the growth of axolotl legs", "On the Growth of Axolotl Legs.", True),
        ("On the growth of naïve T‑cells", "On the growth of naive T-cells", True),
        ("On the growth of axolotl legs", "On the growth of axolotl arms", False),
        ("Editorial", "Editorial", False),  # short titles are shared by many papers
    ],
)
def test_title_keys_join_spellings_of_one_title(one: str, other: str, joined: bool) -> None:
    keys = [set(identifiers(Reference(title=t, year=2020, authors=(WU,)))) for t in (one, other)]
    assert bool(keys[0] & keys[1]) is joined


def test_title_keys_need_the_same_year_and_first_author() -> None:
    title = "On the growth of axolotl legs"
    (key,) = identifiers(Reference(title=title, year=2020, authors=(WU, LI)))
    assert identifiers(Reference(title=title, year=2020, authors=(Author(literal="Lei Wu"),))) == (key,)
    assert identifiers(Reference(title=title, year=2021, authors=(WU,))) != (key,)
    assert identifiers(Reference(title=title, year=2020, authors=(LI, WU))) != (key,)
    assert identifiers(Reference(title=title, year=2020)) == ()
    assert identifiers(Reference(title=title, authors=(WU,))) == ()


def test_the_fullest_text_is_searched_and_the_records_are_united() -> None:
    short = part(
        "Legs grow.", source="b", doi="10.1/x", title="Legs", year=2020, keywords=("Legs", "axolotl")
    )
    full = part("Legs grow. Fast.", source="a", pmid="7", journal="J Test", keywords=("axolotl", "legs"))
    one = unite([short, full], "id", ["old"])
    assert (one.id, one.text, one.title) == ("id", full.text, "Legs")
    reference = one.reference
    assert (reference.doi, reference.pmid, reference.journal, reference.year) == (
        "10.1/x",
        "7",
        "J Test",
        2020,
    )
    assert reference.keywords == ("Legs", "axolotl")
    assert one.aliases == ("pmid:7", "doi:10.1/x", "old")


def test_titles_and_reference_lists_do_not_make_a_text_full() -> None:
    listed = part("x" * 500, label="references")
    assert quotable_length(listed) == 0
    assert unite([listed, part("Legs.", source="b")], "id").text.content == "Legs."


def test_a_whole_author_list_wins_over_a_cut_one() -> None:
    cut = Reference(title="T", year=2020, journal="J", doi="10.1/x", authors=(WU,), authors_complete=False)
    whole = Reference(authors=(WU, LI))
    for order in ([cut, whole], [whole, cut]):
        united = unite_references(order)
        assert (united.authors, united.authors_complete, united.doi) == ((WU, LI), True, "10.1/x")
    assert unite_references([cut, Reference(pmid="1")]).authors_complete is False


WORDS = st.sampled_from(["", "alpha", "Alpha", "beta", "gamma"])
PARTS = st.lists(
    st.builds(
        lambda content, fields, keywords, cut, references, link: part(
            content,
            source=content,
            authors=(WU,) if cut else (WU, LI),
            authors_complete=not cut,
            keywords=tuple(keywords),
            references=tuple(Reference(title=title) for title in references),
            links=(Link("comment", link),) if link else (),
            notes=(link,) if link else (),
            **fields,
        ),
        st.text("abc. ", min_size=1, max_size=8),
        st.fixed_dictionaries(
            {"title": WORDS, "journal": WORDS, "doi": WORDS, "pmid": WORDS, "volume": WORDS},
            optional={"year": st.integers(2000, 2003)},
        ),
        st.lists(WORDS, max_size=3),
        st.booleans(),
        st.lists(WORDS, max_size=3),
        WORDS,
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda document: document.text.source,
)


@settings(deadline=None)
@given(PARTS, st.randoms(use_true_random=False))
def test_uniting_does_not_depend_on_the_order(parts: list[Document], random: object) -> None:
    shuffled = list(parts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = unite(parts, "id"), unite(shuffled, "id")
    assert one == other
    assert len(one.text.content) == max(len(p.text.content) for p in parts)
    assert set(one.aliases) == {alias for p in parts for alias in p.aliases}
    assert len(one.references) == max(len(p.references) for p in parts)
    if any(p.reference.authors_complete for p in parts):
        assert one.reference.authors == (WU, LI)
    for name in ("title", "journal", "doi", "pmid", "volume", "year"):
        assert (getattr(one.reference, name) or None) in {getattr(p.reference, name) or None for p in parts}
        assert bool(getattr(one.reference, name)) == any(getattr(p.reference, name) for p in parts)


WHALES = "Songs of humpback whales in the winter months"
DAMS = "Hydraulics of very small concrete dams in Peru"
PAYNE, SILVA = (Author("Payne", "Roger"),), (Author("Silva", "Ana"),)
ARTICLE = ("Journal Article",)


def paper(title: str = WHALES, authors: tuple[Author, ...] = PAYNE, **told: object) -> Reference:
    return Reference(title=title, authors=authors, **({"year": 2020} | told))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (paper(doi="10.1/a"), paper(DAMS, SILVA, doi="10.1/a", year=2011), False),
        (paper(pmid="1"), paper(DAMS, SILVA, pmid="1", year=2011), False),
        (paper(doi="10.1/a", pages="7-9"), paper(DAMS, SILVA, doi="10.1/a", pages="40"), False),
        (paper(doi="10.1/a"), paper(DAMS, SILVA, doi="10.1/a"), True),  # nothing else disagrees
        (paper(doi="10.1/a"), paper("Gesänge der Buckelwale im Winter", doi="10.1/a", year=2011), True),
        (paper(doi="10.1/a"), paper("座头鲸的歌", (Author("李", "雷"),), doi="10.1/a", year=2011), True),
        (paper(doi="10.1/a"), Reference(doi="10.1/a"), True),
        (paper(), paper(DAMS, SILVA), None),
        # a talk, a thesis, a chapter and the article that came of it
        *(
            (paper(publication_types=ARTICLE), paper(publication_types=(kind,)), False)
            for kind in ("Congress", "Academic Dissertation", "Book Chapter", "Dataset")
        ),
        (
            paper(publication_types=ARTICLE, volume="9", pages="12-15"),
            paper(publication_types=("Congress",), volume="9", pages="12"),
            None,
        ),
        (
            paper(publication_types=("Meeting Abstract", *ARTICLE)),
            paper(publication_types=ARTICLE),
            False,
        ),
        (paper(publication_types=("Congress",)), paper(publication_types=("Book Chapter",)), None),
        # pages of one volume
        (paper(volume="3", pages="9-12"), paper(volume="3", pages="14-19"), None),
        (paper(volume="3", pages="1-12"), paper(volume="3", pages="1003"), None),
        (paper(volume="3", pages="e12"), paper(volume="3", pages="112"), None),
        # titles that one author uses twice a year
        *(
            (paper(title, volume="3", pages=""), paper(title, volume="3", pages="14"), False)
            for title in (
                "Response to the letter to the editor", "In reply: The authors' response",
                "Introduction to the special issue", "Letter to the editor",
            )
        ),
        (
            paper("Reply to the authors", volume="3", pages="9"),
            paper("Reply to the authors", volume="3", pages="9"),
            None,
        ),
        (
            paper("Response to whales that sing in the winter", volume="3", pages=""),
            paper("Response to whales that sing in the winter", volume="3", pages="14"),
            None,
        ),
    ],
)  # fmt: skip
def test_what_a_title_or_a_miscopied_identifier_alone_joins_is_told_apart(
    one: Reference, other: Reference, same: bool | None
) -> None:
    """A wrong join is worse than a missed one, but what is not told parts nothing."""
    assert same_paper(one, other) is same
    assert same_paper(other, one) is same
