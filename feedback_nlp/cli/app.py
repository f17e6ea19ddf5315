"""Puts the commands together and maps errors to one clear line and an exit code."""

from __future__ import annotations

import importlib
import sys
from itertools import chain

import typer
from rich.markup import escape
from typer.exceptions import TyperException

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

# Which modules hold a command, so that a run loads those alone. The order is the one in
# which --help shows them: the order of the work.
_MODULES_OF = {
    "ingest": ("ingest",),
    "batches": ("batches",),
    "analyze": ("analyze",),
    "top": ("report",),
    "digest": ("report",),
    "topics": ("topics",),
    "judge": ("judge",),
    "lexicon": ("lexicon",),
    "requests": ("requests",),
    "request": ("requests",),
    "request-add": ("request_add",),
    "loop": ("loop",),
    "inlets": ("inlets",),
    "pull": ("pull",),
    "outlets": ("send",),
    "send": ("send",),
    "outbox": ("outbox",),
    "notices": ("notices",),
    "replay": ("replay",),
    "alerts": ("alerts",),
    "search": ("search",),
    "export": ("export",),
    "classify": ("classify",),
    "classify-table": ("classify_table",),
    "train": ("train", "train_embeddings"),
    "evaluate": ("evaluate",),
    "serve": ("serve",),
    "keys": ("keys",),
    "audit": ("audit",),
    "mcp": ("mcp",),
    "worker": ("worker",),
    "jobs": ("worker",),
    "doctor": ("doctor",),
    "person": ("person",),
    "retention": ("retention",),
    "backup": ("backup",),
    "restore": ("backup",),
    "demo": ("demo",),
}
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


def build_app(command: str | None = None) -> typer.Typer:
    """Assemble the command line.

    Args:
        command: The one that is wanted; all of them if ``None`` or unknown, so that
            ``--help`` and the suggestion for a mistyped name know them all.
    """
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

    modules = _MODULES_OF.get(command or "", tuple(chain(*_MODULES_OF.values())))
    for module in dict.fromkeys(modules):
        importlib.import_module(f"feedback_nlp.cli.{module}").register(app)
    return app


def exit_code_of(error: FeedbackError) -> int:
    """Return the exit code for an error: the nearest mapped ancestor's, else 1."""
    for ancestor in type(error).__mro__:
        if ancestor in _EXIT_CODES:
            return _EXIT_CODES[ancestor]
    return 1


def _of_disk(error: OSError) -> str:
    from feedback_nlp.files import disk_words  # noqa: PLC0415

    return f"{error.filename or '输出'}：{disk_words(error)}"


def main() -> None:
    """Entry point of ``feedback-nlp``."""
    from feedback_nlp.cli.mistakes import in_chinese, told  # noqa: PLC0415

    try:
        app = build_app(sys.argv[1] if len(sys.argv) > 1 else None)
        command = in_chinese(typer.main.get_command(app))
        sys.exit(command(standalone_mode=False, prog_name="feedback-nlp") or 0)
    except FeedbackError as error:
        err.print(f"[red]{error.title}[/red]：{escape(error.told(HINTS))}", soft_wrap=True)
        sys.exit(exit_code_of(error))
    except BrokenPipeError:
        sys.exit(141)
    except (KeyboardInterrupt, typer.Abort):
        err.print("已中断；已写入的数据都在，重新运行即可继续。")
        sys.exit(130)
    except OSError as error:  # standard output on a full disk, a file that vanished
        err.print(f"[red]读写出错[/red]：{escape(_of_disk(error))}", soft_wrap=True)
        sys.exit(2)
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            sys.exit(2)  # it has printed its help
        err.print(f"[red]命令有误[/red]：{escape(told(error))}", soft_wrap=True)
        sys.exit(2)
