"""What a library is called: its title, and the name of the folder it lies in.

The title is kept in a file inside the folder, so that renaming a library moves nothing that others have
open. The folder's name is made of the title's Latin letters and digits only: every file system takes those,
whatever it thinks of case, normal forms and devices called CON.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from pathlib import Path

from index.errors import UsageError
from index.files import write_atomically

TITLE_FILE = "title.json"
#: The key of the title in that file, which also tells whose file it is.
_KEY = "litquote library"
#: Characters in a title.
LONGEST = 300
#: Characters in the name of a folder: Windows counts those of the whole path, and stops at 260.
_NAME = 40
#: What Windows takes for devices, in any case and with any ending.
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(10))}
)


def plain_title(title: str) -> str:
    """``title`` as it is kept: composed (NFC), its white space single blanks.

    Raises UsageError for an empty one, one of more than 300 characters, and one that holds control
    characters or halves of characters.
    """
    plain = unicodedata.normalize("NFC", " ".join(title.split()))
    if not plain:
        raise UsageError("the library's title is empty; write what it is to be called")
    if len(plain) > LONGEST:
        raise UsageError(
            f"the title has {len(plain):,} characters; call the library something of at most {LONGEST}"
        )
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in plain):
        raise UsageError("the title holds characters that cannot be shown; write it without them")
    return plain


def title_key(title: str) -> str:
    """Equal for titles that differ in case, in normal form or in compatibility characters only."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())


def folder_name(title: str) -> str:
    """A name for the folder of a new library: 1 to 40 of ``a-z``, ``0-9`` and ``-``, and no device's.

    A title without Latin letters and digits gives ``library-`` and the beginning of its SHA-256.
    """
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", title).casefold())
    plain = "".join(one for one in letters if not unicodedata.combining(one))
    name = "-".join(re.findall("[a-z0-9]+", plain))[:_NAME].strip("-")
    if not name:
        return f"library-{hashlib.sha256(title.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
    return f"library-{name}" if name in _DEVICES else name


def read_title(folder: Path) -> str:
    """The title kept in a library's folder, or ``""`` where none can be read."""
    try:
        return plain_title(json.loads((folder / TITLE_FILE).read_text("utf-8"))[_KEY])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError):
        return ""


def write_title(folder: Path, title: str) -> None:
    """Keep ``title`` in a library's folder, in one step."""
    write_atomically(folder / TITLE_FILE, json.dumps({_KEY: title}, ensure_ascii=False).encode())
