"""The entry point: one clear line and an exit code for every error, and the version."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from feedback_nlp import __version__
from feedback_nlp.cli import app as app_module
from feedback_nlp.cli.app import exit_code_of, main
from feedback_nlp.errors import Conflict, FeedbackError, FileUnreadable, NotFound, StoreError

Enter = Callable[..., int]


@pytest.fixture
def enter(monkeypatch: pytest.MonkeyPatch) -> Enter:
    """Call ``main`` with arguments; return its exit code."""

    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["feedback-nlp", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        return int(stop.value.code or 0)

    return call


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FileUnreadable("a"), 2),
        (NotFound("a"), 3),
        (Conflict("a"), 4),
        (StoreError("a"), 7),
        (FeedbackError("a"), 1),
    ],
)
def test_an_error_has_the_exit_code_of_its_nearest_kind(error: FeedbackError, code: int) -> None:
    assert exit_code_of(error) == code


def test_an_error_is_one_line_on_standard_error(
    enter: Enter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert enter("batches", "--db", "/no/such/folder/a.db") == 7
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "/no/such/folder 不存在" in shown.err
    assert len(shown.err.splitlines()) == 1


@pytest.mark.parametrize(("stopped", "code"), [(BrokenPipeError, 141), (KeyboardInterrupt, 130)])
def test_a_run_that_was_cut_off_says_so_by_its_code(
    enter: Enter, monkeypatch: pytest.MonkeyPatch, stopped: type[BaseException], code: int
) -> None:
    def cut_off(_: str | None) -> None:
        raise stopped

    monkeypatch.setattr(app_module, "build_app", cut_off)
    assert enter("batches") == code


def test_the_version(enter: Enter, capsys: pytest.CaptureFixture[str]) -> None:
    assert enter("--version") == 0
    assert capsys.readouterr().out == f"feedback-nlp {__version__}\n"


def test_a_mistyped_command_gets_a_suggestion(
    enter: Enter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert enter("analyse") == 2
    assert "analyze" in capsys.readouterr().err
