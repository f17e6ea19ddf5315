"""The examples in README, docs and docstrings: what can be run is run, the rest is parsed."""

from __future__ import annotations

import doctest
import gzip
import importlib
import json
import re
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from feedback_nlp.cli.app import build_app, main
from feedback_nlp.config import load_config
from feedback_nlp.demo import generate

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, kind: str) -> list[str]:
    return [text for name, text in _BLOCK.findall(page.read_text("utf-8")) if name == kind]


def commands(script: str) -> list[list[str]]:
    """Return the arguments of every ``feedback-nlp`` line of a script, comments left out."""
    lines = script.replace("\\\n", " ").splitlines()
    cut = [shlex.split(line, comments=True) for line in lines if "feedback-nlp " in line]
    return [words[1:] for words in cut if words[:1] == ["feedback-nlp"]]


def modules_with_examples() -> list[str]:
    return [
        ".".join(path.relative_to(base).with_suffix("").parts)
        for base, package in ((ROOT, "feedback_nlp"), (ROOT / "api", "feedback_api"))
        for path in sorted((base / package).rglob("*.py"))
        if ">>> " in path.read_text("utf-8")
    ]


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_in_docstrings_hold(name: str) -> None:
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0


# Files of inlets and outlets; their loaders are tested where they are.
_OF_THEIR_OWN = {"inlets.md", "outlets.md"}

WRITTEN = [
    pytest.param(arguments, id=f"{page.name}: {' '.join(arguments)[:60]}")
    for page in PAGES
    for script in blocks(page, "sh")
    for arguments in commands(script)
]


@pytest.mark.parametrize("arguments", WRITTEN)
def test_every_command_that_is_written_can_be_typed(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names, options and their values are parsed; nothing is run."""
    for word in arguments:
        if word.endswith(".jsonl"):
            (tmp_path / word).touch()  # some options check that the file is there
    monkeypatch.chdir(tmp_path)
    command: Any = typer.main.get_command(build_app())
    while hasattr(command, "commands"):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    command.make_context("feedback-nlp", list(arguments))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_and_json_that_are_written_can_be_used(page: Path, tmp_path: Path) -> None:
    for text in blocks(page, "toml"):
        path = tmp_path / "pipeline.toml"
        path.write_text(text, encoding="utf-8")
        if page.name in _OF_THEIR_OWN:
            assert tomllib.loads(text)
        else:
            load_config(path)
    for text in blocks(page, "json"):
        for line in text.splitlines():
            json.loads(line)


PROGRAMS = [
    pytest.param(text, id=f"{page.name}: {text.splitlines()[0]}")
    for page in PAGES
    for text in blocks(page, "python")
    if not text.startswith(">>>")  # sessions are doctests, run where their page is tested
]


@pytest.mark.parametrize("text", PROGRAMS)
def test_every_program_that_is_written_runs(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(text, "example", "exec"), {})
    assert capsys.readouterr().out


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the README's commands name."""
    folder = tmp_path_factory.mktemp("inbox")
    generate(folder / "data")
    (folder / "问卷导出.xlsx").write_bytes((folder / "data" / "survey.xlsx").read_bytes())
    reviews = "评论内容\n" + "\n".join(
        f"{text}{number}"
        for number in range(20)
        for text in ("上菜太慢", "房间有异味", "一开就闪退")
    )
    with gzip.open(folder / "reviews.csv.gz", "wt", encoding="utf-8") as file:
        file.write(reviews)
    (folder / "reviews.csv").write_text(reviews.replace("评论内容", "text"), encoding="utf-8")
    return folder


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["feedback-nlp", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


def test_the_readme_runs_from_top_to_bottom(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(inbox)
    typed = [
        arguments
        for script in blocks(ROOT / "README.md", "sh")
        for arguments in commands(script)
        if arguments != ["demo"]  # has a test of its own
    ]
    assert {arguments[0] for arguments in typed} >= {"ingest", "analyze", "top", "classify"}
    for arguments in typed:
        code = run(arguments, monkeypatch)
        shown = capsys.readouterr()
        # 1: some rows of the survey hold no text, which ingest says
        assert code in ({0, 1} if arguments[0] == "ingest" else {0}), (arguments, shown.err)
    for name in ("周报.html", "周报.xlsx", "labelled.jsonl", "feedback.db"):
        assert (inbox / name).stat().st_size > 0
    run(["requests", "--status", "planned", "--json"], monkeypatch)
    assert [row["key"] for row in json.loads(capsys.readouterr().out)] == ["REQ-12"]
    run(["topics", "list", "--json"], monkeypatch)
    names = {row["id"]: row["name"] for row in json.loads(capsys.readouterr().out)}
    assert names[7] == "开屏广告关不掉"
