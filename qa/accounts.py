"""Who may use a served library: names and hashes of passwords in a file of their own.

Hashes are scrypt's (hashlib), each with its own salt; a password is kept nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
import unicodedata
from pathlib import Path
from typing import Any

from index.errors import UsageError

SCHEMA = 1
#: About 0.2 s and 32 MiB for one password; OWASP's figures for scrypt with 2^15.
_COST = {"n": 2**15, "r": 8, "p": 3}
_MEMORY = 2**26
LEAST, MOST = 8, 1024
#: Good pairs of name and password that are remembered, so that a program need not wait at each call.
_REMEMBERED = 1000


def default_file() -> Path:
    """The file of accounts of this user."""
    import platformdirs

    return Path(platformdirs.user_config_dir("litquote", appauthor=False)) / "accounts.json"


class Accounts:
    """The accounts in a file; read again when it has changed."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).expanduser()
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(32)
        self._good: dict[bytes, None] = {}
        self._state: tuple[int, int] | None = None
        self._users: dict[str, dict[str, Any]] = {}

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Accounts:
        """The accounts in the file at ``path``. Raises UsageError where it is none, or holds nobody."""
        accounts = cls(path)
        if not accounts.names():
            raise UsageError(
                f"{accounts.path} names nobody; add somebody: litquote auth add NAME --file {accounts.path}"
            )
        return accounts

    def names(self) -> list[str]:
        """Everybody's name, sorted. Raises UsageError when the file cannot be read."""
        with self._lock:
            self._read()
            return sorted(self._users)

    def _read(self) -> None:
        try:
            stat = self.path.stat()
            state = (stat.st_mtime_ns, stat.st_size)
            if state == self._state:
                return
            found = json.loads(self.path.read_text("utf-8"))
            users = found["accounts"]
            if found["schema"] != SCHEMA or not all(_usable(one) for one in users.values()):
                raise ValueError("not of this litquote")
        except FileNotFoundError:
            state, users = None, {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{self.path} is no file of accounts ({error}); name another one") from error
        self._state, self._users = state, users
        self._good.clear()

    def add(self, name: str, password: str) -> bool:
        """Keep ``name`` with ``password``, in place of an earlier one; tells whether there was one.

        Raises UsageError for a name or a password that cannot be used.
        """
        if not name.isprintable() or name != name.strip() or not 0 < len(name) <= 64 or ":" in name:
            raise UsageError("a name has 1 to 64 characters, no colon, and no blanks at its ends")
        if not LEAST <= len(password) <= MOST:
            raise UsageError(f"a password has {LEAST} characters at least, and {MOST:,} at most")
        salt = secrets.token_bytes(16)
        made = {"salt": salt.hex(), "hash": _hash(password, salt, _COST).hex(), **_COST}
        with self._lock:
            self._read()
            known = name in self._users
            self._write(self._users | {name: made})
        return known

    def remove(self, name: str) -> None:
        """Forget ``name``. Raises UsageError where nobody is called that."""
        with self._lock:
            self._read()
            if name not in self._users:
                raise UsageError(f"nobody is called {name!r} in {self.path}")
            self._write({one: made for one, made in self._users.items() if one != name})

    def _write(self, users: dict[str, dict[str, Any]]) -> None:
        content = json.dumps({"schema": SCHEMA, "accounts": users}, indent=1, ensure_ascii=False)
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}.tmp")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary.unlink(missing_ok=True)
            # Nobody else may read it, from its first byte on.
            number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(number, "w", encoding="utf-8") as stream:
                stream.write(content + "\n")
            temporary.replace(self.path)
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written ({error.strerror})") from error
        self._state = None

    def verify(self, name: str, password: str) -> bool:
        """Whether this is the password of ``name``; as slow where nobody is called that.

        False for everybody where the file cannot be read any more.
        """
        with self._lock:  # one at a time: each takes 32 MiB
            try:
                self._read()
            except UsageError:
                return False
            if self._mark(name, password) in self._good:
                return True
            made = self._users.get(name)
            known = made or {"salt": "00" * 16, "hash": "00" * 64, **_COST}
            right = _matches(password[:MOST], known) and made is not None
            if right and len(password) <= MOST:
                while len(self._good) >= _REMEMBERED:
                    del self._good[next(iter(self._good))]
                self._good[self._mark(name, password)] = None
            return right and len(password) <= MOST

    async def check(self, name: str, password: str) -> bool:
        """As :meth:`verify`, beside the event loop: Gradio's ``auth``."""
        import anyio.to_thread

        return await anyio.to_thread.run_sync(self.verify, name, password)

    def remembers(self, name: str, password: str) -> bool:
        """Whether :meth:`verify` has found this pair good before, and need not compute."""
        return self._mark(name, password) in self._good

    def _mark(self, name: str, password: str) -> bytes:
        said = json.dumps([name, password]).encode("utf-8")
        return hmac.digest(self._key, said, "sha256")


def _hash(password: str, salt: bytes, cost: dict[str, int]) -> bytes:
    # A letter with an accent is typed as one character here and as two there.
    said = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(said, salt=salt, n=cost["n"], r=cost["r"], p=cost["p"], maxmem=_MEMORY, dklen=64)


def _matches(password: str, made: dict[str, Any]) -> bool:
    cost = {name: int(made[name]) for name in _COST}
    return hmac.compare_digest(
        _hash(password, bytes.fromhex(made["salt"]), cost), bytes.fromhex(made["hash"])
    )


def _usable(made: dict[str, Any]) -> bool:
    """Whether an entry has what :func:`_matches` reads, at a cost that this machine can be asked to pay."""
    bytes.fromhex(made["salt"]), bytes.fromhex(made["hash"])
    n, r, p = (int(made[name]) for name in ("n", "r", "p"))
    return 2 <= n <= 2**15 and n & (n - 1) == 0 and 1 <= r <= 8 and 1 <= p <= 16 and len(made["hash"]) == 128
