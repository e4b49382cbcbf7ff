"""Everything litquote raises on purpose.

::

    LitquoteError
    ├── SourceError          a source cannot be read; its message is one sentence with the remedy
    ├── LibraryError
    │   ├── NoLibrary        there is no library at that place yet
    │   ├── LibraryDamaged   a published file is missing or altered
    │   ├── LibraryBusy      another process is writing
    │   ├── LibraryMismatch  the library was made with another encoder or litquote
     │   ├── ReadOnly         this process may not change any library
     │   └── ShardDamaged     a file of a prepared shard is missing or altered
     ├── ClusterError         a cluster cannot do its part of a build
    ├── EncoderError         an encoder cannot be loaded or checked
    └── UsageError           an argument that cannot be meant
        └── NoDocument       the library holds no document of that name
"""

from __future__ import annotations


class LitquoteError(Exception):
    """Base of all errors meant for the user: the message says what was found and what to do."""


class SourceError(LitquoteError):
    """A source cannot be read."""


class LibraryError(LitquoteError):
    """Something about the library on disk."""


class NoLibrary(LibraryError):
    """There is no library at that place yet."""


class LibraryDamaged(LibraryError):
    """A published file is missing or altered."""


class LibraryBusy(LibraryError):
    """Another process is writing to the library."""


class LibraryMismatch(LibraryError):
    """The library was made with another encoder, or by a newer litquote."""


class ShardDamaged(LibraryError):
    """A file of a prepared shard is missing or altered."""


class ClusterError(LitquoteError):
    """A cluster cannot do its part of a build; the shards it finished are kept."""


class ReadOnly(LibraryError):
    """This process may not change any library: it was opened for reading to others."""


class EncoderError(LitquoteError):
    """An encoder cannot be loaded, or its files are not the ones expected."""


class UsageError(LitquoteError):
    """An argument that cannot be meant."""


class NoDocument(UsageError):
    """The library holds no document of that name."""
