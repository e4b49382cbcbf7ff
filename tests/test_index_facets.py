"""Names that differ in spelling and are the same: authors and journals."""

from __future__ import annotations

import pytest

from index.facets import author_readings, facets, is_author, journal_keys, key, same_journal
from index.records import Author, Document, Reference, Retraction, Text


def filed(author: Author) -> tuple[str, str]:
    text = Text.of("", source="0" * 64, extractor="test/1")
    document = Document("d", text, "", Reference(authors=(author,)))
    ((_, value, detail),) = facets(document)
    return value, detail


@pytest.mark.parametrize(
    ("asked", "author", "same"),
    [
        ("Wu", Author("Wu", "Lei"), True),
        ("wu", Author("Wu", ""), True),
        ("Wu L", Author("Wu", "Lei"), True),
        ("Wu L.", Author("Wu", "L"), True),
        ("Wu X", Author("Wu", "Lei"), False),
        ("Wu X", Author("Wu", ""), False),
        ("Wu L", Author("Wu", "LX"), True),  # initials may be left out at the end, as in PubMed
        ("Wu LX", Author("Wu", "Lei Xin"), True),
        ("Wu LX", Author("Wu", "Lei"), False),
        ("Wu LX", Author("Wu", "L"), True),
        ("Wu, Lei", Author("Wu", "L"), True),
        ("Wu, Lei", Author("Wu", "Lin"), False),
        ("Lei Wu", Author("Wu", "Lei"), True),
        ("Wu Lei", Author("Wu", "Lei"), True),
        ("L. X. Wu", Author("Wu", "Lei Xin"), True),
        ("Wuu", Author("Wu", "Lei"), False),
        ("Nogradi A", Author("Nógrádi", "Antal"), True),
        ("NÓGRÁDI", Author("Nógrádi", "Antal"), True),
        ("Moller", Author("Møller", "P"), True),
        ("Garcia Lopez", Author("García-López", "M"), True),
        ("van der Berg P", Author("van der Berg", "Piet"), True),
        ("Smith", Author("Smith Jr", "J"), True),
        ("Smith J", Author("Smith III", "John"), True),
        ("The MS Group", Author(literal="The MS group"), True),
        ("Group", Author(literal="The MS group"), False),
    ],
)
def test_an_author_is_known_by_family_name_and_initials(asked: str, author: Author, same: bool) -> None:
    family, detail = filed(author)
    readings = author_readings(asked)
    assert any(family == name and is_author(given, detail) for name, given in readings) == same


@pytest.mark.parametrize(
    ("asked", "held", "same"),
    [
        ("Front Neurol", "Front Neurol", True),
        ("FRONT. NEUROL.", "Front Neurol", True),
        ("Frontiers in Neurology", "Front Neurol", True),
        ("Front Neurol", "Frontiers in neurology", True),
        ("The New England Journal of Medicine", "N Engl J Med", True),
        ("The Lancet", "Lancet", True),
        ("Lancet (London, England)", "Lancet", True),
        ("JAMA: the journal of the American Medical Association", "JAMA", True),
        (
            "Proceedings of the National Academy of Sciences of the United States of America",
            "Proc Natl Acad Sci U S A",
            True,
        ),
        ("American journal of physiology. Heart physiology", "Am J Physiol Heart Physiol", True),
        ("Deutsche medizinische Wochenschrift", "Dtsch Med Wochenschr", True),
        ("Nature Methods", "Nat Med", False),
        ("Nature", "Nat Med", False),
        ("Neurology", "J Neurol", False),
        ("Journal of Neurological Sciences", "J Neurol", False),
        ("Cell", "Cell Res", False),
        ("Sci", "Science", False),
        ("of the", "in", False),
    ],
)
def test_a_journal_is_known_by_its_full_and_its_abbreviated_name(asked: str, held: str, same: bool) -> None:
    assert any(same_journal(one, key(held)) for one in journal_keys(asked)) == same


def test_a_document_s_facets_are_its_keys() -> None:
    text = Text.of("", source="0" * 64, extractor="test/1")
    reference = Reference(
        journal="Front. Neurol.",
        authors=(Author("Wu", "L"), Author("Wu", "L")),
        publication_types=("Review",),
        retraction=Retraction("retracted"),
    )
    assert list(facets(Document("d", text, "", reference))) == [
        ("journal", "front neurol", ""),
        ("author", "wu", "l"),
        ("type", "review", ""),
        ("design", "review", ""),
        ("status", "retracted", ""),
    ]
    assert list(facets(Document("d", text, "", Reference()))) == []
