"""``litquote ask --export``, ``litquote export`` and ``litquote verify ANSWER.json`` as a user runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from index.encoders import HashingEncoder
from index.library import Library
from qa import cli
from qa.sealing import seal_of

QUESTION = "Do axolotls grow legs?"


@pytest.fixture
def run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    paper: Callable[..., Path],
) -> Callable[..., tuple[int, str, str]]:
    """Runs commands on a library that holds one paper."""
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    monkeypatch.setenv("LITQUOTE_LIBRARY", str(tmp_path / "mine"))
    path = paper("legs.xml", pmid="1", title="A paper on axolotl legs", abstract="Axolotls grow 4 legs.")
    with Library.create(tmp_path / "mine", encoder=HashingEncoder(64), reader="none") as library:
        library.add([path])

    def go(*argv: str | Path) -> tuple[int, str, str]:
        code = cli.main([str(word) for word in argv])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return go


@pytest.fixture
def answer(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> Path:
    path = tmp_path / "answer.json"
    assert run("ask", QUESTION, "--export", path)[0] == 0
    return path


def changed(path: Path, old: str, new: str, *, anew: bool = False) -> Path:
    """A copy in which something was changed, sealed anew or not."""
    text = path.read_text("utf-8")
    assert old in text
    document: dict[str, Any] = json.loads(text.replace(old, new))
    if anew:
        document["seal"] = seal_of(document)
    other = path.with_name("changed.json")
    other.write_text(json.dumps(document), "utf-8")
    return other


def test_an_answer_is_written_in_every_format_named(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    names = ["a.md", "a.html", "a.docx", "a.txt", "a.json", "a.bib", "a.ris", "a.csl.json"]
    files = [tmp_path / name for name in names]
    code, out, err = run("ask", QUESTION, *(w for f in files for w in ("--export", f)), "--style", "apa")
    assert code == 0 and "Axolotls grow 4 legs." in out
    assert err.splitlines()[-8:] == [f"wrote {path}" for path in files]
    assert all(path.stat().st_size > 100 for path in files)
    assert "> Axolotls grow 4 legs." in files[0].read_text("utf-8")
    assert "(Nógrádi, 2020)" in files[3].read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--export", "a.pdf"), "a.pdf: the ending says the format"),
        (("--export", "a.md", "--style", "harvard"), "there is no style 'harvard'"),
        (("--export", "there.md"), "there.md is there already; name another file"),
        (("--export", "no/folder/a.md"), "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_one_line(
    run: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.md").write_text("mine", "utf-8")
    code, _, err = run("ask", QUESTION, *options)
    assert code == 2 and said in err and err.count("\n") == 1
    assert (tmp_path / "there.md").read_text("utf-8") == "mine"


def test_bytes_that_are_no_text_are_sealed_as_question_marks(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """As Python hands them over from a command line."""
    files = [tmp_path / "odd.json", tmp_path / "odd.html", tmp_path / "odd.txt"]
    asked = ("ask", "Legs \udcff?", "--author", "N\udcfe", *(w for f in files for w in ("--export", f)))
    assert run(*asked)[0] == 0
    assert json.loads(files[0].read_text("utf-8"))["answers"][0]["question"] == "Legs ??"
    assert run("verify", files[0])[0] == 0


def test_a_sealed_answer_is_exported_without_any_library(
    run: Callable[..., tuple[int, str, str]], answer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITQUOTE_LIBRARY", str(answer.parent / "none"))
    page = answer.with_name("answer.html")
    code, out, _ = run("export", answer, "--to", page, "--style", "nature")
    assert (code, out) == (0, f"wrote {page}\n") and "<mark>" in page.read_text("utf-8")
    assert run("export", answer, "--to", page)[0] == 2
    assert run("export", answer, "--to", page, "--force")[0] == 0
    code, out, err = run("export", changed(answer, "4 legs", "5 legs"), "--to", page, "--force", "--json")
    assert code == 0 and json.loads(out) == {"written": [str(page)], "intact": False}
    assert "was changed since it was sealed" in err


def test_verify_without_an_answer_still_checks_the_library(run: Callable[..., tuple[int, str, str]]) -> None:
    assert run("verify")[:2] == (0, "everything is as it was published\n")
    code, _, err = run("verify", "--file", "legs.xml")
    assert code == 2 and "name it, too" in err


def test_verify_says_of_each_quote_whether_it_stands(
    run: Callable[..., tuple[int, str, str]], answer: Path
) -> None:
    code, out, _ = run("verify", answer)
    assert code == 0 and "VERIFIED: answer 1, quote 1, Nógrádi 2020" in out
    assert "1 of 1 quote verified" in out
    code, out, _ = run("verify", answer, answer, "--json")
    found = json.loads(out)["answers"]
    assert code == 0 and [one["file"] for one in found] == [str(answer)] * 2
    assert found[0]["intact"] is True and found[0]["quotes"][0]["state"] == "verified"


@pytest.mark.parametrize("anew", [False, True])
def test_a_changed_digit_is_caught(
    run: Callable[..., tuple[int, str, str]], answer: Path, anew: bool
) -> None:
    code, out, _ = run("verify", changed(answer, "4 legs", "5 legs", anew=anew))
    assert code == 1 and "QUOTE ALTERED" in out and "0 of 1 quote verified" in out
    assert ("THE FILE WAS CHANGED" in out) is not anew


def test_a_changed_question_breaks_the_seal(run: Callable[..., tuple[int, str, str]], answer: Path) -> None:
    code, out, _ = run("verify", changed(answer, "Do axolotls grow", "Do all animals grow"))
    assert code == 1 and "THE FILE WAS CHANGED" in out and "1 of 1 quote verified" in out


def test_an_answer_is_checked_against_the_original_where_there_is_no_library(
    run: Callable[..., tuple[int, str, str]], answer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITQUOTE_LIBRARY", str(tmp_path / "none"))
    assert run("verify", answer)[0] == 3
    code, out, _ = run("verify", answer, "--file", tmp_path / "files" / "legs.xml")
    assert code == 0 and "in legs.xml, read again" in " ".join(out.split())
    other = tmp_path / "other.txt"
    other.write_text("Another text, in which nothing of the kind is said.\n", "utf-8")
    code, out, _ = run("verify", answer, "--file", other)
    assert code == 1 and "TEXT MISSING" in out
    assert run("verify", other)[0] == 2


def test_an_answer_exported_verifies_after_its_source_was_replaced_by_a_fuller_text(
    run: Callable[..., tuple[int, str, str]], answer: Path, paper: Callable[..., Path]
) -> None:
    fuller = "They were watched. Axolotls grow 4 legs. Newts grow more."
    assert run("add", paper("legs.xml", pmid="1", title="A paper on axolotl legs", abstract=fuller))[0] == 0
    code, out, _ = run("verify", answer)
    assert code == 0 and "has another text now, the one quoted is kept" in " ".join(out.split())
