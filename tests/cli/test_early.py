"""Workers are got ready as soon as the words of the command look like several of them."""

from __future__ import annotations

import pytest

from feedback_nlp.cli import early


@pytest.fixture
def prepared(monkeypatch):
    asked: list[bool] = []
    monkeypatch.setattr(early, "prepare", lambda *, arrow: asked.append(arrow))
    monkeypatch.setattr(early, "WORTH_WORKERS_BYTES", 100)
    monkeypatch.setattr(early, "cores", lambda: 2)
    return asked


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["big.csv", "-o", "o.jsonl"], [False]),
        (["big.csv", "-o", "o.parquet"], [True]),
        (["small.csv", "-o", "o.jsonl"], []),
        (["big.csv", "--workers", "1", "-o", "o.jsonl"], []),
        (["small.csv", "--workers=2", "-o", "o.jsonl"], [False]),
        (["small.csv", "--workers", "many"], []),
        (["small.csv", "--workers"], []),
        (["-", "missing.csv", "\0", "--help"], []),
    ],
)
def test_what_words_look_like(tmp_path, monkeypatch, prepared, words, found):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "big.csv").write_bytes(b"x" * 100)
    (tmp_path / "small.csv").write_bytes(b"x" * 99)
    early.prepare_for(words)
    assert prepared == found
