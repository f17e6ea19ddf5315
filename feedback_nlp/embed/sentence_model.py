"""The one adapter around sentence-transformers, which is not installed by default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from feedback_nlp.embed.port import Floats, checked_vectors, scattered
from feedback_nlp.errors import ConfigError

_PROBE = "维度"


class SentenceTransformersEmbedder:
    """A local sentence-transformers model behind the embedder port.

    Args:
        model: Model name or folder, such as ``intfloat/multilingual-e5-small``.
        batch_size: Texts a forward pass.

    Raises:
        ConfigError: If the package is missing or the model cannot be loaded.
    """

    def __init__(self, model: str, batch_size: int = 64) -> None:
        if not model:
            raise ConfigError(
                "没有写明 sentence-transformers 的模型",
                hint='在 [embed] 里写 model = "模型名或目录"',
            )
        self._model_name = model
        self._batch_size = batch_size
        self._model = _load(model)
        self._dimensions = int(self._encode([_PROBE], None).shape[1])

    @property
    def name(self) -> str:
        """Backend and model."""
        return f"sentence-transformers:{self._model_name}"

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Floats:
        """Embed a batch; blank texts give zeros and are not shown to the model."""
        rows = [row for row, text in enumerate(texts) if text.strip()]
        vectors = self._encode([texts[row] for row in rows], self._dimensions)
        return scattered(vectors, rows, len(texts))

    def _encode(self, texts: list[str], dimensions: int | None) -> Floats:
        if not texts:
            return checked_vectors([[0.0] * (dimensions or 1)], 1, dimensions, self.name)[:0]
        values = self._model.encode(
            texts,
            batch_size=self._batch_size,
            convert_to_numpy=True,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return checked_vectors(values, len(texts), dimensions, self.name)


def _load(model: str) -> Any:
    try:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            "没有安装 sentence-transformers",
            hint="先运行 pip install sentence-transformers，或把 [embed] 的 backend 改回 static",
        ) from error
    try:
        return SentenceTransformer(model)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"sentence-transformers 载入不了模型 {model!r}：{error}", hint="检查模型名、目录和网络"
        ) from error
