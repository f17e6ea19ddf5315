"""How the metric of the topic stage is learned, on a small folder of invented data."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feedback_nlp.config import load_config
from feedback_nlp.embed import load_embedder
from feedback_nlp.topics.metric_artifact import read_metric
from feedback_nlp.topics.seeds import read_seed_issues
from feedback_nlp.training.topics.topic_metric import (
    background_texts,
    main,
    normalized,
    training_rows,
    unit_codes,
)

TEST_TEXT = "船票改签不了"


def unit(text: str, intent: str, issue: str) -> dict[str, Any]:
    return {"start": 0, "end": len(text), "intent": intent, "issue": issue, "text": text}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    units = [
        ("train", unit("一开地图就闪退", "bug", "app.crash")),
        ("train", unit("船员笑得真甜", "praise", "")),
        ("train", unit("别的希望", "feature", "feature.other")),
        ("train", unit("还有没写明的毛病", "bug", "")),
        ("train", unit("这软件不行", "complaint", "generic.bad-app")),
        ("train", unit(f"{TEST_TEXT}！", "bug", "app.crash")),
        ("test", unit(TEST_TEXT, "bug", "app.crash")),
    ]
    path = tmp_path / "data" / "app_units" / "app_units.jsonl.gz"
    path.parent.mkdir(parents=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for split, one in units:
            row = {"split": split, "text": one["text"], "units": [one]}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    quads = [
        ("面霜", "味道刺鼻", "气味", "负面", "train"),
        ("_", "送得太慢", "物流", "负面", "train"),
        ("面霜", "很好闻", "气味", "正面", "train"),
        ("面霜", "_", "气味", "负面", "train"),
    ]
    write(
        tmp_path / "data" / "zhijiang_cosmetics" / "quads.csv.gz",
        ["AspectTerms", "OpinionTerms", "Categories", "Polarities", "split"],
        quads,
    )
    meals = [
        ("汤是凉的。分量少；不值", "train"),
        ("小菜可口", "train"),
        ("只许打分用的一条", "test"),
        ("……", "train"),
    ]
    write(tmp_path / "data" / "waimai_10k" / "waimai_10k.csv.gz", ["text", "split"], meals)
    return tmp_path


def write(path: Path, columns: list[str], rows: Sequence[tuple[str, ...]]) -> None:
    path.parent.mkdir(parents=True)
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def test_a_unit_without_a_usable_code_is_left_out_and_old_names_are_renamed(folder: Path) -> None:
    codes = {row.text: row.code for row in unit_codes(folder)}
    assert codes["船员笑得真甜"] == ""
    assert codes["这软件不行"] == "generic.bad"
    assert not {"别的希望", "还有没写明的毛病"} & set(codes)


def test_rows_hold_seeds_and_train_units_but_no_test_text(folder: Path) -> None:
    rows = {row.text: row.code for row in training_rows(folder)}
    assert rows["面霜味道刺鼻"] == "product.smell"
    assert rows["送得太慢"] == "shop.delivery"
    assert "面霜很好闻" not in rows
    assert {seed.phrasings[0] for seed in read_seed_issues()} <= set(rows)
    assert not [text for text in rows if normalized(text) == normalized(TEST_TEXT)]


def test_the_background_is_clauses_of_no_test_row(folder: Path) -> None:
    assert background_texts(folder) == ["汤是凉的", "分量少", "不值", "小菜可口"]


def test_the_command_writes_a_metric_that_knows_its_issues(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "metric"
    main(["--benchmark", str(folder), "--output", str(output)])
    figures = json.loads(capsys.readouterr().out)
    assert figures["app_units_test_rows"] == 1
    assert figures["rows"] == len(training_rows(folder))
    embedder = load_embedder(load_config().embed)
    metric = read_metric(output)
    text = "老是闪退"
    scores = metric.scores([text], np.asarray(embedder.embed([text]), np.float32))
    assert metric.codes[int(scores.argmax())] == "app.crash"
    assert figures["codes"] == len(metric.codes)


def test_nothing_but_the_seeds_is_enough(tmp_path: Path) -> None:
    rows = training_rows(tmp_path)
    assert {row.code for row in rows} == {seed.code for seed in read_seed_issues()}
    assert background_texts(tmp_path) == []
