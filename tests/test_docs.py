"""The documentation: everything public is in it, every example runs, the site builds and asks nobody."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import inspect
import io
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import qa
from index.library import Library
from qa import cli
from qa.arguments import parser
from qa.demo import demo_library
from tests.docs_examples import ROOT, Block, Typed, agrees, blocks, pages, told, typed
from tests.remote_server import Paper, RemoteServer
from tests.retraction_rows import row, table
from tests.test_index_sources_pdf import two_columns, written
from tests.web_papers import REVIEW

#: What ``$`` lines may call beside litquote; none of it is litquote's to show.
ELSEWHERE = {"make", "pip", "pipx", "docker", "ray", "export", "sbatch", "python", "curl"}
#: Commands that go on until they are stopped, or train for minutes: their arguments are read, no more.
ENDLESS = {"serve", "demo", "mcp", "train-reader"}
XML = (
    "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article><Journal><ISOAbbreviation>"
    "J Test</ISOAbbreviation><JournalIssue><PubDate><Year>2019</Year></PubDate></JournalIssue></Journal>"
    "<ArticleTitle>{title}</ArticleTitle><Abstract><AbstractText>{text}</AbstractText></Abstract><AuthorList>"
    "<Author><LastName>Sato</LastName><ForeName>Ken</ForeName></Author></AuthorList></Article>"
    "</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType='doi'>{doi}</ArticleId></ArticleIdList>"
    "</PubmedData></PubmedArticle></PubmedArticleSet>"
)
WHALES = (
    "PMID- 31000002\nDP  - 1971 May\nTI  - Songs of humpback whales\nPT  - Journal Article\nTA  - Science\n"
    "AB  - Humpback whales sing for hours. A whale song lasts up to 30 minutes and is repeated.\n"
)
FROGS = (
    "TY  - JOUR\nTI  - Frogs at night\nAU  - Li, Ann\nPY  - 1999\nDO  - 10.1000/frogs\n"
    "AB  - Frogs croak in choirs of nine.\nER  - \n"
)
QUESTIONS = (
    '{"id": "1", "question": "Does sleep loss impair heat acclimation?", "relevant": {"10.1000/heat.7": 1}}\n'
    '{"id": "2", "question": "How long do whale songs last?", "answers": '
    '[{"doc_id": "pmid:31000002", "text": "up to 30 minutes"}]}\n'
    '{"id": "3", "question": "Which tax applies to yachts?", "answerable": false}\n'
)


# -- what is documented --------------------------------------------------------------------------------


def subcommands() -> dict[str, argparse.ArgumentParser]:
    whole = parser(cli.COMMANDS)
    (found,) = (one for one in whole._actions if isinstance(one, argparse._SubParsersAction))
    return dict(found.choices)


def written_by_script() -> str:
    spec = importlib.util.spec_from_file_location("write_commands", ROOT / "docs" / "write_commands.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.reference())


def test_the_command_reference_is_that_of_the_parser() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert page == written_by_script(), "run: python docs/write_commands.py"
    for name, one in subcommands().items():
        chapter = re.split(r"(?m)^## ", page.split(f"\n## {name}\n")[1])[0]
        assert f"$ litquote {name}" in chapter
        options = {
            option for action in one._actions for option in action.option_strings if option[:2] == "--"
        }
        assert {option for option in options if f"`{option}" in chapter} | {
            "--help",
            "--library",
            "--json",
        } >= options


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built with every warning an error."""
    pytest.importorskip("sphinx", reason="sphinx is not installed (litquote[docs])")
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, str(ROOT / "docs"), str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return out


def documented(site: Path) -> set[str]:
    """The full names of all Python objects that the site has an entry for."""
    from sphinx.util.inventory import InventoryFile

    with (site / "objects.inv").open("rb") as stream:
        inventory = InventoryFile.load(stream, "", lambda base, place: place)
    return {name for kind, names in inventory.items() if kind.startswith("py:") for name in names}


#: The modules whose public names are litquote's Python interface.
PUBLIC = (
    "index.cited", "index.encoders", "index.errors", "index.library", "index.records", "index.reports",
    "index.shelf", "qa.assistant", "qa.bibliography", "qa.conversations", "qa.exports", "qa.feedback",
    "qa.living", "qa.living_diff", "qa.marks", "qa.policy", "qa.reader", "qa.records", "qa.sealed",
    "qa.sealing", "qa.search_log", "qa.service", "qa.table", "qa.table_files", "qa.user_store",
    "qa.verifying", "qa.writing",
)  # fmt: skip
#: Of these modules the page shows only what users call.
SHOWN = {
    "qa.assistant": {"Assistant"},
    "qa.records": {"Answer", "Quote", "Citation", "Lead"},
    "index.library": {"Library", "rollback"},
    "index.shelf": {"Shelf"},
}


def public_names(module: str) -> Iterator[str]:
    found: Any = importlib.import_module(module)
    names = SHOWN.get(module) or getattr(found, "__all__", None) or [n for n in vars(found) if n[0] != "_"]
    for name in names:
        value = getattr(found, name)
        if (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__ == module:
            yield name
            if inspect.isclass(value) and module != "qa.assistant":
                for inner, method in vars(value).items():
                    if inner[0] != "_" and (inspect.isfunction(method) or isinstance(method, property)):
                        yield f"{name}.{inner}"


def test_every_public_name_stands_in_the_site(site: Path) -> None:
    known = documented(site)
    missing = [f"{module}.{name}" for module in PUBLIC for name in public_names(module)]
    assert [name for name in missing if name not in known] == []
    homes = {f"{home}.{name}" for home, names in qa._HOMES.items() for name in names}
    assert homes <= known and {name for names in qa._HOMES.values() for name in names} == set(qa.__all__)
    adapters = [
        one.name for one in pkgutil.iter_modules([str(ROOT / "qa" / "adapters")]) if one.name != "pieces"
    ]
    assert {f"qa.adapters.{name}.LitquoteRetriever" for name in adapters} <= known


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) >= 20
    for page in pages:
        loaded = re.findall(
            r"<(?:script|img|iframe|link|source)\b[^>]*?\b(?:src|href)=\"([^\"]+)\"", page.read_text("utf-8")
        )
        assert [one for one in loaded if re.match(r"(?:https?:)?//", one)] == [], page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", sheet.read_text("utf-8")), sheet


def test_links_of_the_readme_lead_somewhere() -> None:
    linked = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", (ROOT / "README.md").read_text("utf-8"))
    assert len(linked) > 15
    assert [one for one in linked if "://" not in one and not (ROOT / one).exists()] == []


# -- what is shown -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that examples name, and two data folders: a library of ``papers``, the demo alone."""
    folder = tmp_path_factory.mktemp("docs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        patch.delenv("LITQUOTE_LIBRARY", raising=False)
        demo_library().close()
    shutil.copytree(folder / "data" / "litquote" / "demo", folder / "data" / "litquote" / "library")
    shutil.copytree(folder / "data", folder / "demo alone")
    for name, text in {
        "papers/heat.xml": XML.format(
            pmid="31000001", doi="10.1000/heat.7", title="Sleep loss and heat acclimation in runners",
            text="Sleep loss impaired heat acclimation in runners by 12 %. Sweat rates did not differ.",
        ),
        "papers/whales.nbib": WHALES,
        "papers/broken.pdf": "%PDF-1.7\nnothing else\n",
        "papers/songs.xml": REVIEW.replace("10.1000/r", "10.1000/songs").replace(">71<", ">31000002<"),
        "exports/frogs.ris": FROGS,
        "retraction_watch.csv": table(row(1, doi="10.1000/frogs"), row(2, pmid="31000002")),
        "notes.md": "# On bees\n\nBees dance in the hive to tell where flowers are.\n",
        "questions.txt": "Does sleep loss impair heat acclimation?\nHow long do whale songs last?\n",
        "my-questions/questions.jsonl": QUESTIONS,
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    (folder / "paper.pdf").write_bytes(written([two_columns()]))
    with Library.open(folder / "data" / "litquote" / "library") as library:
        assert len(library.add([folder / "papers"]).failed) == 1  # the broken one
    return folder


@pytest.fixture(scope="module")
def server() -> Iterator[RemoteServer]:
    with RemoteServer([Paper("Frogs", "Frogs croak.", "Li", 1999, "12345678", "10.1000/xyz123")]) as server:
        yield server


@pytest.fixture
def place(home: Path, server: RemoteServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path(shutil.copytree(home, tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    monkeypatch.delenv("LITQUOTE_LIBRARY", raising=False)
    monkeypatch.delenv("LITQUOTE_HISTORY", raising=False)
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    return folder


def of(language: str) -> list[Any]:
    """A parameter for each page that has such blocks to be run."""
    found = {
        page: [one for one in blocks(page) if one.language == language and not one.not_run]
        for page in pages()
    }
    return [pytest.param(some, id=page.stem) for page, some in found.items() if some]


def run(one: Typed, capsys: pytest.CaptureFixture[str]) -> tuple[int | str | None, str]:
    words = shlex.split(one.words, comments=True)
    words, into = (words[:-2], words[-1]) if words[-2] == ">" else (words, "")
    if words[1] == "auth":
        sys.stdin = io.StringIO("a long pass phrase\n" * 2)
    assert Path(words[0]).name == "litquote", one
    read = parser(cli.COMMANDS).parse_args(words[1:])
    if words[1] in ENDLESS or getattr(read, "watch", False):
        return 0, one.shown
    try:
        code: int | str | None = cli.main(words[1:])
    except SystemExit as error:
        code = error.code
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    if into and not into.startswith("~"):
        Path(into).write_text(out, "utf-8")
    return code, out + ("" if code in (0, 1) else err)


@pytest.mark.parametrize("found", of("console"))
def test_commands_do_what_is_shown(
    found: list[Block], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for block in found:
        for one in typed(block):
            first = Path(one.words.split()[0]).name
            if first in ELSEWHERE or "=" in first:
                continue
            code, out = run(one, capsys)
            assert code in (0, 1), (block.page, one.words, out)
            assert not one.shown.strip() or agrees(one.shown, out), (block.page, one.words, out)


@pytest.mark.parametrize("found", of("python"))
def test_python_gives_what_is_shown(found: list[Block], place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(place / "demo alone"))
    names: dict[str, object] = {}
    for block in found:
        exec(compile(block.text, f"{block.page}:{block.line}", "exec"), names)
        for expression, value in told(block):
            assert eval(expression, names) == value, (block.page, expression)


def test_what_is_not_run_is_little_and_says_why() -> None:
    every = [one for page in pages() for one in blocks(page) if one.language in {"console", "python", "bash"}]
    left = [one for one in every if one.not_run]
    assert len(every) >= 60 and len(left) <= 12, [(one.page, one.line) for one in left]
    assert all(len(one.not_run.split()) >= 2 for one in left)


def test_what_is_shown_is_compared() -> None:
    assert agrees("a\n…\nz\n", "a\nb\nz\n") and agrees("…", "anything") and agrees("a … z", "a b c z")
    assert not agrees("a\n…\nz\n", "a\nb\n") and not agrees("a", "a\nb") and not agrees("b", "a b")
    block = Block(
        "p.md", 1, "python", "x = 1\nx  # 1\nx, 2  # (1, 2): two\nx  # 'a' (or not)\nx  # about one\n"
    )
    assert list(told(block)) == [("x", 1), ("(x, 2)", (1, 2)), ("x", "a")]
    (one,) = typed(Block("p.md", 1, "console", "$ litquote ask \\\n  'x # y'  # why\nout\n"))
    assert one == Typed("litquote ask    'x # y'  # why", "out\n")
