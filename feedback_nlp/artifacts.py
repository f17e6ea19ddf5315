"""Reads and writes trained artefacts: safetensors and JSON, never pickle.

A model folder holds ``manifest.json`` (what it is, how it was made, sha256 of each
file), ``card.md`` (for people), and the files the manifest names. Loading checks
the digests first, so a damaged or swapped file is refused with a clear error.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as dump_tensors

from feedback_nlp.errors import ArtifactError

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Artifact:
    """One loaded model folder.

    Attributes:
        name: Task name, the folder's name.
        version: Content version: first 12 hex digits over all file digests.
        tensors: Arrays by name.
        config: What the code needs to use the tensors.
        figures: Measured quality, with data set, split and command.
    """

    name: str
    version: str
    tensors: Mapping[str, np.ndarray]
    config: Mapping[str, Any]
    figures: Mapping[str, Any]


def save_artifact(
    folder: Path,
    *,
    tensors: Mapping[str, np.ndarray],
    config: Mapping[str, Any],
    figures: Mapping[str, Any],
    trained_on: list[str],
    command: str,
) -> None:
    """Write a model folder, each file atomically and the manifest last.

    Args:
        folder: Target, such as ``models/sentiment``; made if missing.
        tensors: Arrays by name; contiguous copies are written.
        config: JSON-serialisable settings the code needs.
        figures: Measured quality, JSON-serialisable.
        trained_on: Names of the data sets used.
        command: The command that rebuilds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    blobs = {
        "weights.safetensors": dump_tensors(
            {name: np.ascontiguousarray(array) for name, array in tensors.items()}
        ),
        "config.json": _json_bytes(config),
    }
    manifest = {
        "format_version": FORMAT_VERSION,
        "name": folder.name,
        "files": {name: hashlib.sha256(blob).hexdigest() for name, blob in blobs.items()},
        "trained_on": trained_on,
        "command": command,
        "figures": figures,
    }
    for name, blob in {**blobs, "manifest.json": _json_bytes(manifest)}.items():
        _write_atomically(folder / name, blob)


def load_artifact(folder: Path) -> Artifact:
    """Load and verify a model folder.

    Raises:
        ArtifactError: If a file is missing, damaged, or not of this format.
    """
    manifest = _manifest(folder)
    blobs: dict[str, bytes] = {}
    for name, digest in manifest["files"].items():
        try:
            blob = (folder / name).read_bytes()
        except OSError as error:
            raise ArtifactError(f"模型 {folder.name} 缺少文件 {name}", hint="重新安装") from error
        if hashlib.sha256(blob).hexdigest() != digest:
            raise ArtifactError(
                f"模型 {folder.name} 的文件 {name} 与清单不符",
                hint="文件可能损坏或被替换，请重新安装",
            )
        blobs[name] = blob
    try:
        tensors = load_tensors(blobs["weights.safetensors"])
        config = json.loads(blobs["config.json"])
    except (KeyError, ValueError, SafetensorError) as error:
        raise ArtifactError(f"模型 {folder.name} 无法解析", hint="重新安装") from error
    return Artifact(folder.name, _version(manifest), tensors, config, manifest.get("figures", {}))


def version_of(folder: Path) -> str:
    """Return the content version of a model folder without loading it: what its manifest says.

    Raises:
        ArtifactError: If there is no manifest of this format.
    """
    return _version(_manifest(folder))


def _version(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256("".join(sorted(manifest["files"].values())).encode()).hexdigest()[:12]


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"读不到模型清单 {path}", reason="model-unusable", model=folder.name
        ) from error
    if manifest.get("format_version") != FORMAT_VERSION:
        raise ArtifactError(
            f"模型 {folder.name} 的格式版本是 {manifest.get('format_version')}，需要 {FORMAT_VERSION}",
            reason="model-unusable",
            model=folder.name,
        )
    return manifest


def _json_bytes(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _write_atomically(path: Path, blob: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(blob)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
