"""A component for Haystack: ``pip install 'litquote[haystack]'``."""

from __future__ import annotations

from typing import Any

from index.privacy import go_offline

go_offline()

from haystack import Document, component, default_from_dict, default_to_dict  # noqa: E402  its telemetry is off

from qa.adapters.pieces import Piece, Pieces  # noqa: E402


@component
class LitquoteRetriever:
    """Passages (``mode="passages"``), or the quotes that answer and nothing where none does (``"quotes"``).

    ``content`` is verbatim; ``meta`` is that of :class:`qa.adapters.pieces.Piece`, ``id`` document and
    position. ``filters`` have the names of the command line: ``{"years": "2015-", "section": ["results"]}``.
    The library at ``path`` (default: the user's) is opened at the first question, or by ``warm_up``.
    """

    def __init__(
        self,
        path: str | None = None,
        top_k: int = 10,
        mode: str = "passages",
        filters: dict[str, Any] | None = None,
        reader: str | None = None,
    ) -> None:
        self.path, self.top_k, self.mode, self.filters, self.reader = path, top_k, mode, filters, reader
        self._pieces: Pieces | None = None

    def warm_up(self) -> None:
        """Open the library. Raises NoLibrary and other LibraryErrors, UsageError for an unknown mode."""
        if self._pieces is None:
            self._pieces = Pieces.open(self.path, self.mode, self.reader)

    @component.output_types(documents=list[Document])
    def run(
        self, query: str, filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, list[Document]]:
        """The best documents for ``query``, best first; ``filters`` and ``top_k`` replace its own.

        Raises UsageError and LibraryError.
        """
        self.warm_up()
        assert self._pieces is not None
        k = self.top_k if top_k is None else top_k
        found = self._pieces.found(query, k, self.filters if filters is None else filters)
        return {
            "documents": [
                Document(id=one.id, content=one.text, score=one.score, meta=dict(one.metadata))
                for one in found
            ]
        }

    def to_dict(self) -> dict[str, Any]:
        """What makes this component again, for a pipeline in a file."""
        kept: dict[str, Any] = default_to_dict(
            self, path=self.path, top_k=self.top_k, mode=self.mode, filters=self.filters, reader=self.reader
        )
        return kept

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> LitquoteRetriever:
        """The component that :meth:`to_dict` describes."""
        made: LitquoteRetriever = default_from_dict(cls, data)
        return made


def _document(piece: Piece) -> Document:
    return Document(id=piece.id, content=piece.text, score=piece.score, meta=dict(piece.metadata))
