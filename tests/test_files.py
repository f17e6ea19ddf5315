"""Files are their owner's alone, whole or not there, and a full disk is one line."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from feedback_nlp.errors import InputError
from feedback_nlp.files import is_private, keep_private, replaced, write_private
from feedback_nlp.store import Database


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_private_whatever_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"new", 0o600)
    assert is_private(path)


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), replaced(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT])
def test_what_a_disk_says_is_one_line(tmp_path: Path, code: int) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(InputError, match="写不了"), replaced(path):
        raise OSError(code, os.strerror(code))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_of_another_file_stays_its_own(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replaced(tmp_path / "a.csv"):
        (tmp_path / "input").read_bytes()


def test_a_missing_folder_and_a_folder_for_a_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="不存在"):
        write_private(tmp_path / "no" / "a", b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="是一个目录"):
        write_private(tmp_path / "folder", b"")


def test_rights_of_others_are_taken_and_of_a_group_kept(tmp_path: Path) -> None:
    path = tmp_path / "x"
    keep_private(path)
    assert not path.exists()
    keep_private(path, make=True)
    assert mode(path) == 0o600
    path.chmod(0o644)
    keep_private(path)
    assert mode(path) == 0o600
    path.chmod(0o640)
    keep_private(path)
    assert mode(path) == 0o640


def test_a_database_and_its_log_are_private_also_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    database = Database(str(path))
    database.migrate()
    with database.read() as session:
        session.connection()
        assert {mode(file) for file in tmp_path.iterdir()} == {0o600}
    database.dispose()
    path.chmod(0o644)
    database.migrate()
    assert mode(path) == 0o600
    database.dispose()


_LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
from feedback_nlp.cli import main
sys.argv = ["feedback-nlp", *sys.argv[1:]]
main()
"""


@pytest.fixture
def many(tmp_path: Path, new_database_url: Callable[[], str]) -> str:
    from datetime import UTC, datetime

    from feedback_nlp.jobs.ingest import ingest_items
    from feedback_nlp.records import RawItem

    url = new_database_url()
    database = Database(url)
    items = [RawItem(n, f"k{n}", f"第{n}次打开就闪退" * 20) for n in range(900)]
    now = datetime(2026, 11, 16, tzinfo=UTC)
    ingest_items(database, items, source="问卷", now=now, secret="s")
    database.dispose()
    return url


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.xlsx"])
def test_an_export_that_the_disk_cannot_hold_is_one_line(
    many: str, tmp_path: Path, name: str
) -> None:
    target = tmp_path / name
    target.write_text("old")
    command = ["export", "feedback", "-o", str(target), "--db", many]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, *command],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(f".{name}")] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_standard_output_on_a_full_disk_is_one_line(many: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "import sys; from feedback_nlp.cli import main; main()", "export", "feedback", "-o", "-", "--db", many],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
