"""Writes the network as artefacts: 8-bit layers for ONNX Runtime, an int8 table, the heads."""

from __future__ import annotations

import copy
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

from feedback_nlp.artifacts import save_artifact
from feedback_nlp.training.deep.e5_file import E5File
from feedback_nlp.training.deep.network import END, FEELING, INTENT, Network
from feedback_nlp.understanding.deep.reader import Heads
from feedback_nlp.understanding.features import SoftmaxHead, quantize

_BLOCK = 64  # weights that share a scale
_LEVELS = 31  # of a weight, on each side of zero: 6 bits say it, and a clone stays small
_OPSET = 17


@dataclass(frozen=True, slots=True)
class Origin:
    """Where weights come from, for their manifest: data sets, and the command."""

    trained_on: Sequence[str]
    command: str


class _Layers(torch.nn.Module):  # type: ignore[misc]
    """What runs in ONNX: word vectors in, states out; one text, so nothing is hidden."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return self.network.states(vectors, None)


def export_encoder(
    network: Network,
    file: E5File,
    pieces: np.ndarray,
    kept: np.ndarray,
    folder: Path,
    origin: Origin,
) -> None:
    """Write ``folder`` (``models/deep``): the table, the pieces and the layers.

    Args:
        network: Fine-tuned.
        file: Where it started from.
        pieces: Ids of the network's rows, ascending.
        kept: Which of these rows are kept; text that held another piece is cut into smaller
            ones.
        folder: Where to.
        origin: For the manifest.
    """
    rows, scales = quantize(network.word.weight.detach().numpy()[kept], _LEVELS)
    pieces = pieces[kept]
    special = {
        name: int(np.searchsorted(pieces, getattr(file.config, name)))
        for name in ("begin", "end", "unknown")
    }
    names = [file.piece_names[piece].replace("\n", "") for piece in pieces.tolist()]
    letters = set("".join(names))
    save_artifact(
        folder,
        tensors={
            "rows": rows,
            "scales": scales,
            "pieces": np.frombuffer("\n".join(names).encode(), np.uint8),
            "scores": file.scores[pieces].astype(np.float32),
            "layers": np.frombuffer(_layers(network), np.uint8),
        },
        config={
            **special,
            "replacements": {
                character: written
                for character, written in file.replacements.items()
                if written != character and (set(written) <= letters | {" "})
            },
            "layers": len(network.layers),
        },
        figures={},
        trained_on=list(origin.trained_on),
        command=origin.command,
    )


def _layers(network: Network) -> bytes:
    """Return the layers as an ONNX model with 8-bit weights, computed in 8-bit blocks."""
    network = copy.deepcopy(network)
    with torch.no_grad():
        for layer in network.layers:
            for linear in (layer.projections, layer.output, layer.rise, layer.fall):
                linear.weight.copy_(_coarse(linear.weight))
    buffer = io.BytesIO()
    example = torch.zeros(1, 12, network.word.embedding_dim)
    torch.onnx.export(
        _Layers(network.eval()),
        (example,),
        buffer,
        input_names=["vectors"],
        output_names=["states"],
        dynamic_axes={"vectors": {1: "length"}, "states": {1: "length"}},
        opset_version=_OPSET,
        dynamo=False,
    )
    quantizer = MatMulNBitsQuantizer(
        onnx.load_from_string(buffer.getvalue()),
        bits=8,
        block_size=_BLOCK,
        is_symmetric=True,
        accuracy_level=4,
    )
    quantizer.process()
    serialized: bytes = quantizer.model.model.SerializeToString()
    return serialized


def _coarse(weight: torch.Tensor) -> torch.Tensor:
    """Round to ``_LEVELS`` steps on each side of zero, one scale a block of inputs."""
    blocks = weight.reshape(weight.shape[0], -1, _BLOCK)
    scale = blocks.abs().amax(-1, keepdim=True).clamp_min(1e-12) / _LEVELS
    return (torch.round(blocks / scale) * scale).reshape(weight.shape)


def heads_of(network: Network) -> Heads:
    """Return the heads, not calibrated."""
    weight = network.piece_head.weight.detach().numpy().T
    bias = network.piece_head.bias.detach().numpy()

    def head(weight: np.ndarray, bias: np.ndarray) -> SoftmaxHead:
        shift = np.zeros(len(bias), np.float32)
        return SoftmaxHead(weight.astype(np.float32), bias.astype(np.float32), 1.0, shift)

    nothing = np.zeros((len(weight), 1), np.float32)
    text = network.text_head
    return Heads(
        head(np.hstack([nothing, weight[:, END]]), np.append(0.0, bias[END])),
        head(weight[:, FEELING], bias[FEELING]),
        head(weight[:, INTENT], bias[INTENT]),
        head(text.weight.detach().numpy().T, text.bias.detach().numpy()),
        0.5,
    )


def export_heads(heads: Heads, folder: Path, origin: Origin) -> None:
    """Write ``folder`` (``models/deep_heads``)."""
    tensors: dict[str, np.ndarray] = {}
    for name in ("end", "unit", "intent", "review"):
        tensors |= getattr(heads, name).tensors(name)
    save_artifact(
        folder,
        tensors=tensors,
        config={"end_threshold": heads.end_threshold},
        figures={},
        trained_on=list(origin.trained_on),
        command=origin.command,
    )
