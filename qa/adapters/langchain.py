"""A retriever for LangChain: ``pip install 'litquote[langchain]'``."""

from __future__ import annotations

import os
from typing import Any

from index.privacy import go_offline

go_offline()

from langchain_core.callbacks import CallbackManagerForRetrieverRun  # noqa: E402
from langchain_core.documents import Document  # noqa: E402
from langchain_core.retrievers import BaseRetriever  # noqa: E402
from pydantic import PrivateAttr  # noqa: E402

from qa.adapters.pieces import Mode, Pieces  # noqa: E402
from qa.assistant import Assistant  # noqa: E402


class LitquoteRetriever(BaseRetriever):
    """Passages (``mode="passages"``), or the quotes that answer and nothing where none does (``"quotes"``).

    ``page_content`` is verbatim; ``metadata`` is that of :class:`qa.adapters.pieces.Piece`, ``id`` document
    and position. ``filters`` have the command line's names: ``{"years": "2015-", "section": ["results"]}``.
    LangSmith's tracing, which sends questions and texts away, is off (:mod:`index.privacy`).
    """

    k: int = 10
    mode: Mode = "passages"
    filters: dict[str, Any] | None = None
    _pieces: Pieces = PrivateAttr()

    def __init__(self, assistant: Assistant, **options: Any) -> None:
        super().__init__(**options)
        self._pieces = Pieces(assistant, self.mode)

    @classmethod
    def open(
        cls, path: str | os.PathLike[str] | None = None, *, reader: str | None = None, **options: Any
    ) -> LitquoteRetriever:
        """Over the library at ``path`` (default: the user's). Raises NoLibrary and other LibraryErrors."""
        return cls(Assistant.open(path, reader=reader), **options)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [
            Document(page_content=piece.text, id=piece.id, metadata=dict(piece.metadata))
            for piece in self._pieces.found(query, self.k, self.filters)
        ]
