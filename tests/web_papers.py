"""Papers for the tests of the page: a review that cites a held paper and a missing one."""

from __future__ import annotations

from pathlib import Path

REVIEW = (
    "<article><front><article-meta><article-id pub-id-type='doi'>10.1000/r</article-id><title-group>"
    "<article-title>A review of songs</article-title></title-group><pub-date><year>2021</year></pub-date>"
    "</article-meta></front><body><sec><title>Singers</title><p>"
    "Whales &amp; geese sing loudly [<xref ref-type='bibr' rid='a'>1</xref>, <xref ref-type='bibr' rid='b'>2"
    "</xref>]. Frogs croak at night [<xref ref-type='bibr' rid='b'>2</xref>].</p></sec><sec><title>Dancers"
    "</title><p>Bees dance in the hive.</p></sec><sec><title>Others</title><p>Mice whistle.</p></sec></body>"
    "<back><ref-list>"
    "<ref id='a'><element-citation><article-title>Whales</article-title><year>1971</year>"
    "<pub-id pub-id-type='pmid'>71</pub-id></element-citation></ref><ref id='b'><element-citation>"
    "<article-title>Frogs</article-title><pub-id pub-id-type='pmid'>72</pub-id></element-citation></ref>"
    "</ref-list></back></article>"
)
WHALES = (
    "PMID- 71\nDP  - 1971 May\nTI  - Whales\nPT  - Journal Article\nTA  - J Sea\n"
    "AB  - Whales sing songs for hours.\n"
)


def review(folder: Path) -> list[Path]:
    """The review, and the one paper of its list that is held."""
    (folder / "review.xml").write_text(REVIEW, "utf-8")
    (folder / "whales.nbib").write_text(WHALES, "utf-8")
    return [folder / "review.xml", folder / "whales.nbib"]
