"""From a question to quotations. Knows nothing of the web page."""

from index.errors import LitquoteError, NoLibrary
from index.records import Filters, Hit, Passage
from qa.assistant import Assistant
from qa.records import Answer, Citation, Quote
from qa.retrieve import Retriever

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Filters",
    "Hit",
    "LitquoteError",
    "NoLibrary",
    "Passage",
    "Quote",
    "Retriever",
]
