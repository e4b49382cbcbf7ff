"""Real JATS files against values read by hand in their XML; word recall against gold texts; mutations."""

from __future__ import annotations

import functools
import importlib.util
import random
import re
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from index.errors import SourceError
from index.records import Document, Failure, Link
from index.sources import jats, pubmed_xml, reader_for

FILES = Path(__file__).resolve().parents[1].parent / "shared" / "files"
JATS = FILES / "jats"
pytestmark = pytest.mark.skipif(not JATS.is_dir(), reason="the real files in ../shared are not here")

#: Written down from the XML itself: pmid, doi, pmcid, year, date, volume, issue, pages, first author,
#: how many references its list has, and how its title begins.
KNOWN = {
    "biopython__efetch_pmc.xml": (
        "34527728", "10.1183/23120541.50193-2021", "PMC8435807", 2021, "2021-07", "7", "3", "50193-2021",
        "", 0,
        "“Lung diffusing capacity for nitric oxide measured by two commercial devices",
    ),
    "contentmine__PMC4417228-fulltext.xml": (
        "", "10.1186/1746-4269-11-3", "PMC4417228", 2015, "2015-01-07", "11", "", "3", "Molnár", 68,
        "Landscape ethnoecological knowledge base and management of ecosystem services in a",
    ),
    "docling-project__elife-56337.nxml": (
        "32479262", "10.7554/eLife.56337", "PMC7289599", 2020, "2020-06-01", "9", "", "e56337", "Wolf", 56,
        "KRAB-zinc finger protein gene expansion in response to active retrotransposons",
    ),
    "docling-project__pntd.0008301.nxml": (
        "32479495", "10.1371/journal.pntd.0008301", "PMC7289444", 2020, "2020-06", "14", "6", "e0008301",
        "Burgert-Brucker", 53, "Risk factors associated with failing pre-transmission assessment surveys",
    ),
    "docling-project__pone.0234687.nxml": (
        "32555654", "10.1371/journal.pone.0234687", "PMC7302504", 2020, "2020-06-18", "15", "6", "e0234687",
        "Ribeiro-Filho", 76, "Potential to reduce greenhouse gas emissions through different dairy cattle",
    ),
    "elifesciences__elife00270.xml": (
        "", "10.7554/eLife.00270", "", 2012, "2012-10-15", "1", "", "e00270", "Schekman", 0,
        "Launching eLife, Part 1",
    ),
    "elifesciences__elife00351.xml": (
        "", "10.7554/eLife.00351", "", 2012, "2012-12-13", "1", "", "e00351", "Smith", 7, "Bad medicine",
    ),
    "jayded__PMC101395.nxml": (
        "11943073", "10.1186/1472-6904-2-2", "PMC101395", 2002, "2002-02-27", "2", "", "2", "Ammon", 34,
        "Diclofenac does not interact with codeine metabolism in vivo: A study in healthy volunteers",
    ),
    "jayded__PMC1974799.nxml": (
        "17537184", "10.1111/j.1742-1241.2007.01400.x", "PMC1974799", 2007, "2007-07", "61", "7", "1091-1111",
        "Ng-Mak", 19, "Times to pain relief and pain freedom with rizatriptan 10 mg and other oral triptans",
    ),
    "jayded__PMC4319071.nxml": (
        "25599828", "10.2196/jmir.3837", "PMC4319071", 2015, "2015-01", "17", "1", "e23", "Springvloet", 79,
        "Short- and Medium-Term Efficacy of a Web-Based Computer-Tailored Nutrition Education Intervention",
    ),
    "jayded__PMC4330076.nxml": (
        "25622599", "10.1161/JAHA.114.001521", "PMC4330076", 2015, "2015-01", "4", "1", "e001521", "Hiltunen",
        40, "Pharmacogenomics of Hypertension: A Genome‐Wide, Placebo‐Controlled Cross‐Over Study",
    ),
    "peerj__example-jats-1-0.xml": (
        "", "10.7717/peerj.182", "", 2013, "2013-10-22", "1", "", "e182", "Farke", 110,
        "Ontogeny in the tube-crested dinosaur Parasaurolophus (Hadrosauridae) and heterochrony in",
    ),
    "peerj__example-jats-1-1-software.xml": (
        "", "10.7717/peerj-cs.52", "", 2016, "2016-03-30", "2", "", "e52", "MacDonald", 19,
        "PhilDB: the time series database with built-in change logging",
    ),
    "plos__journal.pbio.1001473.xml": (
        "", "10.1371/journal.pbio.1001473", "", 2013, "2013-01", "11", "1", "e1001473", "Swart", 133,
        "The Oxytricha trifallax Macronuclear Genome: A Complex Eukaryotic Genome with 16,000 Tiny",
    ),
    "ropensci__PMC2231364.xml": (
        "17963531", "10.1186/1471-2180-7-96", "PMC2231364", 2007, "2007-10-29", "7", "", "96", "Han", 76,
        "Comparative transcriptomics in Yersinia pestis: a global view of environmental modulation",
    ),
    "ropensci__PMC6385181.xml": (
        "", "10.1038/s41598-019-39072-x", "PMC6385181", 2019, "2019-02-21", "9", "", "2501", "Koch", 53,
        "Transcriptomic studies and assessment of Yersinia pestis reference genes in various conditions",
    ),
    "titipata__1471-2180-11-174.nxml": (
        "21810267", "10.1186/1471-2180-11-174", "PMC3166277", 2011, "2011-08-02", "11", "", "174",
        "Dennehy", 64,
        "Factors influencing lysis time stochasticity in bacteriophage λ",
    ),
    "titipata__1472-6831-8-11.nxml": (
        "18405359", "10.1186/1472-6831-8-11", "PMC2329613", 2008, "2008-04-11", "8", "", "11",
        "van der Meulen",
        31, "The Dutch version of the Oral Health Impact Profile (OHIP-NL): Translation, reliability",
    ),
    "titipata__ehp-116-1694.nxml": (
        "19079722", "10.1289/ehp.11570", "PMC2599765", 2008, "2008-12", "116", "12", "1694-1699", "Lema", 58,
        "Dietary Exposure to 2,2′,4,4′-Tetrabromodiphenyl Ether (PBDE-47) Alters Thyroid Status",
    ),
    "titipata__pone.0046493.nxml": (
        "23029536", "10.1371/journal.pone.0046493", "PMC3460867", 2012, "2012-09-28", "7", "9", "e46493",
        "Delorme", 58, "MmPPOX Inhibits Mycobacterium tuberculosis Lipolytic Enzymes Belonging to",
    ),
    "ucdenver-ccp__Arthritis Res Ther-8-2-1526604.nxml": (
        "16507151", "10.1186/ar1901", "", 2006, "2006-02-14", "8", "2", "R45", "Liljander", 25,
        "Identification of collagen-induced arthritis loci in aged multiparous female mice",
    ),
    "ucdenver-ccp__BMC Dev Biol-5-_-1208873.nxml": (
        "16109169", "10.1186/1471-213X-5-17", "", 2005, "2005-08-18", "5", "", "17", "Woda", 56,
        "Inactivation of the Huntington's disease gene (Hdh) impairs anterior streak formation",
    ),
    "ucdenver-ccp__BMC Med Genet-7-_-1448208.nxml": (
        "16579849", "10.1186/1471-2350-7-33", "", 2006, "2006-03-31", "7", "", "33", "Homanics", 46,
        "Production and characterization of murine models of classic and intermediate maple syrup urine",
    ),
    "ucdenver-ccp__Genome Biol-4-11-329117.nxml": (
        "14611657", "", "", 2003, "2003-10-07", "4", "11", "R71", "Young", 53,
        "Odorant receptor expressed sequence tags demonstrate olfactory expression of over 400 genes",
    ),
    "ucdenver-ccp__PLoS Biol-2-8-509305.nxml": (
        "", "10.1371/journal.pbio.0020243", "", 2004, "2004-08", "2", "8", "e243", "Bygrave", 43,
        "Spontaneous Autoimmunity in 129 and C57BL/6 Mice—Implications for Autoimmunity Described",
    ),
    "ucdenver-ccp__PLoS Genet-2-1-1353279.nxml": (
        "16410827", "10.1371/journal.pgen.0020004", "", 2006, "2006-01", "2", "1", "e4", "Kiernan", 68,
        "The Notch Ligand JAG1 Is Required for Sensory Progenitor Development in the Mammalian Inner Ear",
    ),
}  # fmt: skip


@functools.cache
def read(name: str) -> list[Document | Failure]:
    return list(jats.read(JATS / name, source="0" * 64, name=name))


def article(name: str) -> Document:
    found = read(name)[0]
    assert isinstance(found, Document), found
    return found


def told(found: Document, label: str) -> list[str]:
    return [found.text.content[s.start : s.end] for s in found.sections if s.label == label]


@pytest.mark.parametrize("name", KNOWN)
def test_records_are_what_stands_in_the_xml(name):
    found = article(name)
    record = found.reference
    first = record.authors[0].family if record.authors else ""
    pages = (record.volume, record.issue, record.pages)
    names = (record.pmid, record.doi, record.pmcid)
    *expected, title = KNOWN[name]
    assert [*names, record.year, record.date, *pages, first, len(found.references)] == expected
    assert record.title.startswith(title)


def test_every_file_is_known_or_named():
    names = {path.name for path in JATS.iterdir()}
    assert names - KNOWN.keys() == {"jgm__jats-reader.xml"}
    with pytest.raises(SourceError, match=r"not well formed \(line 230: Attribute xlink:href redefined\)"):
        read("jgm__jats-reader.xml")


def test_pubmed_and_jats_readers_take_their_own_files_only():
    for path in JATS.iterdir():
        assert reader_for(path, path.name) is jats
    for path in (FILES / "pubmed-xml").iterdir():
        with path.open("rb") as stream:
            assert not jats.recognises(stream.read(65536), path.suffix), path.name
    for path in (FILES / "html").iterdir():
        with path.open("rb") as stream:
            assert not jats.recognises(stream.read(65536), path.suffix), path.name
    assert reader_for(FILES / "pubmed-xml" / "biopython__pubmed4.xml", "a.xml") is pubmed_xml


@pytest.mark.parametrize("name", KNOWN)
def test_sections_and_citations_lie_where_they_say(name):
    for found in read(name):
        assert isinstance(found, Document)
        content = found.text.content
        assert all(
            s.start < s.end <= len(content) and content[s.start : s.end].strip() for s in found.sections
        )
        ends = [(s.start, s.end) for s in found.sections]
        assert all(one[1] <= two[0] for one, two in pairwise(ends))
        numbers = {one.number for one in found.references}
        for place in found.citations:
            assert set(place.reference_numbers) <= numbers
            assert any(s.start <= place.start < place.end <= s.end for s in found.sections)
            assert content[place.start] != " " and content[place.end - 1] != " "


def test_printed_numbers_are_the_numbers_cited():
    """In papers that print numbers, each citation's text expanded is its numbers: read from outside."""
    checked = 0
    for name in ("jayded__PMC101395.nxml", "jayded__PMC4330076.nxml", "titipata__1471-2180-11-174.nxml"):
        found = article(name)
        for place in found.citations:
            expected: list[int] = []
            for one, last in re.findall(r"(\d+)(?:[-–](\d+))?", found.text.content[place.start : place.end]):
                expected += range(int(one), int(last or one) + 1)
            assert list(place.reference_numbers) == expected, found.text.content[place.start : place.end]
            checked += 1
    assert checked == 32 + 45 + 79


def test_letters_printed_with_a_paper_are_papers_of_their_own():
    paper, letter, reply = read("docling-project__elife-56337.nxml")
    assert isinstance(paper, Document) and isinstance(letter, Document) and isinstance(reply, Document)
    assert letter.reference.doi == "10.7554/eLife.56337.sa1"
    assert letter.title.startswith("Decision letter: KRAB-zinc finger protein")
    assert [(link.kind, link.target) for link in paper.links] == [
        ("peer-review", "doi:10.7554/elife.56337.sa1"),
        ("peer-review", "doi:10.7554/elife.56337.sa2"),
    ]
    assert letter.links == (Link("peer-review-of", "pmid:32479262", paper.title),)
    assert "Essential revisions" not in paper.text.content and "Essential revisions" in reply.text.content


def test_corrections_companions_and_trials():
    correction = article("biopython__efetch_pmc.xml")
    assert correction.links == (Link("erratum-for", "doi:10.1183/23120541.00193-2021"),)
    assert correction.reference.publication_types == ("Published Erratum",)
    assert article("jayded__PMC4319071.nxml").reference.trials == ("NTR3396",)
    companions = article("ucdenver-ccp__PLoS Biol-2-8-509305.nxml").links
    assert [(link.kind, link.target) for link in companions] == [
        ("companion", "doi:10.1371/journal.pbio.0020241"),
        ("companion", "doi:10.1371/journal.pbio.0020220"),
    ]


def test_statements_at_the_end_have_their_labels():
    found = article("jayded__PMC4330076.nxml")
    assert told(found, "disclosure") == ["None."]
    assert told(found, "funding")[0].startswith("This study was supported by grants from the Sigrid Juselius")
    minnows = article("titipata__ehp-116-1694.nxml")
    assert told(minnows, "disclosure") == ["The authors declare they have no competing financial interests."]
    assert told(article("jayded__PMC1974799.nxml"), "funding") == [
        "This study was funded by Merck & Co., Inc."
    ]


def test_a_table_is_rows_of_cells():
    rows = "\n\n".join(told(article("jayded__PMC1974799.nxml"), "table"))
    assert "Age, mean years (SD) | 41.3 (11.5) | 42.0 (11.4) | 40.3 (11.6) | 0.06*" in rows
    assert "Rizatriptan (n = 673) | 88.1 | 0.0003 | 60.9 | <0.0001" in rows


def test_raised_numbers_cannot_be_misread():
    text = article("jayded__PMC4330076.nxml").text.content
    assert "P value <1×10⁻⁵" in text
    assert "PLINK v1.07 toolset.[20] Of the total" in text


@pytest.mark.parametrize("stem", [path.stem for path in sorted((FILES / "jats-gold-text").glob("*.txt"))])
def test_gold_words_are_read(stem):
    """The target of the bench: at least 0.99 of the words, file by file."""
    path = Path(__file__).parent / "bench" / "jats_recall.py"
    spec = importlib.util.spec_from_file_location("jats_recall", path)
    assert spec is not None and spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    sys.modules["jats_recall"] = bench
    spec.loader.exec_module(bench)
    (pair,) = [pair for pair in bench.pairs(FILES) if pair[0].stem == stem]
    assert bench.measure(*pair, order=False).recall >= 0.998


@pytest.mark.parametrize("seed", range(60))
def test_mutated_files_give_documents_or_reasons(seed, tmp_path):
    rng = random.Random(seed)
    names = sorted(name for name in KNOWN if (JATS / name).stat().st_size < 130_000)
    data = bytearray((JATS / rng.choice(names)).read_bytes())
    path = tmp_path / "a.xml"
    path.write_bytes(mutated(data, rng))
    try:
        found = list(jats.read(path, source="0" * 64, name="a.xml"))
    except SourceError:
        return
    assert found and all(isinstance(one, Document | Failure) for one in found)


def mutated(data: bytearray, rng: random.Random) -> bytes:
    """Bytes flipped, tags swapped or doubled, pieces cut out or moved: half of them stay well formed."""
    kind = rng.randrange(4)
    if kind == 0:
        for _ in range(rng.randrange(1, 20)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        return bytes(data)
    if kind == 1:
        start = rng.randrange(len(data))
        del data[start : start + rng.randrange(1, 5000)]
        return bytes(data)
    text = data.decode("utf-8")
    tags = sorted(set(re.findall(r"<([a-z][\w-]*)[ >]", text)) - {"article"})
    for _ in range(rng.randrange(1, 4)):
        one, other = rng.choice(tags), rng.choice(tags)
        text = re.sub(rf"(</?){one}(?=[\s>/])", rf"\g<1>{other}", text)
    if kind == 3:
        text = re.sub(
            r'="[^"]{1,30}"', lambda _: f'="{rng.choice(["", "x", "999999999", "-1"])}"', text, count=40
        )
    return text.encode()
