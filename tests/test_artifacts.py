from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from feedback_nlp.artifacts import load_artifact, save_artifact, version_of
from feedback_nlp.errors import ArtifactError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "sentiment"
    save_artifact(
        target,
        tensors={"weights": np.arange(6, dtype=np.float32).reshape(2, 3)[:, ::-1]},
        config={"labels": ["neg", "neu", "pos"]},
        figures={"macro_f1": 0.5},
        trained_on=["own sentences"],
        command="feedback-nlp train sentiment",
    )
    return target


def test_what_is_saved_is_loaded(folder: Path) -> None:
    artifact = load_artifact(folder)
    assert artifact.tensors["weights"].tolist() == [[2, 1, 0], [5, 4, 3]]
    assert artifact.config["labels"] == ["neg", "neu", "pos"]
    assert artifact.figures == {"macro_f1": 0.5}


def test_the_version_follows_the_content(folder: Path) -> None:
    before = load_artifact(folder).version
    save_artifact(
        folder,
        tensors={"weights": np.zeros((2, 3), np.float32)},
        config={"labels": ["neg", "neu", "pos"]},
        figures={},
        trained_on=[],
        command="",
    )
    assert load_artifact(folder).version != before
    assert version_of(folder) == load_artifact(folder).version


def test_a_damaged_file_is_refused(folder: Path) -> None:
    path = folder / "weights.safetensors"
    blob = bytearray(path.read_bytes())
    blob[-1] ^= 1
    path.write_bytes(blob)
    with pytest.raises(ArtifactError, match="与清单不符"):
        load_artifact(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "config.json").unlink()
    with pytest.raises(ArtifactError, match=r"config\.json"):
        load_artifact(folder)


def test_a_folder_without_manifest_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="清单"):
        load_artifact(tmp_path)


def test_another_format_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["format_version"] = 99
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match="格式版本是 99"):
        load_artifact(folder)
