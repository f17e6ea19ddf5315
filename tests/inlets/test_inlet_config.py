from __future__ import annotations

import sys

import pytest

from feedback_nlp.cli.app import main
from feedback_nlp.errors import ConfigError
from feedback_nlp.inlets.config import read_inlets

GOOD = """
[inlets.survey]
connector = "wjx"
source = "用户问卷"
token = "env:TOKEN"
secret = "env:KEY"
allow = ["203.0.113.0/24", "2001:db8::/32"]
"""
ENVIRONMENT = {"TOKEN": "t" * 32, "KEY": "geheim"}


def test_an_inlet_is_found_by_its_token_and_admits_its_networks() -> None:
    inlets = read_inlets(GOOD, environment=ENVIRONMENT)
    inlet = inlets.with_token("t" * 32)
    assert inlet is not None
    assert inlets.with_token("t" * 31) is None
    assert inlets.with_token("é") is None
    assert [inlet.admits(one) for one in ("203.0.113.9", "203.0.114.9", "2001:db8::1", "x")] == [
        True,
        False,
        True,
        False,
    ]
    assert "geheim" not in repr(inlet)
    assert "tttt" not in repr(inlet)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("inlets = [", "TOML"),
        ("[inlet.x]", "inlet"),
        (GOOD.replace('"wjx"', '"pigeon"'), "connector"),
        (GOOD.replace("env:TOKEN", "short"), "token"),
        (GOOD.replace("env:KEY", "env:NONE"), "secret"),
        (GOOD.replace('"wjx"', '"tencent"'), "不签名"),
        (GOOD.replace('"wjx"', '"generic"'), "mapping"),
        (GOOD.replace("203.0.113.0/24", "here"), "allow"),
        (GOOD + "colour = 1", "colour"),
        (GOOD + GOOD.replace("survey", "other"), "同一个 token"),
    ],
)
def test_mistakes_are_named(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_inlets(text, environment=ENVIRONMENT)


def test_a_token_can_be_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["feedback-nlp", "inlets", "token"])
    with pytest.raises(SystemExit):
        main()
    made = capsys.readouterr().out.strip()
    assert read_inlets(GOOD, environment={"TOKEN": made, "KEY": "k"}).with_token(made)
