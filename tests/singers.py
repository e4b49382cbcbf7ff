"""A small library for tests of programs: a review of songs, and the paper it cites."""

from __future__ import annotations

from pathlib import Path

from index.encoders import HashingEncoder
from index.library import Library

REVIEW = (
    "<article><front><article-meta><article-id pub-id-type='doi'>10.1000/r</article-id><title-group>"
    "<article-title>A review of songs</article-title></title-group></article-meta></front><body><p>"
    "Whales &amp; geese 🐟 sing in winter [<xref ref-type='bibr' rid='a'>1</xref>].</p></body><back>"
    "<ref-list><ref id='a'><element-citation><article-title>Whales</article-title><year>1971</year>"
    "<pub-id pub-id-type='pmid'>71</pub-id></element-citation></ref></ref-list></back></article>"
)
QUESTION = "Do whales & geese 🐟 sing in winter?"


def make_library(folder: Path) -> Path:
    """A review, and the paper it cites."""
    (folder / "review.xml").write_text(REVIEW, "utf-8")
    (folder / "whales.nbib").write_text("PMID- 71\nTI  - Whales\nAB  - Whales sing in winter.\n", "utf-8")
    with Library.create(folder / "library", encoder=HashingEncoder(64), reader="none") as library:
        assert len(library.add([folder / "review.xml", folder / "whales.nbib"]).added) == 2
    return folder / "library"
