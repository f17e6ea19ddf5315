"""A teacher's opinions: read, matched, and learned from."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from feedback_nlp.errors import InputError
from feedback_nlp.training.understanding.examples import Example
from feedback_nlp.training.understanding.fit import FitOptions, fit, mixed_targets
from feedback_nlp.training.understanding.network import Shape
from feedback_nlp.training.understanding.soft_labels import (
    SOURCE,
    SoftPlace,
    SoftText,
    read_soft_labels,
    with_soft_labels,
)
from feedback_nlp.understanding.features import NgramHasher
from tests.unit_batches import each_alone


def _whole(texts: Sequence[str]) -> list[tuple[str, ...]]:
    return [(text,) for text in texts]


def test_lines_are_read_by_head(tmp_path: Path):
    path = tmp_path / "soft.jsonl"
    lines = [
        {"text": "东西不错，就是慢", "overall": [0.2, 0, 0.3, 0.5]},
        {"text": "就是慢", "sentiment": [0.9, 0.1, 0], "intent": [0, 0, 1, 0, 0, 0]},
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n", encoding="utf-8")
    review, unit = read_soft_labels(path)
    assert review.reviews == {"overall": (0.2, 0, 0.3, 0.5)}
    assert not review.units
    assert unit.units["intent"] == (0, 0, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("不是 JSON", "第 1 行"),
        ('{"overall": [0.5, 0, 0.5, 0]}', "text"),
        ('{"text": "慢", "overall": [1.0]}', "应是 4 个"),
        ('{"text": "慢", "intent": ["高"]}', "第 1 行"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, says: str):
    path = tmp_path / "soft.jsonl"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        list(read_soft_labels(path))
    assert says in str(caught.value) + str(caught.value.hint)


def test_a_place_is_read_and_teaches_no_head(tmp_path: Path):
    path = tmp_path / "soft.jsonl"
    line = {"text": "东西不错，就是慢", "end": 4, "boundary": [0.2, 0.8]}
    path.write_text(json.dumps(line), encoding="utf-8")
    (place,) = read_soft_labels(path)
    assert place.place == SoftPlace(4, 0.8)
    assert with_soft_labels([], [place], _whole) == []


def test_a_feedback_is_matched_by_its_words_and_the_rest_is_new():
    examples = [
        Example(("东西不错", "就是慢"), "toy", {"overall": 0}),
        Example(("就是慢",), "app_units", unit_labels={"intent": (2,)}),
    ]
    taught = [
        SoftText("东西不错，就是慢！", {"overall": (0.2, 0.0, 0.3, 0.5)}, {}),
        SoftText("没人见过这句", {"overall": (0.1, 0.0, 0.9, 0.0)}, {}),
        SoftText("就是慢", {}, {"intent": (0, 0, 1.0, 0, 0, 0)}),
    ]
    found = with_soft_labels(examples, taught, _whole)
    assert found[0].soft_review == {"overall": (0.2, 0.0, 0.3, 0.5)}
    assert found[1] == examples[1]  # what people annotated stays theirs alone
    assert [example.source for example in found[2:]] == [SOURCE, SOURCE]
    assert found[3].soft_units == {"intent": ((0, 0, 1.0, 0, 0, 0),)}


def test_label_and_teacher_are_mixed_where_both_speak():
    soft = np.array([[0.5, 0.5], [0.2, 0.8], [np.nan, np.nan], [np.nan, np.nan]], np.float32)
    targets, known = mixed_targets(np.array([1, -1, 0, -1]), soft, 2, soft_share=0.5)
    assert np.allclose(targets[:3], [[0.25, 0.75], [0.2, 0.8], [1.0, 0.0]])
    assert known.tolist() == [True, True, True, False]


def test_the_network_learns_from_a_teacher_alone():
    good, bad = ["很好用", "非常喜欢", "推荐购买"], ["很难用", "一直闪退", "太差劲了"]
    examples = [
        Example((text,), SOURCE, soft_review={"overall": row})
        for texts, row in ((good, (0.1, 0.0, 0.9, 0.0)), (bad, (0.9, 0.0, 0.1, 0.0)))
        for text in texts * 4
    ]
    fitted = fit(
        examples,
        FitOptions(
            hasher=NgramHasher(bits=12, orders=(1, 2)),
            shape=Shape(8, 8, 8),
            epochs=20,
            batch_size=8,
            min_count=1,
            dropout=0.0,
            ngram_dropout=0.0,
            row_rate=0.1,
            dense_rate=1e-2,
        ),
    )
    reviews = fitted.encoder().encode(each_alone([*good, *bad])).reviews
    guess = fitted.heads["overall"].probabilities(reviews)[:, 2]
    assert (guess[:3] > 0.75).all()
    assert (guess[3:] < 0.25).all()
    assert (guess[:3] < 0.97).all()  # as sure as the teacher, not surer
