"""Who may import whom: read from the source, so that a forbidden import fails before it costs anyone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = [ROOT / "ui.py"]
PRODUCT += sorted(path for name in ("index", "qa", "web") for path in (ROOT / name).rglob("*.py"))

#: Written in torch from end to end, for training and conversion: imported only inside functions.
TORCH = {
    f"qa/{name}.py"
    for name in (
        "reader_model",
        "reader_batches",
        "reader_loss",
        "reader_convert",
        "reader_figures",
        "train_reader",
    )
}
#: The heavy libraries, each with the modules that may import it.
ONLY_IN = {
    "faiss": {"index/dense.py"},
    "tantivy": {"index/lexical.py", "index/words.py"},
    "openvino": {"index/openvino_model.py"},
    "sentence_transformers": {"index/torch_model.py"},
    "torch": {"index/torch_model.py", *TORCH},
    "transformers": {"index/torch_model.py", "qa/reader_model.py", "qa/reader_convert.py"},
    "gradio": {"ui.py"},
    "fastapi": {"web/api.py"},
    "haystack": {"qa/adapters/haystack.py"},
    "langchain_core": {"qa/adapters/langchain.py"},
    "llama_index": {"qa/adapters/llamaindex.py"},
    "mcp": {"qa/mcp_server.py"},
    "uvicorn": {"qa/mcp_server.py"},
    "sentencex": {"index/sentences.py"},
    "pypdfium2": {"index/sources/pdf_chars.py"},
    "httpx": {"index/remote/polite.py"},  # the one door to the network
    "watchfiles": {"qa/watch.py"},
    "ray": {"index/ray_build.py"},
    "openpyxl": {"qa/table_files.py"},
    "citeproc": {"qa/bibliography.py"},
    "docx": {"qa/writing/docx.py"},
    "sqlite3": {
        "index/retraction_table.py",
        "index/sqlite_file.py",
        "index/store.py",
        "index/store_writer.py",
        "qa/user_store.py",
    },
}
#: Imported only inside functions: they cost seconds, and ``litquote ask`` needs few of them.
LAZY = {
    "faiss",
    "tantivy",
    "openvino",
    "sentence_transformers",
    "torch",
    "transformers",
    "tokenizers",
    "pypdfium2",
    "httpx",
    "mcp",
    "uvicorn",
    "watchfiles",
    "ray",
    "openpyxl",
    "citeproc",
    "docx",
}


def imported(path: Path) -> Iterator[tuple[str, bool, ast.stmt]]:
    """Each module a file imports, whether at the file's top level (run at import), and the statement."""
    tree = ast.parse(path.read_text("utf-8"))
    inside = {
        id(node)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _for_types_only(outer)
        for node in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) not in inside, node
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write the whole name"
            yield node.module or "", id(node) not in inside, node


def _for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_imports_go_one_way_from_page_to_answers_to_index(path: Path) -> None:
    where = name_of(path)
    for module, top, _ in imported(path):
        package = module.partition(".")[0]
        if where.startswith("index/"):
            assert package not in {"qa", "ui", "web"}, f"{where} imports {module}"
        if where.startswith("qa/"):
            assert package not in {"web", "gradio"}, f"{where} imports {module}"
            assert package != "ui" or (where == "qa/serving.py" and not top), f"{where} imports {module}"
        if where.startswith("web/"):
            assert package not in {"ui", "gradio"}, f"{where} imports {module}"


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_each_heavy_library_has_one_door_and_is_opened_late(path: Path) -> None:
    where = name_of(path)
    for module, top, _ in imported(path):
        package = module.partition(".")[0]
        assert where in ONLY_IN.get(package, {where}), (
            f"{where} imports {package}; only {ONLY_IN[package]} may"
        )
        late = package in LAZY and not (package == "torch" and where in TORCH)
        assert not (top and late), f"{where} imports {package} at its top; do it where it is used"


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_modules_written_in_torch_are_opened_late(path: Path) -> None:
    where = name_of(path)
    names = {f"qa.{Path(one).stem}" for one in TORCH}
    for module, top, node in imported(path):
        found = {module, *(f"{module}.{alias.name}" for alias in node.names)} & names  # type: ignore[attr-defined]
        assert not (found and top) or where in TORCH, f"{where} imports {found} at its top"


def test_every_door_is_used() -> None:
    """The table above would prove nothing if a library had moved away."""
    for package, places in ONLY_IN.items():
        for where in places:
            assert any(module.partition(".")[0] == package for module, _, _ in imported(ROOT / where)), where


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_nobody_binds_the_names_index_and_qa(path: Path) -> None:
    """``index`` is everyone's favourite variable: code says ``from index.library import Library``."""
    for module, _, node in imported(path):
        if isinstance(node, ast.Import) and module.partition(".")[0] in {"index", "qa"}:
            (alias,) = [alias for alias in node.names if alias.name == module]
            assert alias.asname, f"{name_of(path)}:{node.lineno} writes: import {module}"


def test_the_records_need_the_standard_library_only() -> None:
    for name in ("index/records.py", "index/errors.py", "index/reports.py"):
        for module, _, _ in imported(ROOT / name):
            assert module.partition(".")[0] in {*sys.stdlib_module_names, "index"}, f"{name} imports {module}"


def test_importing_qa_loads_nothing_heavy() -> None:
    script = (
        "import sys; import qa; from qa import Assistant, Retriever; import qa.cli, qa.examples, qa.demo;"
        f"print(sorted({{m.partition('.')[0] for m in sys.modules}} & set({sorted(ONLY_IN)!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    # sqlite3 comes with Python, and sentencex is a small native module; both load in milliseconds.
    assert set(ast.literal_eval(done.stdout)) <= {"sqlite3", "sentencex"}
