"""The first layers of the encoder in torch, with linear heads on its states."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from feedback_nlp.training.deep.e5_file import E5File

POSITIONS = 128  # a window of pieces, begin and end included
#: Columns of the head on pieces: end of a unit, then feelings, then intents.
END, FEELING, INTENT = slice(0, 1), slice(1, 4), slice(4, 10)


class Layer(nn.Module):  # type: ignore[misc]
    """One transformer layer of the file."""

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

    def forward(self, x: torch.Tensor, hidden: torch.Tensor | None) -> torch.Tensor:
        """Run the layer; ``hidden`` is added to the attention, −10⁴ where nothing stands."""
        rows, length, width = x.shape
        size = width // self._heads
        q, k, v = (
            self.projections(x).view(rows, length, 3, self._heads, size).permute(2, 0, 3, 1, 4)
        )
        scores = q @ k.transpose(-1, -2) * (1 / math.sqrt(size))
        if hidden is not None:
            scores = scores + hidden
        seen = (torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(rows, length, width)
        seen = functional.dropout(self.output(seen), self._dropout, self.training)
        x = self.attention_norm(x + seen)
        risen = self.fall(functional.gelu(self.rise(x)))
        return self.final_norm(x + functional.dropout(risen, self._dropout, self.training))


class Network(nn.Module):  # type: ignore[misc]
    """Layers and heads.

    Args:
        file: Where it starts from.
        pieces: Ids of the pieces that keep a row, ascending.
        layers: How many of the file's layers, the first ones.
        dropout: Share of activations dropped in training.
    """

    def __init__(
        self, file: E5File, pieces: np.ndarray, layers: int, dropout: float = 0.08
    ) -> None:
        super().__init__()
        width = file.config.width
        words = torch.from_numpy(file.matrix("emb.word", width)[pieces])
        self.word = nn.Embedding.from_pretrained(words, freeze=False)
        positions = file.floats("emb.pos").reshape(-1, width)
        kind = file.floats("emb.type")[:width]  # of the first sentence; there is no second
        self.position = nn.Parameter(torch.from_numpy(positions + kind)[:POSITIONS].clone())
        self.norm = _norm(file, "emb.ln")
        self.layers = nn.ModuleList(Layer(file, number, dropout) for number in range(layers))
        self.text_head = nn.Linear(width, 4)
        self.piece_head = nn.Linear(width, 10)
        self._dropout = dropout

    def states(self, vectors: torch.Tensor, hidden: torch.Tensor | None) -> torch.Tensor:
        """Return the states of word vectors: (n, length, width) twice."""
        x = self.norm(vectors + self.position[: vectors.shape[1]])
        x = functional.dropout(x, self._dropout, self.training)
        for layer in self.layers:
            x = layer(x, hidden)
        return x

    def forward(self, ids: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Return the states of padded rows of pieces, shape (n, length, width)."""
        hidden = (1.0 - present[:, None, None, :].float()) * -1e4
        return self.states(self.word(ids), hidden)


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
