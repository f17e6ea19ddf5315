from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from feedback_nlp.cli.options import expand


@dataclass(frozen=True, kw_only=True)
class Limits:
    most: Annotated[int, typer.Option("--most", min=1, help="最多几条")]
    words: Annotated[list[str] | None, typer.Option("--word")] = None
    folder: Annotated[Path, typer.Option()] = Path("默认")


@pytest.fixture
def run():
    def command(
        name: Annotated[str, typer.Argument()],
        limits: Limits,
        loud: Annotated[bool, typer.Option("--loud")] = False,
    ) -> None:
        """Say it."""
        typer.echo(f"{name} {limits.most} {limits.words} {limits.folder} {loud}")

    app = typer.Typer()
    app.command()(expand(command))
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_each_field_is_an_option_of_its_own(run):
    result = run("小岛", "--most", "3", "--word", "甲", "--word", "乙", "--folder", "x", "--loud")
    assert result.output == "小岛 3 ['甲', '乙'] x True\n"


def test_fields_that_are_not_given_keep_their_defaults(run):
    assert run("小岛", "--most", "3").output == "小岛 3 None 默认 False\n"


def test_a_field_without_default_is_required_and_bounds_hold(run):
    assert run("小岛").exit_code == 2
    assert run("小岛", "--most", "0").exit_code == 2


def test_help_shows_the_fields_and_the_docstring(run):
    shown = run("--help").output
    assert "最多几条" in shown
    assert "Say it." in shown
    assert "limits" not in shown.lower()
