"""Builds the embedder that the configuration names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from feedback_nlp.config import EmbedConfig
from feedback_nlp.embed.port import Embedder
from feedback_nlp.errors import ConfigError
from feedback_nlp.resources import model_folder


def load_embedder(config: EmbedConfig, environment: Mapping[str, str] | None = None) -> Embedder:
    """Build the configured embedder; each backend is imported only when it is wanted.

    Args:
        config: The ``[embed]`` section. ``model`` is a folder for ``static`` (empty for
            the shipped one) and a model name for the foreign backends.
        environment: Where the API key is looked up; the process's own by default.

    Raises:
        ConfigError: If the backend is unknown, not installed or not reachable.
        ArtifactError: If the static model is missing or damaged.
    """
    match config.backend:
        case "static":
            from feedback_nlp.embed.static import load_static  # noqa: PLC0415

            return load_static(Path(config.model) if config.model else model_folder("embeddings"))
        case "svd":
            from feedback_nlp.embed.svd import SvdEmbedder  # noqa: PLC0415

            return SvdEmbedder()
        case "sentence-transformers":
            from feedback_nlp.embed.sentence_model import (  # noqa: PLC0415
                SentenceTransformersEmbedder,
            )

            return SentenceTransformersEmbedder(config.model)
        case "openai":
            from feedback_nlp.embed.endpoint import PURPOSE, OpenAIEmbedder  # noqa: PLC0415

            api_key = PURPOSE.key(os.environ if environment is None else environment)
            return OpenAIEmbedder(config.model, config.base_url, api_key)
        case unknown:
            raise ConfigError(
                f"[embed] 的 backend 是 {unknown!r}",
                hint="可选 static、svd、sentence-transformers、openai",
            )
