"""``feedback-nlp backup`` and ``feedback-nlp restore``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from feedback_nlp.cli.terminal import DatabaseOption, JsonOption, err, load_settings, print_json
from feedback_nlp.errors import NotFound

if TYPE_CHECKING:
    from feedback_nlp.store import Database
    from feedback_nlp.store.backup import Backup


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup", help="备份数据库，服务不用停")(backup)
    app.command("restore", help="从备份恢复数据库")(restore)


def backup(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="备份文件或目录，默认在当前目录，名字带时间"
        ),
    ] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the database as it is at this moment; readers and writers go on meanwhile."""
    from feedback_nlp.store.backup import back_up  # noqa: PLC0415 - SQLAlchemy is slow to import

    database = _opened(db)
    try:
        if not database.exists():
            raise NotFound(f"数据库 {database.url.database} 不存在", hint="用 --db 指到已有的文件")
        found = back_up(database, _target(output, database))
    finally:
        database.dispose()
    _tell("已备份到", found, as_json=as_json)
    _tell_key(database)


def restore(
    source: Annotated[Path, typer.Argument(metavar="备份", help="backup 写出的文件")],
    force: Annotated[
        bool, typer.Option("--force", help="替换已有的数据库；SQLite 的旧文件改名留在旁边")
    ] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a backup and put it in the place of the database; stop the service first."""
    from feedback_nlp.store.backup import restore as put_back  # noqa: PLC0415

    database = _opened(db)
    try:
        found = put_back(source, database, replace=force)
        database.migrate()  # a backup of an older version is usable at once
    finally:
        database.dispose()
    _tell("已恢复自", found, as_json=as_json)
    _tell_key(database)


def _opened(db: str | None) -> Database:
    from feedback_nlp.store import Database  # noqa: PLC0415

    return Database(db or load_settings().database_url)


def _target(output: Path | None, database: Database) -> Path:
    suffix = ".db" if database.is_sqlite else ".dump"
    name = f"feedback-{datetime.now().astimezone():%Y%m%d-%H%M%S}{suffix}"
    if output is None:
        return Path(name)
    return output / name if output.is_dir() else output


def _tell(words: str, found: Backup, *, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(found), "path": str(found.path)})
        return
    count = "" if found.feedback_count is None else f"，反馈 {found.feedback_count:,} 条"
    err.print(escape(f"{words} {found.path}（{found.bytes:,} 字节{count}）"), soft_wrap=True)


def _tell_key(database: Database) -> None:
    """Say where the key is: without it a restored database takes no new feedback."""
    from feedback_nlp.store.keys import key_path  # noqa: PLC0415

    path = key_path(database.url)
    if path.exists():
        words = f"备份里没有密钥：请把 {path} 另外保存，和备份分开放。"
    elif load_settings().secret is not None:
        words = "备份里没有密钥：请另外保存 FEEDBACK_SECRET。"
    else:
        words = f"这里没有密钥：先把原来的密钥放到 {path}，或设 FEEDBACK_SECRET，才能再收反馈。"
    err.print(escape(words), soft_wrap=True)
