"""A retriever for LlamaIndex: ``pip install 'litquote[llamaindex]'``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from index.privacy import go_offline

go_offline()

from llama_index.core.base.base_retriever import BaseRetriever  # noqa: E402  after what calls home is off
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode  # noqa: E402

from qa.adapters.pieces import Piece, Pieces  # noqa: E402
from qa.assistant import Assistant  # noqa: E402

#: What a language model is shown of the metadata: enough to cite, and no more.
SHOWN = ("citation", "section", "page", "retraction")


class LitquoteRetriever(BaseRetriever):
    """Passages (``mode="passages"``), or the quotes that answer and nothing where none does (``"quotes"``).

    A node's text is verbatim; its metadata is that of :class:`qa.adapters.pieces.Piece`, its id document and
    position. ``filters`` have the names of the command line: ``{"years": "2015-", "section": ["results"]}``.
    """

    def __init__(
        self,
        assistant: Assistant,
        *,
        k: int = 10,
        mode: str = "passages",
        filters: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self._pieces = Pieces(assistant, mode)
        self._k, self._filters = k, filters
        super().__init__(**options)

    @classmethod
    def open(
        cls, path: str | os.PathLike[str] | None = None, *, reader: str | None = None, **options: Any
    ) -> LitquoteRetriever:
        """Over the library at ``path`` (default: the user's). Raises NoLibrary and other LibraryErrors."""
        return cls(Assistant.open(path, reader=reader), **options)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._pieces.found(query_bundle.query_str, self._k, self._filters)
        return [NodeWithScore(node=_node(piece), score=piece.score) for piece in found]


def _node(piece: Piece) -> TextNode:
    hidden = [name for name in piece.metadata if name not in SHOWN]
    return TextNode(
        id_=piece.id,
        text=piece.text,
        metadata=dict(piece.metadata),
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=list(piece.metadata),
        start_char_idx=piece.metadata["start"],
        end_char_idx=piece.metadata["end"],
    )
