import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from feedback_nlp.artifacts import load_artifact
from feedback_nlp.config import load_config
from feedback_nlp.evaluation import boundary_figures
from feedback_nlp.records import Span
from feedback_nlp.training.segment import boundaries
from feedback_nlp.training.segment.boundary_data import (
    AnnotatedText,
    read_seeds,
    read_taught,
    text_key,
)
from feedback_nlp.understanding.segment import Segmenter
from feedback_nlp.understanding.segment.boundaries import boundaries_of
from feedback_nlp.understanding.segment.clauses import find_clauses
from feedback_nlp.understanding.segment.cues import load_cues

FEELING = [("味道很好，喜欢", 1), ("太差了，垃圾", 0), ("很满意", 1), ("失望，难吃", 0)]


@pytest.fixture(scope="module", autouse=True)
def _few_folds() -> Iterator[None]:
    """Two parts held out in turn instead of ten: each costs a training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boundaries, "_FOLDS", 2)
        yield


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("examples")
    points = [
        ("界面很好看", "praise"),
        ("就是老闪退", "bug"),
        ("太贵了", "complaint"),
        ("希望加夜间模式", "feature"),
    ]
    units = folder / "units.jsonl"
    rows = []
    for (first, one), (second, two) in [(a, b) for a in points for b in points if a != b] * 2:
        spans = [(0, len(first), one), (len(first) + 1, len(first) + 1 + len(second), two)]
        annotated = [{"start": s, "end": e, "intent": i} for s, e, i in spans]
        rows.append({"text": f"{first}，{second}", "split": "train", "units": annotated})
    rows.append({"text": "秘密，考题", "split": "test", "units": []})
    units.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    feeling = folder / "feeling.csv"
    lines = [f'"{text}",{label},train' for text, label in FEELING * 3]
    lines += ['"秘密。考题",1,train', '"别的考题",1,test']
    feeling.write_text("text,label,split\n" + "\n".join(lines), encoding="utf-8")
    return units, feeling


def trained(files: tuple[Path, Path], out: Path, *more: str) -> Path:
    units, feeling = files
    status = boundaries.main(
        ["--units", str(units), "--feeling", str(feeling), "--out", str(out), *more]
    )
    assert status == 0
    return out


@pytest.fixture(scope="module")
def plainly(files: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the examples alone: a training takes seconds, so the tests share it."""
    return trained(files, tmp_path_factory.mktemp("plainly"))


def test_trained_model_loads_and_cuts(plainly: Path) -> None:
    artifact = load_artifact(plainly)
    # Neither the text of the other split, however punctuated, nor rows of that split.
    assert artifact.figures["feeling_texts"] == len(FEELING) * 3
    segmenter = Segmenter(load_config().segment, boundaries_of(artifact))
    text = "味道不错，就是送得太慢"
    assert [text[a:b] for a, b in segmenter.segment(text)] == ["味道不错", "就是送得太慢"]


def test_a_teacher_moves_the_cut(files: tuple[Path, Path], plainly: Path, tmp_path: Path) -> None:
    """Places a teacher always cuts score higher afterwards; annotated texts are left out."""
    soft = tmp_path / "soft.jsonl"
    lines = [
        {"text": f"{left} 然后{right}", "end": len(left), "boundary": [0.0, 1.0]}
        for left in ("界面挺大", "按钮挺多", "字体挺小", "颜色挺深")
        for right in ("按钮小", "字体大", "图标亮", "页面长")
    ]
    lines.append({"text": "界面很好看，就是老闪退", "end": 5, "boundary": [1.0, 0.0]})
    soft.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    known = {text_key("界面很好看，就是老闪退")}
    taught = read_taught(soft, known)
    assert len(taught.places) == 16
    out = trained(files, tmp_path / "taught", "--soft-labels", str(soft))
    scores = []
    for folder in (plainly, out):
        artifact = load_artifact(folder)
        table = find_clauses(["界面挺大 然后按钮小"], load_cues())
        scores.append(float(boundaries_of(artifact).score(table)[0]))
    assert artifact.figures["taught_places"] == 16
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"].endswith("--soft-labels FILE --out models/segment")
    assert scores[1] > scores[0]


def test_training_twice_gives_the_same_weights(
    files: tuple[Path, Path], plainly: Path, tmp_path: Path
) -> None:
    again = load_artifact(trained(files, tmp_path / "again")).tensors
    for key, values in load_artifact(plainly).tensors.items():
        assert np.array_equal(values, again[key])


def test_seeds_name_the_units_between_bars() -> None:
    seeds = {item.text: item for item in read_seeds()}
    assert all("|" not in text for text in seeds)
    item = seeds["送餐很快，就是菜凉了"]
    assert [item.text[a:b] for a, b in item.units] == ["送餐很快", "就是菜凉了"]


def test_the_shipped_model_cuts_better_than_clauses_or_nothing() -> None:
    seeds = read_seeds()
    predicted = Segmenter(load_config().segment).segment_batch([item.text for item in seeds])
    gold = [item.units for item in seeds]
    whole = [[Span(0, len(item.text))] for item in seeds]
    ours = boundary_figures(gold, predicted).f1
    assert ours > boundary_figures(gold, whole).f1 + 0.1


def test_text_keys_ignore_punctuation_width_case_and_script() -> None:
    assert text_key("ＡＰＰ 閃退！！") == text_key("app闪退")


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(ValueError, match="got 0 annotated"):
        boundaries.train_boundaries([], [AnnotatedText("好", (Span(0, 1),))], np.zeros(1))
