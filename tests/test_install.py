"""What is installed: every module and data file, the image's recipe, the shells' completions."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from qa import cli
from qa.completion import SHELLS, script

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PARTS = ("index", "qa", "web", "seeds")
NOT_INSTALLED = {"MODEL_CARD.md"}


def expected() -> set[str]:
    """Every file of the packages, as git has them."""
    found = (path for part in PARTS for path in (ROOT / part).rglob("*") if path.is_file())
    kept = (path for path in found if "__pycache__" not in path.parts and path.name not in NOT_INSTALLED)
    return {path.relative_to(ROOT).as_posix() for path in kept} | {"ui.py"}


def test_the_wheel_holds_every_module_and_data_file(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", minversion="77", reason="setuptools is not installed")
    source = tmp_path / "source"
    for part in PARTS:
        shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("ui.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*command, "-w", str(tmp_path), str(source)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("litquote-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        (entry,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "litquote = qa.cli:main" in archive.read(entry).decode()
    assert held == expected()


# -- the image ------------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    joined = re.sub(r"\\\n\s*", "", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    parted = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [(name, rest.strip()) for name, _, rest in parted]


def test_the_image_runs_as_nobody_special_and_keeps_the_library_in_a_volume() -> None:
    found = instructions()
    assert found[-2:] == [
        ("ENTRYPOINT", '["litquote"]'),
        ("CMD", '["serve", "--host", "0.0.0.0", "--port", "7860", "--no-browser"]'),
    ]
    names = [name for name, _ in found]
    last = len(names) - 1 - names[::-1].index("FROM")
    after = dict(found[last:])
    assert after["USER"].isdecimal() and int(after["USER"]) > 0
    assert after["VOLUME"] == "/library" and "LITQUOTE_LIBRARY=/library" in after["ENV"]
    assert after["EXPOSE"] == "7860" and "http://127.0.0.1:7860/" in after["HEALTHCHECK"]
    assert names[last:].index("USER") < names[last:].index("ENTRYPOINT")
    arguments = json.loads(after["CMD"])
    assert cli._parser().parse_args(arguments).host == "0.0.0.0"
    for words in re.findall(r"litquote ((?:add|ask) .*?)(?: &&|$)", after["RUN"]):
        cli._parser().parse_args([word.strip('"') for word in re.findall(r'"[^"]*"|\S+', words)])


def test_the_image_takes_the_pinned_torch_and_every_part_of_the_project() -> None:
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if "==" in line
    )
    told = instructions()
    (torch,) = [rest for name, rest in told if name == "RUN" and "download.pytorch.org/whl/cpu" in rest]
    assert f"torch=={pins['torch']}" in torch
    copied = {
        word for name, rest in told if name == "COPY" and "--from" not in rest for word in rest.split()[:-1]
    }
    assert copied == {*PARTS, "constraints.txt", "pyproject.toml", "README.md", "LICENSE", "ui.py"}


def test_only_what_is_copied_is_sent_to_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]

    def sent(path: str) -> bool:
        kept = True
        for rule in rules:  # the last that fits decides
            pattern = rule.removeprefix("!").replace("**/", "*")
            if fnmatch.fnmatch(path, pattern) or path.startswith(f"{pattern}/"):
                kept = rule.startswith("!")
        return kept

    assert all(sent(path) for path in ("ui.py", "qa/cli.py", "seeds/SOURCES.md", "constraints.txt"))
    for path in (
        ".git/config",
        ".venv/bin/python",
        "tests/conftest.py",
        "qa/__pycache__/x.pyc",
        "shared/x.pdf",
    ):
        assert not sent(path)


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="hadolint is not installed")
def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run(["hadolint", str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


# -- completion -----------------------------------------------------------------------------------------


def completed(shell: str, program: str, folder: Path) -> list[str]:
    if shutil.which(shell) is None or sys.platform == "win32":
        pytest.skip(f"{shell} is not installed")
    (folder / "papers").mkdir()
    (folder / "paper.txt").write_text("x", "utf-8")
    (folder / "completion").write_text(script(cli._parser(), shell), "utf-8")
    home = os.environ | {"HOME": str(folder), "ZDOTDIR": str(folder)}
    done = subprocess.run(
        [shell, "-c", program], cwd=folder, env=home, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


BASH = """
source ./completion
complete_words() {
  COMP_WORDS=("$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
  $(complete -p litquote | sed 's/.*-F \\([^ ]*\\).*/\\1/') litquote "${COMP_WORDS[COMP_CWORD]}" ""
  echo "${COMPREPLY[@]}"
}
"""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("litquote se", ["search", "serve"]),
        ("litquote serve --rea", ["--reader", "--read-only"]),
        ("litquote completion ", list(SHELLS)),
        ("litquote ask --retracted ", ["only", "no"]),
        ("litquote add pap", ["paper.txt", "papers"]),
        ("litquote add --library pap", ["papers"]),
        ("litquote auth ", ["add", "remove", "list"]),
    ],
)
def test_bash_completes_commands_options_values_and_files(
    words: str, found: list[str], tmp_path: Path
) -> None:
    typed = words.split(" ")
    quoted = " ".join(f"'{word}'" for word in typed)
    assert sorted(completed("bash", f"{BASH}complete_words {quoted}", tmp_path)) == sorted(found)


def test_fish_completes_commands_and_options(tmp_path: Path) -> None:
    program = "source ./completion; complete -C 'litquote se'; complete -C 'litquote serve --read-'"
    found = completed("fish", program, tmp_path)
    assert {"search", "serve", "--read-only"} <= set(found) and "ask" not in found


def test_zsh_reads_its_script(tmp_path: Path) -> None:
    """Completing needs a terminal; that the script is read and registered is what can be said."""
    program = 'autoload -U compinit; compinit -u -D; eval "$(<completion)"; echo $_comps[litquote]'
    assert completed("zsh", program, tmp_path) == ["_shtab_litquote"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_writes_the_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    out, error = capsys.readouterr()
    assert out == script(cli._parser(), shell).rstrip("\n") + "\n" and error == ""
    assert "retractions" in out and "--max-upload" in out
