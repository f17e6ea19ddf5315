"""An override folder may hold only what differs."""

import shutil
from pathlib import Path

import pytest

from feedback_nlp.errors import ArtifactError
from feedback_nlp.resources import model_folder, model_names, models_dir, read_tables


def test_a_model_the_override_lacks_is_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shipped = models_dir()
    shutil.copytree(shipped / "segment", tmp_path / "segment")
    monkeypatch.setenv("FEEDBACK_MODELS_DIR", str(tmp_path))
    assert model_folder("segment") == tmp_path / "segment"
    assert model_folder("intent") == shipped / "intent"
    assert set(model_names()) >= {"segment", "intent", "sentiment", "encoder", "embeddings"}


def test_a_folder_without_a_manifest_overrides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shipped = models_dir()
    (tmp_path / "intent").mkdir()
    monkeypatch.setenv("FEEDBACK_MODELS_DIR", str(tmp_path))
    assert model_folder("intent") == shipped / "intent"


def test_a_word_list_that_is_gone_or_damaged_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDBACK_CORPORA_DIR", str(tmp_path))
    (tmp_path / "damaged.toml").write_text("a = [")
    with pytest.raises(ArtifactError, match=r"找不到词表 .*gone\.toml"):
        read_tables("gone.toml")
    with pytest.raises(ArtifactError, match=r"damaged\.toml 不是有效的 TOML"):
        read_tables("damaged.toml")
