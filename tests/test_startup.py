"""What a command loads before it answers: a figure of seconds would depend on the machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from feedback_nlp.cli.app import _MODULES_OF, build_app
from feedback_nlp.config import load_config
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store.search import index_feedback
from feedback_nlp.store.tables import Feedback
from tests.week.six_weeks import NOW, ZONE, six_weeks

ROOT = Path(__file__).resolve().parents[1]
#: Slow to load, and needed by none of the commands below on a database that is up to date.
HEAVY = {
    "alembic",
    "bertopic",
    "hdbscan",
    "numba",
    "pandas",
    "phonenumbers",
    "pyarrow",
    "scipy",
    "sklearn",
    "snownlp",
    "torch",
    "umap",
    "vl_convert",
    "xlsxwriter",
}
_COMMAND = """
import json, sys
sys.argv = ["feedback-nlp", *json.loads(sys.argv[1])]
from feedback_nlp.cli import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
finally:
    print("\\n" + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
_SERVICE = """
import asyncio, json, sys
from feedback_api.app import create_app
from feedback_nlp.settings import Settings
app = create_app(Settings(database_url=sys.argv[1]))
async def start_and_stop():
    async with app.router.lifespan_context(app):
        pass
asyncio.run(start_and_stop())
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.fixture(scope="module")
def url(new_database_url: Callable[[], str]) -> str:
    """A database with topics and requests, so that every command has something to show."""
    url = new_database_url()
    with six_weeks(url) as (database, _), database.write() as session:
        sync_requests(session, load_config().rank, zone=ZONE, now=NOW)
        rows = session.exec(select(Feedback.id, Feedback.text)).all()
        index_feedback(session, [(id_ or 0, text) for id_, text in rows])
    return url


def run(program: str, argument: str) -> tuple[str, set[str]]:
    """Return what the program printed and the packages it had loaded at its end."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path[:0] = {[str(ROOT), str(ROOT / 'api')]}\n" + program,
            argument,
        ],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    printed, _, loaded = done.stdout.rstrip().rpartition("\n")
    return printed, set(json.loads(loaded))


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["batches"], "导入批次"),
        (["search", "闪退"], "共"),
        (["requests"], "REQ-1"),
        (["request", "REQ-1"], "REQ-1"),
        (["topics", "list"], "闪退"),
        (["lexicon", "list"], "空的"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_that_only_reads_loads_nothing_heavy(
    url: str, arguments: list[str], shown: str
) -> None:
    printed, loaded = run(_COMMAND, json.dumps([*arguments, "--db", url]))
    assert shown in printed
    assert loaded & HEAVY == set()


def test_help_loads_neither_database_nor_numbers() -> None:
    printed, loaded = run(_COMMAND, json.dumps(["--help"]))
    assert all(f" {name} " in printed for name in _MODULES_OF)
    assert loaded & (HEAVY | {"numpy", "sqlalchemy", "fastapi"}) == set()


def test_a_look_at_a_file_loads_no_database_and_no_numbers(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(
        "评论内容,评分,评论时间\n打开就闪退，回我13800001111,1,2026-01-01 10:00\n", "utf-8"
    )
    printed, loaded = run(_COMMAND, json.dumps(["ingest", "--dry-run", str(file)]))
    assert "〔手机号·" in printed
    assert loaded & (HEAVY | {"numpy", "sqlalchemy", "markdown_it", "fastapi"}) == set()


def test_the_service_starts_without_anything_heavy(url: str) -> None:
    _, loaded = run(_SERVICE, url)
    assert "fastapi" in loaded
    assert loaded & HEAVY == set()


def test_each_command_is_registered_by_the_modules_that_are_named_for_it() -> None:
    def names(command: str | None) -> list[str]:
        app = build_app(command)
        commands = [info.name or "" for info in app.registered_commands]
        return commands + [info.name or "" for info in app.registered_groups]

    assert sorted(names(None)) == sorted(_MODULES_OF)
    for command in _MODULES_OF:
        assert command in names(command)
    assert names("no-such-command") == names(None)
