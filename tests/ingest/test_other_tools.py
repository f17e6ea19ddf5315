"""Files of tools without a layout of their own: text, time, rating, kind right, nobody kept."""

import json
import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.ingest import open_source
from feedback_nlp.records import RawItem

CHINA = ZoneInfo("Asia/Shanghai")
FOLDER = Path(__file__).parent / "exports"
RIGHT = tomllib.loads(FOLDER.with_suffix(".toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", RIGHT)
def test_what_a_human_reads_comes_out(name):
    right = RIGHT[name]
    with open_source(FOLDER / name, zone=CHINA) as reading:
        items = list(reading.items)
    said = [item for item in items if isinstance(item, RawItem)]
    got = {
        "texts": [item.text for item in said],
        "count": len(said),
        "ratings": ["none" if item.rating is None else item.rating for item in said],
        "keys": [item.source_key for item in said],
        "time": _in_china(said[0].occurred_at),
        "times": [_in_china(item.occurred_at) for item in said],
        "kind": reading.kind and reading.kind.value,
        "reach": said[0].meta.get("reach"),
    }
    for what in got.keys() & right.keys():
        assert got[what] == right[what], what
    for text in right.get("contains", ()):
        assert any(text in item.text for item in said), text
    stored = json.dumps(
        [_stored(item) if isinstance(item, RawItem) else [item.detail, item.raw] for item in items],
        ensure_ascii=False,
        default=str,
    )
    assert [value for value in right.get("absent", ()) if value in stored] == []


def test_every_file_has_its_answer():
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(RIGHT)


def test_who_reviews_is_no_path_of_the_review():
    with open_source(FOLDER / "resource_names.json", zone=CHINA) as reading:
        first, other, again = (item.author for item in reading.items)
    assert first == again != other


def _in_china(moment):
    return moment and f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def _stored(item):
    names = ("text", "title", "product", "channel", "region", "segment", "device", "thread_key")
    return [*(getattr(item, name) for name in names), item.source_key, dict(item.meta)]


def test_what_was_added_later_has_its_own_time():
    with open_source(FOLDER / "classes_added.csv", zone=CHINA) as reading:
        items = [item for item in reading.items if isinstance(item, RawItem)]
    times = {item.text: _in_china(item.occurred_at) for item in items}
    assert times["换货也一样，第二件还是缩"] == "2026-03-09 08:00:00"
    assert times["洗一次就缩水，系不上了"] == "2026-03-02 10:00:00"
