"""``feedback-nlp doctor``: is everything in place, and if not, what to do."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import typer
from rich.markup import escape

from feedback_nlp.cli import doctor_files
from feedback_nlp.cli.hints import HINTS
from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    load_settings,
    out,
    print_json,
)
from feedback_nlp.errors import FeedbackError

_DETAIL_CHARS = 300


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", help="自检：环境、模型、数据库是否就绪")(doctor)


def doctor(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Check the parts one by one; exit 1 if one is not ready."""
    results = []
    for name, check in _checks(db):
        try:
            results.append({"check": name, "ok": True, "detail": check()})
        except FeedbackError as error:
            results.append({"check": name, "ok": False, "detail": error.told(HINTS)})
        except Exception as error:  # damaged bytes raise anything: the outer edge of a check
            detail = f"检查不下去：{type(error).__name__}: {error}"
            results.append({"check": name, "ok": False, "detail": detail[:_DETAIL_CHARS]})
    if as_json:
        print_json(results)
    else:
        for result in results:
            mark = "[green]✓[/green]" if result["ok"] else "[red]✗[/red]"
            out.print(f"{mark} {result['check']}：{escape(str(result['detail']))}", soft_wrap=True)
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


def _checks(db: str | None) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "Python", lambda: sys.version.split()[0]
    yield "SQLite", _sqlite
    yield "配置", _config
    yield "模型", _models
    yield "主题", _topics
    yield "数据库", lambda: _database(db)
    yield "完整性", lambda: doctor_files.whole(db)
    yield "时区", lambda: doctor_files.zone(db)
    yield "磁盘", lambda: doctor_files.disk(db)
    yield "权限", lambda: doctor_files.rights(db)
    yield "密钥", lambda: doctor_files.key(db)


def _sqlite() -> str:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE probe USING fts5 (tokens)")
    except sqlite3.OperationalError as error:
        raise FeedbackError(
            f"SQLite {sqlite3.sqlite_version} 没有 FTS5",
            hint="换一个带 FTS5 的 Python，或使用 PostgreSQL",
        ) from error
    finally:
        connection.close()
    return f"{sqlite3.sqlite_version}，支持全文检索"


def _config() -> str:
    from feedback_nlp.config import load_config  # noqa: PLC0415

    settings = load_settings()
    config = load_config(settings.pipeline)
    source = settings.pipeline or "随包的 pipeline.toml"
    return f"{source}，版本 {config.version}，时区 {settings.timezone}"


def _models() -> str:
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.understanding.engine import Engine  # noqa: PLC0415

    engine = Engine.load(load_config(load_settings().pipeline))
    (answer,) = engine.understand(["更新之后一直闪退，希望尽快修复"])
    parts = "、".join(f"{name} {version}" for name, version in sorted(engine.versions.items()))
    return f"{parts}；试读一句得到 {len(answer.units)} 个观点"


def _topics() -> str:
    from feedback_nlp.topics.bertopic_model import bertopic_version  # noqa: PLC0415

    version = bertopic_version()
    if version is not None:
        return f"BERTopic {version}"
    return "没有装 BERTopic 包，由内置的同样两步代替，结果相同（怎么装：docs/decisions/0010）"


def _database(db: str | None) -> str:
    from sqlmodel import func, select  # noqa: PLC0415

    from feedback_nlp.store import Database  # noqa: PLC0415
    from feedback_nlp.store.database import SCHEMA_VERSION, schema_version  # noqa: PLC0415
    from feedback_nlp.store.tables import Feedback  # noqa: PLC0415

    started = datetime.now(UTC)
    database = Database(db or load_settings().database_url)
    where = database.url.render_as_string(hide_password=True)
    try:
        if not database.exists():
            return f"还没有 {where}，第一次 feedback-nlp ingest 时会建"
        with database.read() as session:
            found = schema_version(session.connection())
            if found != SCHEMA_VERSION:
                return f"{where}，结构版本 {found or '空'}，下次使用时升级到 {SCHEMA_VERSION}"
            count = session.exec(select(func.count()).select_from(Feedback)).one()
    finally:
        database.dispose()
    milliseconds = (datetime.now(UTC) - started).total_seconds() * 1000
    return f"{where}，反馈 {count:,} 条，打开用时 {milliseconds:.0f} 毫秒"
