"""What a mistyped command and a wrong setting are told, and what --help says: in Chinese."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from feedback_nlp.cli.app import main
from feedback_nlp.config import load_config
from feedback_nlp.errors import ConfigError

Told = Callable[..., tuple[int, str]]
ENGLISH = re.compile(
    r"\b(Usage|Options|Arguments|Commands|Error|Invalid|Missing|Got|Try|Show|Input|should|"
    r"default:|required|COMMAND|OPTIONS|range|Value)\b"
)


@pytest.fixture
def told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Told:
    """Run ``main`` in an empty folder; return its exit code and all it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["feedback-nlp", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        shown = capsys.readouterr()
        return int(stop.value.code or 0), shown.out + shown.err

    return run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["top", "extra"], "多写了 extra"),
        (["top", "--foo"], "没有选项 --foo"),
        (["top", "-n", "许多"], "--limit / -n：应是整数"),
        (["top", "-n", "0"], "--limit / -n：不能小于 1"),
        (["request"], "缺少 需求编号"),
        (["request", "REQ-1", "--effort", "2"], "--effort：不能大于 1"),
        (["export", "nonsense", "-o", "a.csv"], "没有 nonsense，可用 feedback、units"),
        (["digest"], "缺少选项 --output / -o"),
        (["tpo"], "没有命令 tpo，是不是 top"),
        (["top", "-n"], "选项 -n 后面要写值"),
        (["top", "--json=1"], "选项 --json 后面不写值"),
        (["topics"], "没有写要做什么"),
        (["topics", "move", "一二", "--to", "3"], "不是用逗号隔开的编号"),
    ],
)
def test_a_mistake_is_one_chinese_line(told: Told, arguments: list[str], words: str) -> None:
    code, text = told(*arguments)
    assert code == 2
    assert words in text
    assert len(text.splitlines()) == 1
    assert not ENGLISH.search(text)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["top"],
        ["request"],
        ["export"],
        ["topics"],
        ["topics", "merge"],
        ["classify"],
        ["train"],
    ],
)
def test_help_is_chinese(told: Told, arguments: list[str]) -> None:
    code, text = told(*arguments, "--help")
    assert code == 0
    assert "用法：feedback-nlp" in text
    assert not ENGLISH.search(text)


def test_an_unknown_zone_is_one_line(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDBACK_TIMEZONE", "Asia/Foo")
    code, text = told("top")
    assert code == 6
    assert "FEEDBACK_TIMEZONE 写成了 'Asia/Foo'，没有这个时区" in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [["top"], ["requests"], ["topics", "list"], ["alerts"], ["search", "退款"]]
)
def test_a_missing_database_is_one_line_and_is_not_made(
    told: Told, tmp_path: Path, arguments: list[str]
) -> None:
    code, text = told(*arguments)
    assert code == 3
    assert "数据库 feedback.db 不存在（先用 feedback-nlp ingest 导入" in text
    assert len(text.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[topics]\nneighbours = '许多'", "topics.neighbours 应是整数"),
        ("[rank]\nseed = -1", "rank.seed 不能小于 0"),
        ("[report]\ntop = 3", "report.top 没有这一项"),
        ("[alerts]\nwindows = []", "alerts.windows 至少要 1 个"),
        ("[rank]\nweights = { people = -1 }", "权重不能为负"),
    ],
)
def test_a_wrong_value_in_the_configuration_is_told_in_chinese(
    tmp_path: Path, line: str, words: str
) -> None:
    path = tmp_path / "pipeline.toml"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(ConfigError, match=words) as found:
        load_config(path)
    assert not ENGLISH.search(str(found.value))
