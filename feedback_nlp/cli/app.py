"""Puts the commands together and maps errors to one clear line and an exit code."""

from __future__ import annotations

import importlib
import sys

import typer
from rich.markup import escape

from feedback_nlp import __version__
from feedback_nlp.cli.hints import HINTS
from feedback_nlp.cli.terminal import err, out
from feedback_nlp.errors import (
    ArtifactError,
    ConfigError,
    Conflict,
    FeedbackError,
    InputError,
    NotFound,
    StoreError,
)

# In the order in which --help shows them: the order of the work.
_GROUPS = (
    "ingest",
    "analyze",
    "report",
    "topics",
    "lexicon",
    "requests",
    "replay",
    "alerts",
    "search",
    "export",
    "classify",
    "train",
    "train_embeddings",
    "evaluate",
    "serve",
    "doctor",
    "demo",
)
_EXIT_CODES: dict[type[FeedbackError], int] = {
    InputError: 2,
    NotFound: 3,
    Conflict: 4,
    ArtifactError: 5,
    ConfigError: 6,
    StoreError: 7,
}


def _print_version(wanted: bool) -> None:
    if wanted:
        out.print(f"feedback-nlp {__version__}")
        raise typer.Exit


def build_app() -> typer.Typer:
    """Assemble the command line."""
    app = typer.Typer(
        name="feedback-nlp",
        help="自托管的中文用户反馈引擎：反馈进来，本周要事和需求排行出去。",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def _root(
        version: bool = typer.Option(
            False, "--version", callback=_print_version, is_eager=True, help="显示版本"
        ),
    ) -> None:
        del version

    for group in _GROUPS:
        importlib.import_module(f"feedback_nlp.cli.{group}").register(app)
    return app


def exit_code_of(error: FeedbackError) -> int:
    """Return the exit code for an error: the nearest mapped ancestor's, else 1."""
    for ancestor in type(error).__mro__:
        if ancestor in _EXIT_CODES:
            return _EXIT_CODES[ancestor]
    return 1


def main() -> None:
    """Entry point of ``feedback-nlp``."""
    try:
        build_app()()
    except FeedbackError as error:
        err.print(f"[red]{error.title}[/red]：{escape(error.told(HINTS))}", soft_wrap=True)
        sys.exit(exit_code_of(error))
    except BrokenPipeError:
        sys.exit(141)
    except KeyboardInterrupt:
        err.print("已中断；已写入的数据都在，重新运行即可继续。")
        sys.exit(130)
