import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from feedback_nlp.cli.evaluate import register
from feedback_nlp.errors import InputError
from feedback_nlp.evaluation.labelled import read_labelled

ROWS = "text,sentiment,intent\n打开就闪退，没法用,负面,故障\n界面好看，很好用,正面,表扬\n,负面,\n希望增加夜间模式,中性,建议\n"


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_rows_without_text_are_counted_not_lost(labelled: Path) -> None:
    items, skipped_count = read_labelled(labelled, text=None, sentiment=None, intent=None)
    assert [item.line for item in items] == [2, 3, 5]
    assert skipped_count == 1


def test_a_file_without_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("text,sentiment\n,负面\n", encoding="utf-8")
    with pytest.raises(InputError, match="没有一行有文本"):
        read_labelled(path, text=None, sentiment=None, intent=None)


def run(*arguments: str) -> str:
    import typer

    app = typer.Typer()
    register(app)
    app.callback()(lambda: None)
    result = CliRunner().invoke(app, ["evaluate", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_figures_as_json(labelled: Path) -> None:
    document = json.loads(run(str(labelled), "--json"))
    assert document["row_count"] == 3
    assert document["skipped_count"] == 1
    assert set(document["sentiment"]["report"]["labels"]) >= {"neg", "neu", "pos"}
    assert document["intent"]["report"]["count"] == 3


def test_figures_for_people(labelled: Path) -> None:
    printed = run(str(labelled))
    assert "宏平均 F1" in printed
    assert "混淆矩阵" in printed
    assert "负面" in printed
