"""What the deep reader learns from; the network itself needs torch, which tests do not have."""

import random
import struct
from pathlib import Path

import numpy as np
import pytest

from feedback_nlp.errors import ArtifactError
from feedback_nlp.training.deep.e5_file import E5File
from feedback_nlp.training.deep.rows import (
    UnitRow,
    annotated_row,
    batches,
    rows_by_source,
    stage,
)
from feedback_nlp.training.understanding.domain_units import DomainText, DomainUnit
from feedback_nlp.training.understanding.examples import Example
from feedback_nlp.training.understanding.recipe import SEED
from feedback_nlp.understanding.deep.pieces import UnigramPieces

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "\u2581", "很", "快", "很快", ",", "\u2581很"]
SCORES = [0.0, 0.0, 0.0, 0.0, -2.0, -3.0, -3.0, -4.0, -1.0, -6.0]


def _e5_file(path: Path) -> Path:
    """Write a file of the format with one 4-bit matrix and one float vector."""
    letters = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, letters)]).astype(np.uint32)
    blob = b"".join(letters)
    normal = struct.pack("<IBI", ord("，"), 1, ord(","))
    head = b"E5S1" + struct.pack("<I", 1) + struct.pack("<7i", 32, 0, 1, 64, len(PIECES), 8, 1)
    head += struct.pack("<fi", 1e-12, 32)
    head += struct.pack("<5i", len(PIECES), 0, 2, 1, 3) + struct.pack("<Q", len(blob))
    head += offsets.tobytes() + np.array(SCORES, np.float32).tobytes() + blob
    head += struct.pack("<iI", 1, len(normal)) + normal
    block = np.float16(0.5).tobytes() + bytes([0x8 | k << 4 for k in range(16)])
    vector = np.array([1.5, -2.0], np.float32).tobytes()
    names = (b"m", b"v")
    start = len(head) + 4 + sum(2 + len(name) + 21 for name in names)
    directory = struct.pack("<i", 2)
    directory += struct.pack("<H1sBIQQ", 1, b"m", 1, 32, start, len(block))
    directory += struct.pack("<H1sBIQQ", 1, b"v", 0, 2, start + len(block), len(vector))
    path.write_bytes(head + directory + block + vector)
    return path


def test_tensors_and_tokenizer_are_read(tmp_path: Path):
    file = E5File(_e5_file(tmp_path / "e5.bin"))
    matrix = file.matrix("m", 32)
    assert np.allclose(matrix[0, :16], 0)  # low nibbles 8: zero
    assert np.allclose(matrix[0, 16:], (np.arange(16) - 8) * 0.5)
    assert file.floats("v").tolist() == [1.5, -2.0]
    # ▁ + 很快 (−6) beats ▁很 + 快 (−9); the full-width comma is normalised; 慢 is unknown.
    assert [piece.row for piece in file.pieces().cut("很快，慢")] == [4, 7, 8, 3]


def test_another_file_is_refused(tmp_path: Path):
    path = tmp_path / "no.bin"
    path.write_bytes(b"GGUF" + bytes(64))
    with pytest.raises(ArtifactError):
        E5File(path)


def _pieces() -> UnigramPieces:
    letters = ["", "\u2581", *"很好用，就是闪退老东西不错"]
    return UnigramPieces(letters, [-1.0] * len(letters), 0, {})


def test_rows_know_what_their_source_knows(tmp_path: Path):
    examples = [
        Example(("很好用",), "waimai_10k", {"overall": 2}, whole="很好用，很好"),
        Example(("老是闪退",), "smp2020_ewect", {"overall": 0}),
        Example(
            ("老是闪退",), SEED, {"overall": 0}, {"sentiment": (0,), "intent": (0,)}, weight=0.3
        ),
        Example(("不错",), "waimai_10k", {"overall": 2}, split="dev"),
    ]
    found = rows_by_source(examples, tmp_path, _pieces())
    (waimai,) = found["waimai_10k"]
    assert (waimai.is_binary, waimai.can_mix, waimai.units) == (True, False, ())
    assert len(waimai.pieces) == 7  # as it was written, the comma included, and a space before
    assert not found["smp2020_ewect"][0].can_mix
    assert found[SEED][0].units == (UnitRow(0, 5, 0, 0),)
    drawn = stage(found, {"waimai_10k": (5, 3), "nothing": (5, 1)}, random.Random(1))
    assert drawn == [waimai] * 3


def test_units_are_ranges_of_pieces():
    item = DomainText(
        "1", "app", "很好用，就是闪退", "train", "mixed", "bug",
        (DomainUnit(0, 3, "praise", "pos"), DomainUnit(4, 8, "bug", "neg")),
    )  # fmt: skip
    row = annotated_row(item, _pieces())
    assert row.has_ends
    assert row.label == 3
    assert [(unit.first, unit.last) for unit in row.units] == [(0, 4), (5, 9)]


def test_batches_hold_every_row_once_and_like_lengths_together():
    item = DomainText("1", "app", "很好用" * 3, "train", "pos", "praise", ())
    rows = [annotated_row(item, _pieces()), *(annotated_row(item, _pieces()) for _ in range(9))]
    found = batches(rows, 4, random.Random(1))
    assert sorted(map(len, found)) == [2, 4, 4]
