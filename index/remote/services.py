"""Where the services are, and who is asking."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

__all__ = ["Services"]


@dataclass(frozen=True, slots=True)
class Services:
    """Addresses of the three services; ``contact`` is an e-mail address, ``api_key`` NCBI's.

    Documented at https://www.ncbi.nlm.nih.gov/books/NBK25497/ (E-utilities: tool, email and api_key; at most
    3 requests a second, 10 with a key), https://europepmc.org/RestfulWebService, and
    https://api.crossref.org/swagger-ui (mailto puts a request into the polite pool).
    """

    ncbi: str = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
    europepmc: str = "https://www.ebi.ac.uk/europepmc/webservices/rest"
    crossref: str = "https://api.crossref.org"
    contact: str = ""
    api_key: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, contact: str = "") -> Services:
        """The defaults, changed by LITQUOTE_NCBI, LITQUOTE_EUROPEPMC, LITQUOTE_CROSSREF (mirrors).

        LITQUOTE_CONTACT and NCBI_API_KEY say who is asking.
        """
        plain = cls()
        return cls(
            os.environ.get("LITQUOTE_NCBI", plain.ncbi).rstrip("/"),
            os.environ.get("LITQUOTE_EUROPEPMC", plain.europepmc).rstrip("/"),
            os.environ.get("LITQUOTE_CROSSREF", plain.crossref).rstrip("/"),
            contact or os.environ.get("LITQUOTE_CONTACT", ""),
            os.environ.get("NCBI_API_KEY", ""),
        )


def host_of(url: str) -> str:
    """``"eutils.ncbi.nlm.nih.gov"``, with the port where one is given."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()
