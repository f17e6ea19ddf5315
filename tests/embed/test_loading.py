"""The configuration chooses the backend; mistakes get one clear sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from feedback_nlp.config import EmbedConfig, load_config
from feedback_nlp.embed import load_embedder
from feedback_nlp.embed.static import StaticEmbedder
from feedback_nlp.errors import ArtifactError, ConfigError


def test_shipped_configuration_uses_the_static_model() -> None:
    assert isinstance(load_embedder(load_config().embed), StaticEmbedder)


def test_unknown_backend_names_the_choices() -> None:
    with pytest.raises(ConfigError, match=r"word2vec.*sentence-transformers"):
        load_embedder(EmbedConfig(backend="word2vec"))


def test_missing_model_folder_is_an_artifact_error(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="读不到模型清单"):
        load_embedder(EmbedConfig(backend="static", model=str(tmp_path / "none")))


def test_missing_sentence_transformers_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ConfigError, match="pip install sentence-transformers"):
        load_embedder(EmbedConfig(backend="sentence-transformers", model="m"))


@pytest.mark.parametrize("backend", ["sentence-transformers", "openai"])
def test_foreign_backends_need_a_model_name(backend: str) -> None:
    config = EmbedConfig(backend=backend, base_url="http://127.0.0.1:9/v1")
    with pytest.raises(ConfigError, match="没有写明"):
        load_embedder(config, {})


@pytest.mark.parametrize("url", ["", "127.0.0.1:8080/v1", "file:///etc/passwd", "ftp://host/v1"])
def test_endpoint_takes_only_http_addresses(url: str) -> None:
    with pytest.raises(ConfigError, match="base_url"):
        load_embedder(EmbedConfig(backend="openai", model="m", base_url=url), {})


def test_traditional_and_full_width_text_read_like_simplified() -> None:
    static = load_embedder(EmbedConfig(backend="static"))
    traditional, simplified = static.embed(["廣告太多，ＡＰＰ打不開", "广告太多，app打不开"])
    np.testing.assert_allclose(traditional, simplified, atol=1e-6)


def test_unknown_word_is_read_by_its_characters() -> None:
    static = load_embedder(EmbedConfig(backend="static"))
    unknown, crash, praise = static.embed(["闪退闪退哒哒了", "闪退", "客服态度好"])
    assert unknown @ crash > unknown @ praise


def test_punctuation_carries_nothing() -> None:
    static = load_embedder(EmbedConfig(backend="static"))
    assert not static.embed(["！！！……？"]).any()
    loud, calm = static.embed(["闪退！！！", "闪退"])
    np.testing.assert_allclose(loud, calm, atol=1e-6)


def test_problem_outweighs_feeling() -> None:
    """Topics need what it is about: two crash reports, one polite and one furious."""
    static = load_embedder(EmbedConfig(backend="static"))
    furious, polite, furious_about_ads = static.embed(
        ["垃圾软件，一打开就闪退", "麻烦修一下，打开就会闪退", "垃圾软件，全是广告"]
    )
    assert furious @ polite > furious @ furious_about_ads
