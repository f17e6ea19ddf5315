"""The deep reader keeps the contract of the fast one."""

from __future__ import annotations

import pytest

from feedback_nlp.config import load_config
from feedback_nlp.errors import ArtifactError
from feedback_nlp.labels import Depth
from feedback_nlp.understanding.engine import Engine

TEXTS = [
    "味道不错就是等太久能不能多开个窗口",
    "",
    "。。。",
    "房间干净。早餐品种少，去晚了没得吃！",
    "外观：耐看\n续航：一天两充",
    "繁體字也要讀得懂，服務好好",
    "😀😀",
    "很快" * 400,
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(load_config(), Depth.DEEP)


def test_neighbours_do_not_influence_each_other(engine: Engine) -> None:
    together = engine.understand(TEXTS)
    assert together == [engine.understand([text])[0] for text in TEXTS]
    assert together == engine.understand(TEXTS[::-1])[::-1]


def test_units_are_ordered_and_hold_what_they_say(engine: Engine) -> None:
    for text, reading in zip(TEXTS, engine.understand(TEXTS), strict=True):
        assert all(text[unit.start : unit.end] == unit.text for unit in reading.units)
        assert all(unit.text == unit.text.strip() != "" for unit in reading.units)
        ends = [edge for unit in reading.units for edge in (unit.start, unit.end)]
        assert ends == sorted(ends)


def test_what_says_nothing_has_no_units(engine: Engine) -> None:
    assert [bool(reading.units) for reading in engine.understand(["", " \n", "……", "好"])] == [
        False, False, False, True,
    ]  # fmt: skip


def test_a_head_starts_a_unit_at_either_depth(engine: Engine) -> None:
    (reading,) = engine.understand(["座椅：腰托到位\n油耗：市区十个油"])
    assert [unit.text for unit in reading.units] == ["座椅：腰托到位", "油耗：市区十个油"]


def test_the_run_record_names_the_models(engine: Engine) -> None:
    assert set(engine.versions) == {"deep", "deep_heads", "encoder", "sentiment", "intent"}


def test_another_scorer_cannot_be_read_deeply() -> None:
    config = load_config()
    own = config.sentiment.model_copy(update={"scorer": "snownlp"})
    with pytest.raises(ArtifactError, match="snownlp"):
        Engine.load(config.model_copy(update={"sentiment": own}), Depth.DEEP)
