"""What the teacher reads and is asked; the network itself needs torch, which tests do not have."""

import gzip
import json
import random
import struct
from pathlib import Path

import numpy as np
import pytest

from feedback_nlp.errors import ArtifactError
from feedback_nlp.training.teacher.e5_file import E5File
from feedback_nlp.training.teacher.tasks import (
    BOUNDARY,
    HEADS,
    SEPARATOR,
    Lesson,
    lessons,
    questions,
    stage,
)
from feedback_nlp.training.understanding.examples import Example

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
    assert file.tokenizer.pieces("很快，慢") == [4, 7, 8, 3]


def test_another_file_is_refused(tmp_path: Path):
    path = tmp_path / "no.bin"
    path.write_bytes(b"GGUF" + bytes(64))
    with pytest.raises(ArtifactError):
        E5File(path)


EXAMPLES = [
    Example(("东西不错", "就是送得太慢了，等了一个小时"), "waimai_10k", {"polarity": 0}),
    Example(("一直闪退，重装也没有用，客服还不理人",), "appstore", {"polarity": 0, "bank": 1}),
    Example(("老是闪退",), "seed", unit_labels={"sentiment": (0,), "intent": (-1,)}),
]


def test_lessons_hold_only_what_the_teacher_has_heads_for(tmp_path: Path):
    units = tmp_path / "data" / "app_units" / "app_units.jsonl.gz"
    units.parent.mkdir(parents=True)

    review = {
        "text": "很好用，就是闪退",
        "split": "train",
        "units": [
            {"start": 0, "end": 3, "intent": "praise"},
            {"start": 4, "end": 8, "intent": "bug"},
        ],
    }
    with gzip.open(units, "wt", encoding="utf-8") as file:
        file.write(json.dumps(review))
    found = lessons(EXAMPLES, tmp_path)
    assert found["appstore"][0].labels == {"polarity": 0}
    assert found["seed/unit"] == [Lesson("老是闪退", {"sentiment": 0})]
    assert found[BOUNDARY][0] == Lesson(f"很好用{SEPARATOR}就是闪退", {BOUNDARY: 1})
    drawn = stage(found, {"appstore": (5, 3), "nothing": (5, 1)}, random.Random(1))
    assert [row.text for row in drawn] == [found["appstore"][0].text] * 3


def test_questions_name_the_text_as_it_stands():
    asked = list(questions(EXAMPLES, random.Random(1)))
    assert all(set(question.heads) <= set(HEADS) for question in asked)
    places = [question for question in asked if question.heads == (BOUNDARY,)]
    assert places
    for question in places:
        text, end = str(question.answer["text"]), int(question.answer["end"])
        left, _, right = question.text.partition(SEPARATOR)
        assert text[:end].endswith(left)
        assert right in text[end:]
    whole = {question.answer["text"] for question in asked if "polarity" in question.heads}
    assert "东西不错 就是送得太慢了，等了一个小时" in whole
