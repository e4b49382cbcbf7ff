"""Nothing leaves the machine while texts are encoded."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest

from index.encoders import load_encoder
from index.privacy import ENVIRONMENT, go_offline

ROOT = Path(__file__).resolve().parents[1]

ENCODE = """
import sys
seen = []
def watch(event, args):
    if event.startswith(("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.", "os.fork",
                         "os.posix_spawn", "os.exec", "os.system", "urllib.Request", "http.client")):
        seen.append((event, repr(args)))
sys.addaudithook(watch)
from index.encoders import load_encoder
encoder = load_encoder()
encoder.encode(["one passage", "another"])
encoder.encode_question("a question")
print(encoder.backend, "torch" in sys.modules, "openvino" in sys.modules, seen)
"""


@pytest.fixture(scope="module")
def converted() -> None:
    """The bundled model's conversion, in the cache the whole test run shares."""
    load_encoder(backend="openvino")


def _clean_home(folder: Path) -> dict[str, str]:
    """The environment of someone who never heard of telemetry switches: no CI, a fresh home."""
    from index.model_files import cache_folder

    kept = {name: value for name, value in os.environ.items() if name not in {"CI", *ENVIRONMENT}}
    return kept | {
        "HOME": str(folder),
        "USERPROFILE": str(folder),
        "PYTHONPATH": str(ROOT),
        "LITQUOTE_CACHE": str(cache_folder()),
        "LITQUOTE_BACKEND": "auto",
        "CUDA_VISIBLE_DEVICES": "",
    }


def test_encoding_opens_no_connection_starts_no_process_and_needs_no_torch(
    converted: None, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENCODE], cwd=ROOT, env=_clean_home(tmp_path), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "openvino False True []"
    assert done.stderr == ""
    assert not (tmp_path / "intel").exists()


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed (Linux only)")
def test_the_operating_system_sees_no_connection_and_no_child_process(
    converted: None, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    home = tmp_path / "home"
    home.mkdir()
    command = ["strace", "-f", "-e", "trace=network,process", "-o", str(trace), sys.executable, "-c", ENCODE]
    done = subprocess.run(command, cwd=ROOT, env=_clean_home(home), capture_output=True, text=True)
    if not trace.exists() or "Operation not permitted" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    calls = trace.read_text().splitlines()
    reached = [call for call in calls if re.search(r"\b(connect|sendto|sendmsg|sendmmsg)\(", call)]
    assert [call for call in reached if not re.search(r"AF_UNIX|127\.0\.0\.1|::1", call)] == []
    forked = [
        call for call in calls if re.search(r"\b(fork|vfork|clone3?)\(", call) and "CLONE_THREAD" not in call
    ]
    assert forked == []
    assert len([call for call in calls if re.search(r"\bexecve\(.*= 0$", call)]) == 1
    assert list(home.iterdir()) == []


def test_every_switch_is_set_even_against_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino_telemetry", None)
    for name in ENVIRONMENT:
        monkeypatch.setenv(name, "left by another tool")
    go_offline()
    go_offline()
    assert {name: os.environ[name] for name in ENVIRONMENT} == {
        "DO_NOT_TRACK": "1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "HF_HUB_OFFLINE": "1",
        "LANGCHAIN_TRACING_V2": "false",
        "LANGSMITH_TRACING": "false",
        "LANGSMITH_TRACING_V2": "false",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_USAGE_STATS_REPORT_URL": "http://127.0.0.1:9",
        "TRANSFORMERS_OFFLINE": "1",
    }
    with pytest.raises(ImportError):
        import openvino_telemetry  # noqa: F401


def test_a_telemetry_client_that_is_loaded_already_is_silenced(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    class Talking:
        def send_event(self, *event: str) -> None:
            sent.append(event[0])

    loaded = types.ModuleType("openvino_telemetry")
    loaded.Telemetry = Talking  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "openvino_telemetry", loaded)
    go_offline()
    loaded.Telemetry("tid", app_name="x").send_event("ov", "import")  # type: ignore[attr-defined]
    assert sent == []
