"""The weights that are committed are those that their manifests describe."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shutil
import zlib
from pathlib import Path

import pytest

from feedback_nlp.artifacts import load_artifact
from feedback_nlp.errors import ArtifactError

MODELS = Path(__file__).resolve().parents[1] / "models"
FOLDERS = sorted(path for path in MODELS.iterdir() if path.is_dir())
#: What a shallow clone may hold (30 MB), less what is not weights (1.1 MB today).
MOST_PACKED_BYTES = 28_000_000
by_name = pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)


@by_name
def test_weights_are_those_of_the_manifest(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["name"] == folder.name
    # nothing lies beside it that the manifest does not vouch for
    assert {path.name for path in folder.iterdir()} == {
        "manifest.json",
        "card.md",
        *manifest["files"],
    }
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    assert load_artifact(folder).tensors


@by_name
@pytest.mark.parametrize("name", ["weights.safetensors", "config.json"])
def test_one_changed_bit_is_refused(folder: Path, name: str, tmp_path: Path) -> None:
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    blob = bytearray((copy / name).read_bytes())
    blob[len(blob) // 2] ^= 1
    (copy / name).write_bytes(blob)
    with pytest.raises(ArtifactError, match="与清单不符"):
        load_artifact(copy)


@by_name
def test_what_rebuilds_it_can_be_run(folder: Path) -> None:
    said = (folder / "manifest.json").read_text("utf-8") + (folder / "card.md").read_text("utf-8")
    for module in re.findall(r"python -m ([\w.]+)", said):
        assert importlib.util.find_spec(module) is not None, module


def test_weights_leave_the_shallow_clone_under_its_limit() -> None:
    packed = sum(len(zlib.compress(path.read_bytes())) for path in MODELS.glob("*/*"))
    assert packed < MOST_PACKED_BYTES
