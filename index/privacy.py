"""Nothing leaves the machine: every dependency's habit of calling home, switched off in one place.

=====================  ============================================================================
openvino               on import, and on every conversion, posts usage to Google Analytics from a
                       child process and creates ``~/intel``; consent is assumed unless its
                       telemetry package cannot be imported, in which case its own stub takes over
huggingface_hub,       look models up on the Hub (also for files already here), report usage and
transformers           look for updates
gradio                 reports launches, errors and versions
ray                    reports cluster usage, and where that is off, that it is off; asks the cloud's
                       metadata service where it runs
haystack               posts usage to PostHog and creates ``~/.haystack``
langchain (langsmith)  sends each question and text to LangSmith where the environment says so
=====================  ============================================================================
"""

from __future__ import annotations

import os
import sys
from typing import Any

#: Set, not merely defaulted: a value left in the environment by another tool ("HF_HUB_OFFLINE=0")
#: is no request to litquote, and the promise has no exception but a command that says ``fetch``.
ENVIRONMENT = {
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
    "RAY_USAGE_STATS_REPORT_URL": "http://127.0.0.1:9",  # the port that discards
    "TRANSFORMERS_OFFLINE": "1",
}


#: For a Ray cluster that is started on this machine alone: it stays on loopback (its default on Windows and
#: macOS), and what it asks the metadata services of clouds goes to a proxy that is none.
LOOPBACK = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"),
}


class _Silent:
    """Stands in for a telemetry client: takes any call and does nothing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return _Silent


def go_offline() -> None:
    """Switch all of it off. Cheap, imports nothing, may be called any number of times.

    Call it before ``openvino``, ``sentence_transformers``, ``huggingface_hub``, ``gradio`` or
    ``ray`` is imported: most of them read their settings at import. Where one is imported already
    (a notebook, a test), what still can be switched off is.
    """
    os.environ.update(ENVIRONMENT)
    telemetry = sys.modules.get("openvino_telemetry")
    if telemetry is not None:
        telemetry.Telemetry = _Silent  # type: ignore[attr-defined]
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    reporting = sys.modules.get("haystack.telemetry._telemetry")
    if reporting is not None:
        reporting.telemetry = None  # type: ignore[attr-defined]
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is not None:
        for name in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_UPDATE_CHECK"):
            setattr(constants, name, True)
