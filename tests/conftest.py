"""Fixtures for every test: nothing is written outside tmp_path, and no test reaches the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.encoders import HashingEncoder
from index.library import Library
from index.privacy import go_offline

go_offline()

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def seed() -> Path:
    """The user's seed document: a saved PubMed page."""
    return ROOT / "seeds" / "wu-2024-stem-cell-therapies-multiple-sclerosis.pubmed.txt"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real files and evaluation sets beside the checkout; tests that need them are skipped without."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the evaluation sets and real files (../shared) are not on this machine")
    return folder


@pytest.fixture
def encoder() -> HashingEncoder:
    return HashingEncoder(64)


@pytest.fixture
def library(tmp_path: Path, encoder: HashingEncoder) -> Iterator[Library]:
    """An empty library with the toy encoder."""
    with Library.create(tmp_path / "library", encoder=encoder, reader="none") as made:
        yield made


@pytest.fixture
def paper(tmp_path: Path) -> Callable[..., Path]:
    """Writes a PubMed XML file with the given articles: ``paper("a.xml", pmid="1", title="…", …)``."""

    def write(name: str, *records: dict[str, str], **record: str) -> Path:
        path = tmp_path / "files" / name
        path.parent.mkdir(exist_ok=True)
        articles = "".join(_article(**values) for values in (records or (record,)))
        path.write_text(f"<PubmedArticleSet>{articles}</PubmedArticleSet>", "utf-8")
        return path

    return write


def _article(
    pmid: str = "",
    doi: str = "",
    title: str = "A title of a paper on cells",
    abstract: str = "",
    year: str = "2020",
) -> str:
    ids = f'<ArticleId IdType="doi">{doi}</ArticleId>' if doi else ""
    number = f"<PMID>{pmid}</PMID>" if pmid else ""
    return (
        f"<PubmedArticle><MedlineCitation>{number}<Article><Journal><ISOAbbreviation>J Test</ISOAbbreviation>"
        f"<JournalIssue><PubDate><Year>{year}</Year></PubDate></JournalIssue></Journal>"
        f"<ArticleTitle>{title}</ArticleTitle><Abstract><AbstractText>{abstract}</AbstractText></Abstract>"
        "<AuthorList><Author><LastName>Nógrádi</LastName><ForeName>Antal</ForeName></Author></AuthorList>"
        f"</Article></MedlineCitation><PubmedData><ArticleIdList>{ids}</ArticleIdList></PubmedData></PubmedArticle>"
    )
