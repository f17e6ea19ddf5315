"""``feedback-nlp person``: give a person what is stored of them, or erase it everywhere."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from feedback_nlp.cli.terminal import (
    ActorOption,
    DatabaseOption,
    JsonOption,
    err,
    load_settings,
    open_database,
    out,
    print_json,
)
from feedback_nlp.errors import InputError

if TYPE_CHECKING:
    from feedback_nlp.jobs.erase_exports import ErasedFiles, Traces
    from feedback_nlp.jobs.people import ErasureReport
    from feedback_nlp.store import Database

AuthorOption = Annotated[
    str | None,
    typer.Option("--author", metavar="作者", help="原文件里作者一列的内容，例如用户编号"),
]
KeyOption = Annotated[
    str | None, typer.Option("--author-key", metavar="HEX", help="导出的反馈里的 author_key")
]

#: What people call the tables; others are shown by their names.
WORDS = {
    "feedback": "反馈",
    "unit": "观点",
    "evidence": "需求证据",
    "notice": "通知",
    "notice_refusal": "退订",
    "contact": "联系方式",
    "rejected_row": "被拒的行",
    "outbox": "待发的消息",
    "inlet_event": "推送原文",
    "stored_reply": "接口答复",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="按作者导出或删除一个人的全部内容")
    group.command("export", help="导出存过的关于这个人的一切")(export)
    group.command("erase", help="从数据库、检索索引和导出文件里彻底删除这个人")(erase)
    app.add_typer(group, name="person")


def export(
    author: AuthorOption = None,
    key: KeyOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="写成 JSON，默认打印")
    ] = None,
    db: DatabaseOption = None,
) -> None:
    """Write everything that is stored of one author as JSON, by table."""
    from feedback_nlp.files import write_private  # noqa: PLC0415
    from feedback_nlp.jobs.people import export_person  # noqa: PLC0415

    with open_database(db) as database:
        found = export_person(
            database,
            _key(database, author, key),
            secret=load_settings().plain_secret,
        )
    if output is None:
        print_json(found)
        return
    text = json.dumps(found, ensure_ascii=False, indent=1, default=str)
    write_private(output, f"{text}\n".encode())
    err.print(escape(f"已写入 {output}：{_told({k: len(v) for k, v in found.items()})}"))


def erase(
    author: AuthorOption = None,
    key: KeyOption = None,
    exports: Annotated[
        list[Path] | None,
        typer.Option("--exports", metavar="DIR", help="放导出文件和备份的目录，可多次，也一并删除"),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="为什么，例如 本人要求")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="不再确认")] = False,
    actor: ActorOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase one author from tables, index, log and the named folders; it cannot be undone."""
    from feedback_nlp.jobs.bulk_files import jobs_folder  # noqa: PLC0415
    from feedback_nlp.jobs.erase_exports import traces_of  # noqa: PLC0415
    from feedback_nlp.jobs.people import erase_person, nobody  # noqa: PLC0415
    from feedback_nlp.store.erasing import rows_of  # noqa: PLC0415

    settings = load_settings()
    for folder in exports or []:
        if not folder.is_dir():
            raise InputError(f"目录 {folder} 不存在")
    with open_database(db, settings) as database:
        known = _key(database, author, key)
        with database.read() as session:
            found = {name: len(rows) for name, rows in rows_of(session, known).items()}
        if not found:
            raise nobody()
        if not yes:
            typer.confirm(f"将彻底删除 {_told(found)}，不能恢复。继续？", abort=True)
        traces = traces_of(database, known)
        report = erase_person(
            database, known, actor=actor or getpass.getuser(), now=datetime.now(UTC), reason=reason
        )
        own = [settings.digest_folder, jobs_folder(settings.jobs_folder, database.url)]
    folders = [*(exports or []), *(path for path in own if path is not None and path.is_dir())]
    files = _erased_from(folders, traces)
    if as_json:
        print_json(
            {
                "counts": report.counts,
                "log_emptied": report.log_emptied,
                "rows": files.rows,
                "removed": files.removed,
                "left": files.left,
            }
        )
        return
    _say_erased(report, files)
    if not exports:
        err.print("没有查导出的文件和备份：用 --exports 目录 一并删除。")


def _erased_from(folders: list[Path], traces: Traces) -> ErasedFiles:
    """Erase from every folder; the files are named with theirs."""
    from feedback_nlp.jobs.erase_exports import ErasedFiles, erase_from_exports  # noqa: PLC0415

    files = ErasedFiles()
    for folder in folders:
        done = erase_from_exports(folder, traces)
        files.rows |= {str(folder / name): count for name, count in done.rows.items()}
        files.removed += [str(folder / name) for name in done.removed]
        files.left |= {str(folder / name): why for name, why in done.left.items()}
    return files


def _say_erased(report: ErasureReport, files: ErasedFiles) -> None:
    out.print(f"已删除 {_told(report.counts)}。")
    for name, count in files.rows.items():
        out.print(escape(f"{name}：去掉 {count:,} 行"), soft_wrap=True)
    for name in files.removed:
        out.print(escape(f"{name}：引用过，已删掉，可以重新生成"), soft_wrap=True)
    for name, why in files.left.items():
        err.print(escape(f"{name}：没有动，{why}"), soft_wrap=True)
    if not report.log_emptied:
        err.print("有程序正在读，数据库日志要等它读完才清空；过一会儿重启服务即可。")


def _key(database: Database, author: str | None, key: str | None) -> str:
    from feedback_nlp.jobs.people import author_key, checked_key  # noqa: PLC0415

    if (author is None) == (key is None):
        raise InputError("请用 --author 或 --author-key 指明是谁，二选一")
    if key is not None:
        return checked_key(key)
    return author_key(database, author or "", secret=load_settings().plain_secret)


def _told(counts: object) -> str:
    assert isinstance(counts, dict)
    return "、".join(f"{WORDS.get(name, name)} {count:,} 条" for name, count in counts.items())
