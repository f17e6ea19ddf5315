from __future__ import annotations

from pathlib import Path

import pytest

from feedback_nlp.config import load_config
from feedback_nlp.errors import ConfigError


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_deployment_names_only_what_differs(tmp_path: Path) -> None:
    shipped = load_config()
    own = load_config(write(tmp_path / "own.toml", "[topics]\nseed = 99\n"))
    assert own.topics.seed == 99
    assert own.topics.model_copy(update={"seed": shipped.topics.seed}) == shipped.topics
    assert own.rank == shipped.rank


def test_a_section_within_a_section_is_laid_over_too(tmp_path: Path) -> None:
    shipped = load_config()
    own = load_config(write(tmp_path / "own.toml", "[topics.ledger]\nmove_min_gain = 0.3\n"))
    assert own.topics.ledger.move_min_gain == 0.3
    assert own.topics.ledger.model_copy(
        update={"move_min_gain": shipped.topics.ledger.move_min_gain}
    ) == (shipped.topics.ledger)


def test_a_table_of_values_is_replaced_as_a_whole(tmp_path: Path) -> None:
    own = load_config(write(tmp_path / "own.toml", "[rank.severity_by_signal]\nchurn = 1.0\n"))
    assert own.rank.severity_by_signal == {"churn": 1.0}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[topics]\nsede = 1\n", "topics.sede"),
        ("[topics.ledger]\nmove = 1\n", "topics.ledger.move"),
        ("[clean]\nnear_duplicate_jaccard = 7\n", "clean.near_duplicate_jaccard"),
        ("[topics\n", "不是合法的 TOML"),
        ("[rank]\nsegment_values = { 会员 = 1.0 }\n", "不是合法的 TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_config(write(tmp_path / "own.toml", text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        load_config(tmp_path / "nowhere.toml")


def test_weights_that_differ_have_another_edition(tmp_path: Path) -> None:
    shipped = load_config().rank
    own = load_config(write(tmp_path / "own.toml", '[rank]\nsegment_values = { "会员" = 1.0 }\n'))
    assert own.rank.version == shipped.version
    assert own.rank.edition != shipped.edition
    assert shipped.monthly().edition == shipped.edition == load_config().rank.edition
