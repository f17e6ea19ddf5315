"""The core says what is wrong; each edge says what to do, in its own words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import pytest

from feedback_api import hints as api
from feedback_api.errors import status_of
from feedback_nlp import errors
from feedback_nlp.cli import hints as cli

ROOT = Path(__file__).resolve().parents[1]
CORE = sorted(
    path
    for path in (ROOT / "feedback_nlp").rglob("*.py")
    if not {"cli", "cluster"} & set(path.relative_to(ROOT).parts)  # edges: commands, spark-submit
)
API = sorted((ROOT / "api" / "feedback_api").rglob("*.py"))
_OF_AN_EDGE = re.compile(
    r"(?<![\w-])--(?=[a-z]|$)|feedback-nlp [a-z]+|\b(GET|POST|PUT|PATCH|DELETE) /|/v1/"
)


# A flag of another program, and addresses that programs are sent or ask.
_NOT_FOR_PEOPLE = {"--dbname=", "/v1/digests/", "/api/v1/"}


class Raise(NamedTuple):
    """One place that makes an error with a reason."""

    reason: str
    kind: str
    facts: frozenset[str]
    place: str


def _raises() -> Iterator[Raise]:
    for path in [*CORE, *API]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            given = {word.arg: word.value for word in node.keywords if word.arg}
            if not hasattr(errors, node.func.id) or "reason" not in given:
                continue
            reason = ast.literal_eval(given["reason"])
            facts = frozenset(given) - {"reason", "hint"}
            place = f"{path.relative_to(ROOT)}:{node.lineno}"
            yield Raise(reason, node.func.id, facts, place)


RAISES = list(_raises())
REASONS = {place.reason for place in RAISES}


def _is_shown_by_the_api(place: Raise) -> bool:
    return status_of(getattr(errors, place.kind)("x")) < 500


@cache
def _shown_strings(path: Path) -> list[tuple[int, str]]:
    """Return the strings of a module that are not docstrings, flags of its own or provenance."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent: set[ast.AST] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as text):
                silent.add(text)
            case ast.Call(func=ast.Attribute(attr="add_argument")):
                silent.update(ast.walk(node))
            case ast.Call(func=ast.Name(id="_run_postgres")):  # flags of the server's own tools
                silent.update(ast.walk(node))
            case ast.keyword(arg="command"):  # how a model was trained, in its manifest
                silent.update(ast.walk(node))
            case ast.Dict():
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "command":
                        silent.update(ast.walk(value))
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in silent
    ]


@pytest.mark.parametrize("text", ["用 --map 指明", "用 feedback-nlp topics 查看", "见 GET /v1/x"])
def test_the_words_of_an_edge_are_recognised(text: str) -> None:
    assert _OF_AN_EDGE.search(text)


@pytest.mark.parametrize("text", ["重新安装 feedback-nlp", "pip install 'feedback-nlp[postgres]'"])
def test_the_name_of_the_package_is_no_command(text: str) -> None:
    assert not _OF_AN_EDGE.search(text)


def test_the_core_names_no_flag_command_or_route() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in CORE
        for line, text in _shown_strings(path)
        if _OF_AN_EDGE.search(text) and text not in _NOT_FOR_PEOPLE
    ]
    assert found == []


def test_every_reason_has_a_hint_wherever_it_can_come_up() -> None:
    assert len(REASONS) > 20
    assert not cli.HINTS.keys() & cli.ELSEWHERE
    assert not api.HINTS.keys() & api.ELSEWHERE
    assert cli.HINTS.keys() | cli.ELSEWHERE == REASONS
    shown = {place.reason for place in RAISES if _is_shown_by_the_api(place)}
    assert api.HINTS.keys() | api.ELSEWHERE == shown


@pytest.mark.parametrize("place", RAISES, ids=lambda place: place.place)
def test_a_raise_gives_the_facts_that_the_hints_are_made_of(place: Raise) -> None:
    for table in (cli.HINTS, api.HINTS):
        template = table.get(place.reason, "")
        needed = {name for _, name, _, _ in Formatter().parse(template) if name}
        assert needed <= place.facts, place


@pytest.mark.parametrize("phrase", cli.REMARKS)
def test_the_command_line_says_how_to_do_what_a_remark_asks_for(phrase: str) -> None:
    assert any(phrase in text for path in CORE for _, text in _shown_strings(path))
    told = cli.remark(f"列“甲”；{phrase}")
    assert _OF_AN_EDGE.search(told)
    assert phrase not in told


def test_each_edge_speaks_its_own_language() -> None:
    assert not any("--" in hint or "feedback-nlp" in hint for hint in api.HINTS.values())
    assert not any("/v1/" in hint for hint in cli.HINTS.values())


def test_an_error_without_a_reason_has_the_same_hint_for_everybody() -> None:
    error = errors.InputError("文件是空的", hint="第一行应是表头")
    assert error.told(cli.HINTS) == error.told(api.HINTS) == "文件是空的（第一行应是表头）"


def test_braces_in_facts_are_left_alone() -> None:
    error = errors.NotFound("没有这个需求", reason="x", key="{0} {key}")
    assert error.told({"x": "看看 {key}"}) == "没有这个需求（看看 {0} {key}）"
