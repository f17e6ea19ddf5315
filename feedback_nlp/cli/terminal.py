"""What every command shares: consoles, common options, opening the database.

Results go to standard output, everything else (progress, notes, errors) to standard
error, so that ``--json`` output can be piped.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from feedback_nlp.errors import ConfigError, NotFound

if TYPE_CHECKING:
    from feedback_nlp.settings import Settings
    from feedback_nlp.store import Database

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        help="数据库地址或 SQLite 文件，默认取 FEEDBACK_DATABASE_URL，再默认 feedback.db",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="输出机器可读的 JSON")]
WeekOption = Annotated[
    str | None,
    typer.Option("--week", metavar="2026-W47", help="哪一周，默认是最近一个已结束、数据量正常的周"),
]
ActorOption = Annotated[
    str | None, typer.Option("--actor", help="操作人，默认是当前系统用户", show_default=False)
]
ProductOption = Annotated[str | None, typer.Option("--product", help="只看这个产品")]


def load_settings() -> Settings:
    """Read the environment once.

    Raises:
        ConfigError: If a variable has an unusable value.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - half of the start-up time of --help

    from feedback_nlp.settings import Settings  # noqa: PLC0415
    from feedback_nlp.validation_words import described  # noqa: PLC0415

    try:
        return Settings()
    except ValidationError as error:
        problems = "；".join(
            f"FEEDBACK_{str(problem['loc'][0]).upper()} {described(dict(problem))}"
            for problem in error.errors(include_input=False)
        )
        raise ConfigError(f"环境变量不可用：{problems}", hint="修改后再试") from error


@contextmanager
def open_database(
    db: str | None, settings: Settings | None = None, *, make: bool = False
) -> Iterator[Database]:
    """Open the database that ``--db`` or the environment names, with its schema up to date.

    Args:
        db: What ``--db`` says.
        settings: The environment; read now if not given.
        make: Make a SQLite file that does not exist.

    Raises:
        NotFound: If the file does not exist and is not to be made.
    """
    from feedback_nlp.store import Database  # noqa: PLC0415 - SQLAlchemy takes 0.5 s to import

    database = Database(db or (settings or load_settings()).database_url)
    try:
        if not make and not database.exists():
            raise NotFound(
                f"数据库 {database.url.database} 不存在",
                hint="先用 feedback-nlp ingest 导入，或用 --db 指到已有的文件",
            )
        database.migrate()
        with _recorded():
            yield database
    finally:
        database.dispose()


@contextmanager
def _recorded() -> Iterator[None]:
    """Let the system user act: what is edited meanwhile leaves audit lines."""
    from feedback_nlp.access import Caller, acting, recording  # noqa: PLC0415 - needs the store
    from feedback_nlp.access.caller import Via  # noqa: PLC0415

    recording.watch()
    with acting(Caller(getpass.getuser(), Via.TERMINAL)):
        yield


def print_json(value: Any) -> None:
    """Write one JSON document to standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
