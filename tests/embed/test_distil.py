"""Distillation: the student learns its teacher, and the command writes what loads."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from feedback_nlp.cli import train_embeddings
from feedback_nlp.config import EmbedConfig
from feedback_nlp.embed import load_embedder
from feedback_nlp.embed.port import Floats
from feedback_nlp.embed.static import expand, pack
from feedback_nlp.errors import InputError
from feedback_nlp.training.embeddings.distil import (
    DistilSettings,
    choose_terms,
    distil,
    target_space,
)

MATTERS = ["闪退", "登录失败", "广告太多", "耗电严重", "客服热情", "物流很慢"]
FRAMES = ["更新以后{}", "总是{}", "今天又{}了", "我家的{}", "{}怎么办", "真是{}"]
SETTINGS = DistilSettings(dimensions=6, min_count=2, epochs=60, holdout_share=0.1)


@pytest.fixture(scope="module")
def taught() -> tuple[list[str], Floats]:
    """Texts of six matters, and a teacher that sees only the matter, with some noise."""
    random = np.random.default_rng(3)
    texts = [frame.format(matter) for matter in MATTERS for frame in FRAMES] * 4
    centres = random.normal(size=(len(MATTERS), 12))
    labels = [index for index in range(len(MATTERS)) for _ in FRAMES] * 4
    noise = 0.1 * random.normal(size=(len(texts), 12))
    return texts, (centres[labels] + noise).astype(np.float32)


def test_student_points_where_the_teacher_points(taught: tuple[list[str], Floats]) -> None:
    student = distil(*taught, SETTINGS)
    assert student.holdout_cosine is not None
    assert student.holdout_cosine > 0.9
    assert student.text_count == len(taught[0]) - int(len(taught[0]) * 0.1)


def test_telling_words_are_longer_than_filler(taught: tuple[list[str], Floats]) -> None:
    student = distil(*taught, SETTINGS)
    length = dict(zip(student.terms, np.linalg.norm(student.table, axis=1), strict=True))
    assert length["广告"] > 2 * length["总是"]


def test_same_seed_gives_same_student(taught: tuple[list[str], Floats]) -> None:
    first, second = distil(*taught, SETTINGS), distil(*taught, SETTINGS)
    assert first.terms == second.terms
    np.testing.assert_array_equal(first.table, second.table)


def test_target_space_is_centred_and_of_unit_length() -> None:
    vectors = np.random.default_rng(0).normal(5.0, 1.0, (500, 20)).astype(np.float32)
    targets = target_space(vectors, 8, 0.5)
    assert targets.shape == (500, 8)
    np.testing.assert_allclose(np.linalg.norm(targets, axis=1), 1.0, atol=1e-5)
    assert np.abs(targets.mean(axis=0)).max() < 0.1


def test_full_whitening_gives_every_axis_the_same_share() -> None:
    random = np.random.default_rng(0)
    vectors = (random.normal(size=(4000, 4)) * [8.0, 4.0, 2.0, 1.0]).astype(np.float32)
    plain, white = target_space(vectors, 4, 0.0), target_space(vectors, 4, 1.0)
    assert plain.std(axis=0).max() > 4 * plain.std(axis=0).min()
    assert white.std(axis=0).max() < 1.1 * white.std(axis=0).min()


def test_terms_come_by_frequency_without_what_could_tell_on_a_person() -> None:
    texts = ["闪退 13800001111", "闪退 13800001111", "登录 闪退", "登录"]
    assert set(choose_terms(texts, 2, 3)) == {"闪退", "闪", "退"}
    assert set(choose_terms(texts, 2, 100)[3:]) == {"登录", "登", "录"}
    assert not any("1380" in term for term in choose_terms(texts, 1, 100))


def test_packing_keeps_directions() -> None:
    table = np.random.default_rng(0).normal(size=(50, 32)).astype(np.float32)
    tensors = pack([str(row) for row in range(50)], table)
    again = expand(tensors["rows"], tensors["scales"])
    assert tensors["rows"].dtype == np.int8
    cosines = np.einsum("td,td->t", table, again) / (
        np.linalg.norm(table, axis=1) * np.linalg.norm(again, axis=1)
    )
    assert cosines.min() > 0.999


@pytest.mark.parametrize(
    ("texts", "vectors", "complaint"),
    [
        (["闪退"] * 99, np.ones((99, 4)), "至少要 100"),
        (["闪退"] * 100, np.ones((99, 4)), "形状"),
        (["闪退"] * 100, np.full((100, 4), np.nan), "无效数值"),
        (["？"] * 100, np.ones((100, 4)), "没有可学的词"),
    ],
)
def test_unusable_input_is_refused(texts: list[str], vectors: np.ndarray, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        distil(texts, vectors.astype(np.float32), SETTINGS)


@pytest.fixture
def command() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    train_embeddings.register(app)
    return app


def test_command_writes_a_model_that_the_configuration_loads(
    command: typer.Typer, taught: tuple[list[str], Floats], tmp_path: Path
) -> None:
    texts, vectors = taught
    lines = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    (tmp_path / "texts.jsonl").write_text("\n".join(lines), encoding="utf-8")
    np.save(tmp_path / "teacher.npy", vectors.astype(np.float16))
    files = ["--texts", str(tmp_path / "texts.jsonl")]
    files += ["--teacher-vectors", str(tmp_path / "teacher.npy")]
    options = ["--dimensions", "8", "--epochs", "30", "--data-name", "invented", "--json"]
    result = CliRunner().invoke(
        command,
        ["train", "embeddings", *files, "-o", str(tmp_path / "model"), *options],
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["holdout_cosine"] > 0.7
    embedder = load_embedder(EmbedConfig(backend="static", model=str(tmp_path / "model")))
    assert embedder.dimensions == 8
    crash, crash_too, slow = embedder.embed(["今天闪退", "又闪退了", "物流很慢"])
    assert crash @ crash_too > crash @ slow
    card = (tmp_path / "model" / "card.md").read_text(encoding="utf-8")
    assert "invented" in card


def test_any_port_may_be_the_teacher(
    command: typer.Typer, taught: tuple[list[str], Floats], tmp_path: Path
) -> None:
    (tmp_path / "texts.txt").write_text("\n".join(taught[0]), encoding="utf-8")
    arguments = ["train", "embeddings", "--texts", str(tmp_path / "texts.txt")]
    arguments += ["--teacher", "static", "-o", str(tmp_path / "model")]
    result = CliRunner().invoke(command, [*arguments, "--dimensions", "8", "--epochs", "2"])
    assert result.exit_code == 0, result.output
    assert "static:" in (tmp_path / "model" / "card.md").read_text(encoding="utf-8")


def test_command_wants_exactly_one_teacher(command: typer.Typer, tmp_path: Path) -> None:
    arguments = ["train", "embeddings", "--texts", "t.txt", "-o", str(tmp_path / "model")]
    result = CliRunner().invoke(command, arguments)
    assert isinstance(result.exception, InputError)
    assert "正好给一个" in str(result.exception)


def test_command_joins_an_existing_train_group() -> None:
    app, group = typer.Typer(), typer.Typer()
    group.command("classifier")(lambda: None)
    app.add_typer(group, name="train")
    train_embeddings.register(app)
    result = CliRunner().invoke(app, ["train", "--help"])
    assert "classifier" in result.output
    assert "embeddings" in result.output
