"""Golden sentences of this project: units, and that nothing was trained on them."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from feedback_nlp.config import load_config
from feedback_nlp.evaluation import boundary_figures
from feedback_nlp.records import Span
from feedback_nlp.resources import corpora_dir
from feedback_nlp.training.segment.boundary_data import read_seeds, text_key
from feedback_nlp.understanding.segment import Segmenter

HERE = Path(__file__).parent
GOLDEN: list[dict[str, Any]] = [
    json.loads(line) for line in (HERE / "units.jsonl").read_text(encoding="utf-8").splitlines()
]
WISHES = [
    line
    for line in (HERE / "wishes.txt").read_text(encoding="utf-8").splitlines()
    if line.strip() and not line.startswith("#")
]


def gold_spans(item: dict[str, Any]) -> list[Span]:
    return [Span(unit["start"], unit["start"] + len(unit["text"])) for unit in item["units"]]


@pytest.fixture(scope="module")
def predicted() -> list[list[Span]]:
    texts = [item["text"] for item in GOLDEN]
    return Segmenter(load_config().segment).segment_batch(texts)


def test_the_set_is_as_large_and_as_mixed_as_promised() -> None:
    assert len(GOLDEN) >= 150
    assert len(set(WISHES)) >= 60
    assert len({item["domain"] for item in GOLDEN}) == 8
    covered = {name for item in GOLDEN for name in item["covers"]}
    assert covered >= {
        "negation", "double-negation", "rhetorical", "wish", "sarcasm", "traditional", "cantonese",
        "code-switch", "emoji", "kaomoji", "list", "title", "u3000", "full-width", "no-punctuation",
    }  # fmt: skip


def test_units_are_exact_substrings_in_order() -> None:
    for item in GOLDEN:
        end = 0
        for unit in item["units"]:
            assert unit["start"] >= end
            end = unit["start"] + len(unit["text"])
            assert item["text"][unit["start"] : end] == unit["text"]


def test_no_golden_sentence_is_in_a_seed_file() -> None:
    golden = {text_key(item["text"]) for item in GOLDEN} | {text_key(text) for text in WISHES}
    seeds = {text_key(item.text) for item in read_seeds()}
    with (corpora_dir() / "seed/units.tsv").open(encoding="utf-8", newline="") as file:
        seeds |= {text_key(row["text"]) for row in csv.DictReader(file, delimiter="\t")}
    assert sorted(golden & seeds - {""}) == []


def test_unit_ends(predicted: list[list[Span]]) -> None:
    gold = [gold_spans(item) for item in GOLDEN]
    assert boundary_figures(gold, predicted).f1 >= 0.9
    inner = boundary_figures(gold, predicted, inner_only=True)
    assert inner.f1 >= 0.7
    assert inner.recall >= 0.8


@pytest.mark.parametrize("kind", ["two-points", "three-points", "no-punctuation", "list"])
def test_most_of_the_points_are_told_apart(kind: str, predicted: list[list[Span]]) -> None:
    chosen = [i for i, item in enumerate(GOLDEN) if kind in item["covers"]]
    gold = [gold_spans(GOLDEN[i]) for i in chosen]
    figures = boundary_figures(gold, [predicted[i] for i in chosen], inner_only=True)
    assert figures.recall >= 0.65


def test_polite_wishes_are_rarely_cut() -> None:
    units = Segmenter(load_config().segment).segment_batch(WISHES)
    assert sum(len(spans) > 1 for spans in units) <= 0.15 * len(WISHES)
