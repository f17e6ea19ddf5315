"""Adapting to a company's labels: better is taken, worse refused, the old model kept."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from feedback_nlp.artifacts import load_artifact
from feedback_nlp.cli.app import build_app
from feedback_nlp.understanding.adapting.adapt import adapt_head
from feedback_nlp.understanding.features import SoftmaxHead


def _problem(count: int) -> tuple[SoftmaxHead, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    features = random.standard_normal((count, 6)).astype(np.float32)
    labels = (features[:, 0] > 0).astype(np.int64)
    head = SoftmaxHead(
        np.zeros((6, 2), np.float32), np.zeros(2, np.float32), 1.0, np.zeros(2, np.float32)
    )
    return head, features, labels


def test_a_head_learns_what_the_labels_say():
    head, features, labels = _problem(200)
    corrected, verdict = adapt_head("intent", head, features, labels)
    assert verdict.accepted
    assert verdict.after[0] > 0.9 > verdict.before[0]
    assert (corrected.logits(features).argmax(axis=1) == labels).mean() > 0.9


def test_a_head_that_gets_worse_is_refused():
    head, features, labels = _problem(200)
    perfect = SoftmaxHead(
        np.vstack([[[-9, 9]], np.zeros((5, 2))]).astype(np.float32), head.bias, 1.0, head.shift
    )
    noise = np.random.default_rng(1).integers(0, 2, len(labels))
    mostly_wrong = labels.copy()
    order = np.random.default_rng(7).permutation(len(labels))
    mostly_wrong[order[40:]] = noise[order[40:]]  # the held-out fifth is right, the rest is not
    kept, verdict = adapt_head("intent", perfect, features, mostly_wrong, strength=100)
    assert not verdict.accepted
    assert verdict.reason == "worse"
    assert kept is perfect


@pytest.mark.parametrize(("count", "reason"), [(5, "too-few"), (30, "one-class")])
def test_labels_that_teach_nothing_are_refused(count: int, reason: str):
    head, features, labels = _problem(count)
    _, verdict = adapt_head("intent", head, features, np.zeros_like(labels))
    assert (verdict.accepted, verdict.reason) == (False, reason)


ODD = "蓝猫飞天{}号"


@pytest.fixture
def labels_file(tmp_path: Path) -> Path:
    """A jargon nobody else has: 蓝猫 is how this company's users say that it crashed."""
    rows = [{"text": ODD.format(n % 30), "intent": "bug", "sentiment": "neg"} for n in range(60)]
    rows += [
        {"text": f"晴空万里{n % 30}天", "intent": "praise", "sentiment": "pos"} for n in range(60)
    ]
    path = tmp_path / "labels.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return path


def test_the_command_writes_a_folder_keeps_the_old_model_and_can_go_back(
    labels_file: Path, tmp_path: Path
):
    folder = tmp_path / "ours"
    run = CliRunner().invoke
    arguments = ["train", "classifier", "--labels", str(labels_file), "--models-dir", str(folder)]
    result = run(build_app(), [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    verdicts = {verdict["head"]: verdict for verdict in document["verdicts"]}
    assert verdicts["intent"]["accepted"]
    new, old = load_artifact(folder / "intent"), load_artifact(folder / "intent" / "previous")
    assert new.version != old.version
    assert "labels.jsonl (120 labels)" in (folder / "intent" / "manifest.json").read_text("utf-8")
    result = run(build_app(), ["train", "classifier", "--undo", "--models-dir", str(folder)])
    assert result.exit_code == 0
    assert load_artifact(folder / "intent").version == old.version
