"""A name that stands twice in a JSON object loses no value, and it is said."""

import io
from collections import Counter
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.ingest import open_source
from feedback_nlp.records import RawItem
from feedback_nlp.tabular.repeated_names import objects_counting, pairs_counting, told

TWICE = (
    '{"id": 1, "content": "等了一小时", "content": "凉的", "at": "2026-03-01", "content": "难吃"}'
)
ONCE = '{"id": 2, "content": "房间干净，隔音差", "at": "2026-03-02"}'


@pytest.mark.parametrize("document", [f"[{TWICE}, {ONCE}]", f"{TWICE}\n{ONCE}\n"])
def test_no_value_is_lost_without_a_word(document: str) -> None:
    with open_source(io.BytesIO(document.encode()), zone=ZoneInfo("UTC")) as reading:
        items = [item for item in reading.items if isinstance(item, RawItem)]
    assert [item.text for item in items] == ["等了一小时", "房间干净，隔音差"]
    assert {"content__2", "content__3"} <= set(reading.columns)
    assert any("2 处" in note and "“content”" in note for note in reading.notes)


def test_both_ways_of_reading_name_alike() -> None:
    repeated: Counter[str] = Counter()
    pairs = [("a", 1), ("b", 2), ("a", 3), ("a", 4)]
    parsed = objects_counting(repeated)()
    for name, value in pairs:
        parsed[name] = value
    assert parsed == {"a": 1, "b": 2, "a__2": 3, "a__3": 4}
    assert pairs_counting(repeated)(pairs) == parsed
    assert repeated == {"a": 4}
    assert pairs_counting(Counter())([("a", 1)]) == {"a": 1}
    assert told(Counter()) == ()
