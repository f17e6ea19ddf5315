"""``analyze`` says what it did, and that there was nothing to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import typer
from typer.testing import CliRunner

from feedback_nlp.cli import analyze, ingest

app = typer.Typer()
analyze.register(app)
ingest.register(app)

VOICES = (
    "上菜太慢，等了一个小时", "上菜慢得离谱，催了三次", "排队等位太久", "服务员很热情",
    "菜凉了才端上来", "包间太吵听不清说话", "停车位太少", "希望出个儿童套餐", "酱骨头很好吃",
    "结账的时候多收了一份米饭",
)  # fmt: skip


def test_new_feedback_is_read_once(tmp_path: Path, new_database_url: Callable[[], str]) -> None:
    file, url = tmp_path / "voices.csv", new_database_url()
    file.write_text(
        "\n".join(["text", *(f"{one}{n}" for n in range(3) for one in VOICES)]), "utf-8"
    )
    run = CliRunner().invoke
    assert run(app, ["ingest", str(file), "--source", "点评", "--db", url]).exit_code == 0
    first = run(app, ["analyze", "--db", url], env={"COLUMNS": "200"})
    assert first.exit_code == 0, first.output
    assert "分析完成：新读 30 条反馈" in first.output
    second = run(app, ["analyze", "--db", url])
    assert "没有新的反馈" in second.output
    assert json.loads(run(app, ["analyze", "--db", url, "--json"]).stdout)["run_id"] is None
