"""Real exports of references, read and compared with what stands in the raw files; and mutated ones."""

from __future__ import annotations

import functools
import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import SourceError
from index.records import Document, Failure
from index.sources import READERS, Reader, reader_for

FILES = Path(__file__).resolve().parents[1].parent / "shared" / "files"
needs_real_files = pytest.mark.skipif(not FILES.is_dir(), reason="the real files (../shared) are not here")

RECORDS = ("medline", "pubmed-text", "pubmed-csv", "ris", "bibtex", "endnote-xml", "csl-json")

#: File, reader, documents.
WHOLE = [
    ("medline-text/asreview__pubmed_endnote.txt", "ris", 6),
    ("medline-text/biopython__pubmed_result1.txt", "medline", 1),
    ("medline-text/biopython__pubmed_result2.txt", "medline", 4),
    ("medline-text/biopython__pubmed_result3.txt", "medline", 1),
    ("medline-text/bkchem__pubmed_result.csv", "pubmed-csv", 26),
    ("medline-text/dennishazelett__citations.nbib", "medline", 1),
    ("medline-text/edifgm21__pubmed_results.txt", "medline", 543),
    ("medline-text/holub008__pubmed-balloongui-set.nbib", "medline", 75),
    ("medline-text/holub008__single.nbib", "medline", 1),
    ("medline-text/jabref__NbibImporterTest.nbib", "medline", 1),
    ("medline-text/liqiming-whu__pubmed_result.txt", "pubmed-text", 1394),
    ("medline-text/mjwestgate__PubMed_example.txt", "medline", 3),
    (
        "medline-text/p1m-ortho__pubmed_result_ssb_2019-07-11_thru_2019-07-13_428.csv",
        "pubmed-csv",
        428,
    ),
    ("ris/asreview___baseline.ris", "ris", 100),
    ("ris/asreview___baseline_citavi.ris", "ris", 100),
    ("ris/asreview___baseline_psychInfo_ovid.ris", "ris", 10),
    ("ris/asreview___baseline_pubmed.ris", "medline", 50),
    ("ris/asreview__faulty_year.ris", "ris", 1),
    ("ris/asreview__ris_issue_1099.txt", "ris", 7),
    ("ris/asreview__schoot-lgmm-ptsd-included-2.ris", "ris", 38),
    ("ris/mjwestgate__ASP_ris_example.ris", "ris", 4),
    ("ris/mjwestgate__citesource_issue_24.ris", "ris", 17),
    ("ris/mrtango__example_full_without_whitespace.ris", "ris", 2),
    ("ris/mrtango__example_single_unknown_tag.ris", "ris", 1),
    ("ris/mrtango__example_urls.ris", "ris", 4),
    ("bibtex/jabref__jabref-authors.bib", "bibtex", 212),
    ("bibtex/jabref__testjabref_210as292.bib", "bibtex", 6),
    ("bibtex/jgm__averroes.bib", "bibtex", 4),
]

#: Written down from the raw files: file, place, how the title begins, year, first author, DOI, PMID.
BY_HAND = """
medline-text/biopython__pubmed_result1.txt|1|The Bio* toolkits--a brief overview|2002|Mangalam||12230038
medline-text/biopython__pubmed_result2.txt|1|A high level interface to SCOP and ASTRAL implemented in|2006|Casbon|10.1186/1471-2105-7-10|16403221
medline-text/biopython__pubmed_result2.txt|4|PDB file parser and structure class implemented in Python|2003|Hamelryck||14630660
medline-text/biopython__pubmed_result3.txt|1|Effects of different parameters in the fast scanning method|2012|Qiao|10.1118/1.4748329|23039619
medline-text/jabref__NbibImporterTest.nbib|1|Proteomics: A new perspective for cancer|2016|Shruthi|10.4103/2277-9175.180636|27169098
medline-text/dennishazelett__citations.nbib|1|Genome-wide association studies identify susceptibility loci|2019|Lawrenson|10.1016/j.ygyno.2019.02.023|30898391
medline-text/holub008__pubmed-balloongui-set.nbib|60|North American SOLITAIRE Stent-Retriever Acute Stroke Registry: choice of anesthesia and outcomes|2014|Abou-Chebl|10.1161/STROKEAHA.113.003698|24668201
medline-text/edifgm21__pubmed_results.txt|300|Molecular Organisation of Tick-Borne Encephalitis Virus|2022|Pulkkinen|10.3390/v14040792|35458522
medline-text/edifgm21__pubmed_results.txt|543|Betacoronavirus-specific alternate splicing|2022|Karlebach|10.1016/j.ygeno.2022.110270|35074468
ris/asreview___baseline_pubmed.ris|50|Eggshell Porosity Provides Insight on Evolution of Nesting|2015|Tanaka|10.1371/journal.pone.0142829|26605799
ris/asreview___baseline.ris|1|The Value of Radiologic Interventions and 18 F-DOPA PET in|2012|Blomberg|10.1007/s11307-012-0572-0|22752652
ris/asreview___baseline.ris|51|Wernicke encephalopathy in patients with depression|2020|Oudman|10.1111/pcn.13113|32657502
ris/asreview___baseline_citavi.ris|38|Apparent diffusion coefficient measurements in the|2012|Vermoolen|10.1007/s13244-012-0175-y|22695951
ris/asreview__schoot-lgmm-ptsd-included-2.ris|20|Trajectories of posttraumatic stress symptomatology in older|2013|Pietrzak||
ris/asreview__schoot-lgmm-ptsd-included-2.ris|38|A Latent Growth Mixture Modeling Approach to PTSD Symptoms|2012|Armour||
ris/asreview___baseline_psychInfo_ovid.ris|5|The selfish preen: Absence of allopreening in Palaeognathae|2023|Jensen|10.1007/s10071-023-01794-x|
ris/asreview__ris_issue_1099.txt|1|Design and prototyping of directly driven outer rotor|2018|Vaimann|10.15598/aeee.v16i3.2698|
ris/asreview__ris_issue_1099.txt|5|Reliable and Energy Efficient Battery-Powered Cyber-Physical|2018|Vatanparvar||
ris/mjwestgate__ASP_ris_example.ris|1|“Living on the edge”: The role of field margins for common|2016|Rodríguez-Pastor|10.1016/j.agee.2016.06.041|
ris/mrtango__example_single_unknown_tag.ris|1|A Mathematical Theory of Communication|1948|Shannon||
medline-text/asreview__pubmed_endnote.txt|6|Indigo Naturalis Ameliorates Oxazolone-Induced Dermatitis|2017|Adachi|10.1159/000471923|28482341
bibtex/jabref__jabref-authors.bib|100|Measuring the Portability of Executable Service-Oriented|2013|Lenhard||
bibtex/jabref__jabref-authors.bib|180|An Introduction to Service Choreographies (Servicechoreographien - eine Einführung)|2008|Decker|10.1524/itit.2008.0473|
bibtex/jabref__testjabref_210as292.bib|4|Serum-free B27/neurobasal medium supports differentiated|1995|Brewer|10.1002/jnr.490420510|8600300
bibtex/jabref__testjabref_210as292.bib|6|NbActiv4 medium improvement to Neurobasal/B27 increases|2008|Brewer|10.1016/j.jneumeth.2008.01.009|18308400
bibtex/jgm__averroes.bib|2|Des Averroës Abhandlung: “Über die Möglichkeit der Conjunktion”|1892|Averroes||
medline-text/bkchem__pubmed_result.csv|26|Molecular basis of erythrocyte adhesion to endothelial cells in diseases|2013|Wautier|10.3233/CH-2012-1572|22941965
medline-text/p1m-ortho__pubmed_result_ssb_2019-07-11_thru_2019-07-13_428.csv|199|[The epidemiological surveillance in the programme of public|2019|Cernigliaro|10.19191/EP19.2-3.P132.052|31293132
medline-text/p1m-ortho__pubmed_result_ssb_2019-07-11_thru_2019-07-13_428.csv|427|Association between endothelial nitric oxide synthase gene|2017|Kumar|10.4103/0028-3886.198170|28084234
medline-text/liqiming-whu__pubmed_result.txt|567|"Hey CIRI, What's My Prognosis?"|2019|Wan|10.1016/j.cell.2019.07.005|31348884
medline-text/liqiming-whu__pubmed_result.txt|1000|Conformational transitions of a neurotensin receptor 1-G(i1) complex|2019|Kato|10.1038/s41586-019-1337-6|31243364
""".strip().splitlines()  # noqa: E501  # one record a line


@functools.cache
def read(name: str) -> list[Document | Failure]:
    path = FILES / name
    return list(reader_for(path, path.name).read(path, source="0" * 64, name=path.name))


@needs_real_files
@pytest.mark.parametrize(("name", "reader", "documents"), WHOLE, ids=lambda value: str(value)[:60])
def test_every_record_of_every_real_file_is_a_document(name: str, reader: str, documents: int) -> None:
    path = FILES / name
    assert reader == reader_for(path, path.name).NAME
    found = read(name)
    assert [one for one in found if isinstance(one, Failure)] == []
    assert len(found) == documents
    for one in found:
        assert isinstance(one, Document)
        assert one.title
        for section in one.sections:
            assert 0 <= section.start < section.end <= len(one.text.content)
            assert one.text.content[section.start : section.end].strip()


@needs_real_files
@pytest.mark.parametrize("line", BY_HAND, ids=lambda line: line[:50])
def test_real_records_are_read_as_they_were_by_hand(line: str) -> None:
    name, place, title, year, author, doi, pmid = line.split("|")
    found = read(name)[int(place) - 1]
    assert isinstance(found, Document)
    reference = found.reference
    assert reference.title.startswith(title)
    told = (reference.year, reference.authors[0].family, reference.doi, reference.pmid)
    assert told == (int(year), author, doi, pmid)


@needs_real_files
def test_no_other_real_file_is_taken_for_records() -> None:
    expected = {name for name, _, _ in WHOLE}
    for path in sorted(FILES.rglob("*")):
        name = path.relative_to(FILES).as_posix()
        if path.is_file() and name not in expected and path.name != "SOURCES.md":
            try:
                taken = reader_for(path, path.name).NAME
            except SourceError:
                continue
            assert taken not in RECORDS, name


@needs_real_files
@pytest.mark.parametrize("name", [name for name, _, _ in WHOLE[::3]])
def test_a_mutated_file_gives_documents_failures_or_a_source_error(name: str, tmp_path: Path) -> None:
    whole = (FILES / name).read_bytes()[:30_000]
    path = tmp_path / name.rpartition("/")[2]
    chance = random.Random(name)
    for _ in range(12):
        path.write_bytes(mutated(whole, chance))
        try:
            reader = reader_for(path, path.name)
            for one in reader.read(path, source="0" * 64, name=path.name):
                assert isinstance(one, Document | Failure)
        except SourceError as error:
            assert str(error)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """``data`` with some bytes changed, a piece cut out, doubled, or moved."""
    pieces = bytearray(data)
    for _ in range(chance.randrange(1, 30)):
        place = chance.randrange(len(pieces))
        length = chance.choice((1, 1, 2, 20, 500))
        match chance.randrange(5):
            case 0:
                pieces[place : place + length] = bytes(chance.randrange(256) for _ in range(length))
            case 1:
                del pieces[place : place + length]
            case 2:
                pieces[place:place] = pieces[place : place + length]
            case 3:
                pieces[place:place] = chance.choice(
                    (
                        b"\n",
                        b"{",
                        b"}",
                        b'"',
                        b"\\",
                        b"ER  - \n",
                        b"TY  - JOUR\n",
                        b"\nPMID- 1\n",
                        b"\r",
                        b"$",
                        b"@",
                    )
                )
            case _:
                pieces = pieces[place:] + pieces[:place]
        if not pieces:
            return b"x"
    return bytes(pieces)


OPENINGS = {
    "medline": "PMID- 1\nOWN - NLM\n",
    "pubmed-text": "1. J Test. 2020 May;1(2):3-4.\n\nA title.\n\nPMID: 1\n\n",
    "pubmed-csv": "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year\n",
    "ris": "TY  - JOUR\nTI  - A\n",
    "bibtex": "@article{a,\n title = {A},\n",
    "endnote-xml": "<xml><records><record><ref-type name='Journal Article'>17</ref-type><titles><title>",
    "csl-json": '[{"type": "article-journal", "title": "A", "issued": {"raw": "2020"}, "abstract": "',
}


SNIPPETS = [
    *'aA1 \n\t{}[]"\\,:;-–=@#%$<>/&.()\r\u2028é😀\ufeff',
    *(
        "TY  - ",
        "\nTI  - ",
        "ER  - ",
        "\nAB  - ",
        "\nAU  - ",
        "BACKGROUND: ",
        "PMID",
        "doi: 10.1234/x",
        "2020",
    ),
    *(
        "\n@article{",
        "title = {",
        "\\textbf{",
        " and ",
        "\\'e",
        "</title>",
        "</record>",
        "&lt;",
        '": "',
        '"}, {"',
    ),
    *('"author": [{', '"date-parts": [[', "Retraction in: ", "\n\n2. ", "et al.", "@string{"),
]


@pytest.mark.parametrize("name", RECORDS)
@given(text=st.lists(st.sampled_from(SNIPPETS) | st.text(max_size=5), max_size=40).map("".join))
@settings(max_examples=25, deadline=None)
def test_any_text_behind_a_beginning_gives_documents_or_failures(
    tmp_path_factory, name: str, text: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "records"
    path.write_text(OPENINGS[name] + text, "utf-8", newline="")
    reader: Reader = READERS[name]
    try:
        for one in reader.read(path, source="0" * 64, name="records"):
            assert isinstance(one, Document | Failure)
    except SourceError as error:
        assert str(error)


RECORD = {
    "medline": "PMID- {0}\nOWN - NLM\nTI  - A title of a paper about cells {0}.\nAB  - Some text.\n\n",
    "pubmed-text": "{0}. J Test. 2020;1:2.\n\nA title {0}.\n\nWu L.\n\nSome text.\n\nPMID: {0}\n\n\n",
    "ris": "TY  - JOUR\nTI  - A title {0}\nPY  - 2020\nAB  - Some text.\nER  - \n\n",
    "bibtex": "@article{{a{0},\n  title = {{A title {0}}},\n  year = 2020,\n}}\n\n",
    "csl-json": '{{"type": "article-journal", "title": "A title {0}", "issued": {{"raw": "2020"}}}},\n',
}


@pytest.mark.parametrize("name", RECORD)
def test_memory_does_not_grow_with_the_number_of_records(tmp_path: Path, name: str) -> None:
    peaks = []
    for count in (100, 1500):
        path = tmp_path / f"{count}"
        records = "".join(RECORD[name].format(n) for n in range(1, count + 1))
        path.write_text(f"[{records.strip().rstrip(',')}]" if name == "csl-json" else records, "utf-8")
        assert name == reader_for(path, path.name).NAME
        tracemalloc.start()
        assert sum(1 for _ in READERS[name].read(path, source="0" * 64, name="x")) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # a block of the file and its text are held, whatever it holds
    assert peaks[1] < peaks[0] + 6_000_000
