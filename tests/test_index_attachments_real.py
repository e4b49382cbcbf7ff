"""Real PDFs beside the checkout, named by their paths in records written here."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

from index.library import Library

#: PDF, the record's title, its DOI as the record writes it, whether they are one paper.
PAIRS = [
    (
        "petermr__BMCBioinfLin2009",
        "Is searching full text more effective than searching abstracts?",
        "",
        True,
    ),
    (
        "ceon__test2",
        "Patient Experiences of Structured Heart Failure Programmes",
        "10.1155/2010/157939",
        True,
    ),
    ("ceon__test1", "Quite another paper, on the moons of outer planets", "10.1234/moons.1", False),
]


def entry(place: Path, title: str, doi: str) -> str:
    told = f"doi = {{{doi}}}, " if doi else ""
    return (
        f"@article{{k{place.stem}, author = {{Record, The}}, title = {{{title}}}, year = {{1999}}, {told}"
        f"file = {{Full Text PDF:{place}:application/pdf}}}}\n"
    )


def test_real_pdfs_join_the_records_that_name_them(shared: Path, library: Library, tmp_path: Path) -> None:
    files = [shared / "files" / "pdf" / f"{name}.pdf" for name, *_ in PAIRS]
    bib = tmp_path / "refs.bib"
    bib.write_text("".join(entry(f, t, d) for f, (_, t, d, _) in zip(files, PAIRS, strict=True)), "utf-8")
    report = library.add([bib, *files])
    assert report.failed == []
    found = {d.title: library.document(d.id) for d in library.documents()}
    assert len(found) == 4
    for _, title, _, same in PAIRS:
        assert (found[title].reference.year, found[title].reference.authors[0].family) == (1999, "Record")
        assert found[title].text.extractor.startswith("pdf/" if same else "bibtex/")
    assert found[PAIRS[0][1]].reference.doi == "10.1186/1471-2105-10-46"
    (apart,) = report.apart
    assert apart.uri == str(files[2])
    assert "doi:10.1186/1752-2897-4-1" in apart.reason
    before = sorted((d.id, d.text.sha256) for d in library.documents())
    library.rebuild(anew=True)
    assert sorted((d.id, d.text.sha256) for d in library.documents()) == before


def test_an_article_and_its_pdf_packed_together_are_one_document(
    shared: Path, library: Library, tmp_path: Path
) -> None:
    nxml = shared / "files" / "jats" / "contentmine__PMC4417228-fulltext.xml"
    pdf = shared / "files" / "pdf" / "contentmine__PMC4417228-fulltext.pdf"
    with tarfile.open(tmp_path / "PMC4417228.tar.gz", "w:gz") as package:
        package.add(nxml, "PMC4417228/a.nxml")
        package.add(pdf, "PMC4417228/a.pdf")
    report = library.add(tmp_path / "PMC4417228.tar.gz")
    assert report.failed == []
    (document,) = library.documents()
    assert document.reference.doi == "10.1186/1746-4269-11-3"
    assert document.reference.title.startswith("Landscape ethnoecological knowledge base and management")


def test_real_records_packed_together_are_read_as_they_are_alone(
    shared: Path, library: Library, tmp_path: Path
) -> None:
    files = [shared / "files" / "ris" / "asreview___baseline.ris"]
    files += [shared / "files" / "jats" / "titipata__pone.0046493.nxml"]
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, f"export/{file.name}")
    report = library.add(tmp_path / "all.zip")
    packed = sorted(d.title for d in library.documents())
    with Library.create(tmp_path / "other", encoder=library.encoder, reader="none") as other:
        alone = other.add(files)
        assert sorted(d.title for d in other.documents()) == packed
    assert len(report.failed) == len(alone.failed)
