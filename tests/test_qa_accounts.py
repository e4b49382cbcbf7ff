"""Names and passwords: kept as salted hashes, never as themselves."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import sys
from pathlib import Path

import pytest

import qa.accounts as module
from index.errors import UsageError
from qa import cli
from qa.accounts import Accounts


@pytest.fixture(autouse=True)
def cheap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash takes 0.2 s, which is its purpose; one test has the real cost."""
    if "scrypt" not in request.node.name:
        monkeypatch.setitem(module._COST, "n", 1024)


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path / "new" / "accounts.json")


def test_only_the_right_password_of_a_known_name_is_right(accounts: Accounts) -> None:
    assert accounts.add("anna", "pässword one") is False
    assert accounts.add("bob", "pässword one") is False
    for _ in range(2):  # the second time it is remembered
        assert accounts.verify("anna", "pässword one")
    assert accounts.remembers("anna", "pässword one") and not accounts.remembers("bob", "pässword one")
    assert accounts.verify("anna", "pa\u0308ssword one"), "the same letters, typed in two characters"
    for name, password in (
        ("anna", "pässword two"),
        ("anna", ""),
        ("carl", "pässword one"),
        ("Anna", "pässword one"),
    ):
        assert not accounts.verify(name, password)
    assert accounts.names() == ["anna", "bob"]


def test_the_file_holds_a_salted_scrypt_hash_and_only_its_owner_reads_it(accounts: Accounts) -> None:
    accounts.add("anna", "correct horse")
    accounts.add("bob", "correct horse")
    text = accounts.path.read_text("utf-8")
    assert "correct" not in text
    anna, bob = (json.loads(text)["accounts"][name] for name in ("anna", "bob"))
    assert anna["salt"] != bob["salt"] and anna["hash"] != bob["hash"]
    expected = hashlib.scrypt(
        b"correct horse", salt=bytes.fromhex(anna["salt"]), n=32768, r=8, p=3, maxmem=2**26, dklen=64
    )
    assert anna["hash"] == expected.hex()
    if sys.platform != "win32":
        assert stat.S_IMODE(accounts.path.stat().st_mode) == 0o600
    assert [path.name for path in accounts.path.parent.iterdir()] == ["accounts.json"]


def test_a_change_of_the_file_holds_at_once_for_a_page_that_is_open(accounts: Accounts) -> None:
    accounts.add("anna", "correct horse")
    page = Accounts.open(accounts.path)
    assert page.verify("anna", "correct horse")
    assert accounts.add("anna", "another one") is True
    assert not page.verify("anna", "correct horse") and page.verify("anna", "another one")
    accounts.remove("anna")
    assert not page.verify("anna", "another one")
    accounts.path.write_text("{", "utf-8")
    assert not page.verify("anna", "another one"), "nobody comes in by a damaged file"


@pytest.mark.parametrize("name", ["", " anna", "an:na", "an\nna", "x" * 65, "a\u202eb"])
def test_a_name_that_cannot_be_sent_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(UsageError, match="a name has"):
        accounts.add(name, "correct horse")
    assert not accounts.path.exists()


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1025])
def test_a_short_or_endless_password_is_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(UsageError, match="a password has"):
        accounts.add("anna", password)
    assert not accounts.verify("anna", password)


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", '{"schema": 2, "accounts": {}}', '{"schema": 1}', '{"schema": 1, "accounts": []}',
        '{"schema": 1, "accounts": {"a": {"salt": "x", "hash": "y", "n": 2, "r": 1, "p": 1}}}',
        '{"schema": 1, "accounts": {"a": {"salt": "00", "hash": "00", "n": 1073741824, "r": 8, "p": 1}}}',
        '{"schema": 1, "accounts": {"a": "password"}}',
    ],
)  # fmt: skip
def test_a_file_that_is_something_else_is_named(accounts: Accounts, content: str) -> None:
    accounts.path.parent.mkdir()
    accounts.path.write_text(content, "utf-8")
    with pytest.raises(UsageError, match=r"accounts\.json is no file of accounts"):
        Accounts.open(accounts.path)
    with pytest.raises(UsageError):
        accounts.add("anna", "correct horse")
    assert accounts.path.read_text("utf-8") == content, "nothing is lost"


def test_the_command_adds_lists_and_removes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "who.json"

    def run(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = cli.main(["auth", *words, "--file", str(file)])
        return code, *capsys.readouterr()

    assert run("add", "anna", typed="correct horse\n") == (0, f"added anna in {file}\n", "")
    assert run("add", "anna", typed="another one\n")[1] == f"changed the password of anna in {file}\n"
    assert Accounts(file).verify("anna", "another one")
    assert run("list")[1] == f"{file}:\nanna\n"
    assert json.loads(run("list", "--json")[1]) == {"file": str(file), "names": ["anna"]}
    assert run("add")[0] == run("add", "bob", typed="short\n")[0] == run("remove", "carl")[0] == 2
    assert run("remove", "anna")[1] == f"removed anna from {file}\n"
    assert "nobody yet" in run("list")[1]
    with pytest.raises(UsageError, match="names nobody"):
        Accounts.open(file)
