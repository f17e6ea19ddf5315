"""Runs the small transformer: pieces in, one state a piece out.

The table of word vectors stays in NumPy (int8, one scale a row); the layers run in ONNX
Runtime with 8-bit weights. Each window of a text runs by itself, so that no neighbour and no
padding can change what is read.

Source: multilingual-e5-small (Wang et al. 2024, MIT), its first layers, fine-tuned; see
``models/deep/card.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from feedback_nlp.artifacts import load_artifact
from feedback_nlp.errors import ArtifactError
from feedback_nlp.resources import model_folder
from feedback_nlp.understanding.deep.pieces import Piece, UnigramPieces

Floats = npt.NDArray[np.float32]
_WINDOW = 126  # pieces read together, begin and end left out
_SEARCHED = 40  # pieces before a window's end where it looks for the end of a sentence
_SENTENCE_ENDS = frozenset("。！？!?\n；;…")


class DeepEncoder:
    """Pieces, table and layers, loaded once.

    Args:
        folder: Artefact folder; ``models/deep`` by default.

    Raises:
        ArtifactError: If the folder is missing or damaged, or ONNX Runtime is not installed.
    """

    def __init__(self, folder: Path | None = None) -> None:
        artifact = load_artifact(folder if folder is not None else model_folder("deep"))
        tensors, config = artifact.tensors, artifact.config
        self.version = artifact.version
        try:
            pieces = tensors["pieces"].tobytes().decode("utf-8").split("\n")
            self._pieces = UnigramPieces(
                pieces, tensors["scores"].tolist(), config["unknown"], config["replacements"]
            )
            self._rows, self._scales = tensors["rows"], tensors["scales"].astype(np.float32)
            self._begin, self._end = int(config["begin"]), int(config["end"])
            self._session = _session(tensors["layers"].tobytes())
        except (KeyError, ValueError) as error:
            raise ArtifactError(f"深读模型的内容不完整：{error}", hint="重新安装") from error

    def cut(self, text: str) -> list[Piece]:
        """Return the pieces of a text."""
        return self._pieces.cut(text)

    def states(self, text: str, pieces: Sequence[Piece]) -> Floats:
        """Return what each piece means where it stands: shape (pieces, width)."""
        parts = [self._run(pieces[begin:end]) for begin, end in windows(text, pieces)]
        return np.concatenate(parts) if parts else np.zeros((0, self._rows.shape[1]), np.float32)

    def _run(self, pieces: Sequence[Piece]) -> Floats:
        rows = [self._begin, *(piece.row for piece in pieces), self._end]
        vectors = self._rows[rows].astype(np.float32) * self._scales[rows][:, None]
        states: Floats = self._session.run(None, {"vectors": vectors[None]})[0][0, 1:-1]
        return states


def windows(text: str, pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    """Return ranges of pieces that are read together; long texts are cut after a sentence."""
    found = []
    begin, size = 0, len(pieces)
    while begin < size:
        end = min(begin + _WINDOW, size)
        if end < size:
            for place in range(end, end - _SEARCHED, -1):
                if text[pieces[place - 1].end - 1] in _SENTENCE_ENDS:
                    end = place
                    break
        found.append((begin, end))
        begin = end
    return found


def _session(layers: bytes):  # type: ignore[no-untyped-def]
    try:
        import onnxruntime  # noqa: PLC0415 - an extra: most commands never read deeply
    except ImportError as error:
        raise ArtifactError(
            "深读要用 ONNX Runtime，这里没有安装",
            hint="pip install 'feedback-nlp[deep]'，或把 pipeline.toml 里的 depth 改成 fast",
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(layers, options, providers=["CPUExecutionProvider"])
