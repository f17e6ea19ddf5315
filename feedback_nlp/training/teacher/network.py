"""The encoder in torch, with one linear head a task on the mean of its states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from feedback_nlp.training.teacher.e5_file import E5File
from feedback_nlp.training.teacher.tasks import SEPARATOR

_SIDE = 30  # pieces on each side of a place


class _Layer(nn.Module):  # type: ignore[misc]
    def __init__(self, file: E5File, number: int, dropout: float) -> None:
        super().__init__()
        width, inner = file.config.width, file.config.inner
        self._heads, self._dropout = file.config.heads, dropout

        def name(part: str) -> str:
            return f"l{number}.{part}"

        def linear(parts: Sequence[str], inputs: int) -> nn.Linear:
            weight = np.concatenate([file.matrix(name(f"{part}.w"), inputs) for part in parts])
            bias = np.concatenate([file.floats(name(f"{part}.b")) for part in parts])
            return _linear(weight, bias)

        self.projections = linear(("q", "k", "v"), width)
        self.output = linear(("ao",), width)
        self.rise = linear(("fi",), width)
        self.fall = linear(("fo",), inner)
        self.attention_norm = _norm(file, name("aln"))
        self.final_norm = _norm(file, name("oln"))

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        rows, length, width = x.shape
        q, k, v = (
            self.projections(x)
            .view(rows, length, 3, self._heads, width // self._heads)
            .permute(2, 0, 3, 1, 4)
        )
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        seen = self.output(seen.transpose(1, 2).reshape(rows, length, width))
        x = self.attention_norm(x + functional.dropout(seen, self._dropout, self.training))
        risen = self.fall(functional.gelu(self.rise(x)))
        return self.final_norm(x + functional.dropout(risen, self._dropout, self.training))


class Teacher(nn.Module):  # type: ignore[misc]
    """multilingual-e5-small with heads.

    Args:
        file: Where it starts from.
        heads: Head → number of classes.
        texts: What it will read; pieces that do not occur lose their row, which keeps four
            fifths of the parameters out of memory.
        dropout: Share of activations dropped in training.
    """

    def __init__(
        self, file: E5File, heads: Mapping[str, int], texts: Sequence[str], dropout: float = 0.05
    ) -> None:
        super().__init__()
        self._file, self._dropout = file, dropout
        config = file.config
        special = [config.begin, config.end, config.padding, config.unknown]
        used = np.unique([*special, *(k for text in texts for k in self._pieces(text, 10**6))])
        self._row = np.full(file.piece_count + 8, np.searchsorted(used, config.unknown))
        self._row[used] = np.arange(len(used))
        self._padding = int(self._row[config.padding])
        word = file.matrix("emb.word", config.width)[used]
        self.word = nn.Embedding.from_pretrained(torch.from_numpy(word), freeze=False)
        positions = file.floats("emb.pos").reshape(-1, config.width)
        kind = file.floats("emb.type")[: config.width]  # of the first sentence; there is no second
        self.position = nn.Parameter(torch.from_numpy(positions + kind))
        self.norm = _norm(file, "emb.ln")
        self.layers = nn.ModuleList(_Layer(file, k, dropout) for k in range(config.layers))
        self.heads = nn.ModuleDict(
            {head: nn.Linear(config.width, classes) for head, classes in heads.items()}
        )

    def ids(self, text: str, limit: int) -> np.ndarray:
        """Return the rows of a text's pieces, at most ``limit``, begin and end included."""
        rows: np.ndarray = self._row[self._pieces(text, limit)]
        return rows

    def batch(self, ids: Sequence[np.ndarray]) -> torch.Tensor:
        """Pad to one array: shape (texts, longest)."""
        array = np.full((len(ids), max(map(len, ids))), self._padding, np.int64)
        for row, one in zip(array, ids, strict=True):
            row[: len(one)] = one
        return torch.from_numpy(array)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the mean state of each text: (n, length) to (n, width)."""
        present = ids != self._padding
        x = self.norm(self.word(ids) + self.position[: ids.shape[1]])
        x = functional.dropout(x, self._dropout, self.training)
        for layer in self.layers:
            x = layer(x, present[:, None, None, :])
        weight = present[:, :, None].to(x.dtype)
        return (x * weight).sum(1) / weight.sum(1)

    def _pieces(self, text: str, limit: int) -> list[int]:
        config, tokenizer = self._file.config, self._file.tokenizer
        left, place, right = text.partition(SEPARATOR)
        if not place:
            return [config.begin, *tokenizer.pieces(left)[: limit - 2], config.end]
        before, after = tokenizer.pieces(left)[-_SIDE:], tokenizer.pieces(right)[:_SIDE]
        return [config.begin, *before, config.end, config.end, *after, config.end]


def _linear(weight: np.ndarray, bias: np.ndarray) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        layer.bias.copy_(torch.from_numpy(bias))
    return layer


def _norm(file: E5File, name: str) -> nn.LayerNorm:
    layer = nn.LayerNorm(file.config.width, file.config.epsilon)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(file.floats(f"{name}.w")))
        layer.bias.copy_(torch.from_numpy(file.floats(f"{name}.b")))
    return layer
