"""Finished chunks on disk, so that a killed run goes on where it was.

``OUTPUT.parts/`` holds ``plan.json`` (what is being done, by which models, to which bytes)
and, for each finished chunk, its encoded rows and a marker. The marker is written last and
carries counts, size and digest: a chunk without one, or whose bytes are not those it
names, is done again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedback_nlp.batch.plan import Done
from feedback_nlp.errors import Conflict, InputError
from feedback_nlp.files import lock_alone
from feedback_nlp.records import Rejection


@dataclass(frozen=True, slots=True)
class Parts:
    """A folder of finished chunks."""

    folder: Path

    def save(self, done: Done) -> Done:
        """Store a chunk, marker last, and return it without its payload."""
        payload = done.payload or b""
        self._write(self._payload(done.index), payload)
        marker = {
            "read": done.read,
            "written": done.written,
            "rejects": [[k, r.line, r.reason, r.detail, r.raw] for k, r in done.rejects],
            "unplaced": done.unplaced,
            "versions": done.versions,
            "size": len(payload),
            "sha256": hashlib.sha256(payload).hexdigest(),
        }
        self._write(self._marker(done.index), json.dumps(marker).encode("utf-8"))
        done.payload = None
        return done

    def load(self, index: int) -> Done | None:
        """Return a stored chunk with its payload, or ``None`` if it must be done (again)."""
        try:
            marker = json.loads(self._marker(index).read_bytes())
            payload = self._payload(index).read_bytes()
        except (OSError, ValueError):
            return None
        if (len(payload), hashlib.sha256(payload).hexdigest()) != (
            marker["size"],
            marker["sha256"],
        ):
            return None
        return Done(
            index,
            marker["read"],
            marker["written"],
            [(source, Rejection(*values)) for source, *values in marker["rejects"]],
            marker["unplaced"],
            marker["versions"],
            payload,
        )

    def has(self, index: int) -> bool:
        """Whether a chunk has its marker."""
        return self._marker(index).exists()

    def _payload(self, index: int) -> Path:
        return self.folder / f"{index:08}.part"

    def _marker(self, index: int) -> Path:
        return self.folder / f"{index:08}.json"

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        aside = path.with_name(f"{path.name}.{os.getpid()}")
        aside.write_bytes(data)
        aside.replace(path)


@contextmanager
def open_parts(target: Path, identity: Mapping[str, Any]) -> Iterator[Parts]:
    """Open the folder of an output, made if missing and removed if the block ends well.

    Args:
        target: The output.
        identity: All that decides the result, JSON-serialisable.

    Raises:
        Conflict: If the folder belongs to another input, other options or models, or another
            process works on it.
        InputError: If it cannot be written.
    """
    folder = target.with_name(f"{target.name}.parts")
    try:
        folder.mkdir(exist_ok=True)
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR)
    except OSError as error:
        raise InputError(f"不能写到 {folder}：{error.strerror}", hint="检查目录和权限") from error
    try:
        lock_alone(lock, f"另一个进程正在用 {folder}", hint="等它结束，或换一个输出")
        plan = folder / "plan.json"
        text = json.dumps(identity, ensure_ascii=False, indent=1, sort_keys=True)
        if plan.exists():
            _check(plan, json.loads(text))
        else:
            _clear(folder)  # left by a run that was killed while it tidied up
            Parts._write(plan, text.encode("utf-8", "replace"))
        yield Parts(folder)
        shutil.rmtree(folder)
    finally:
        os.close(lock)


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != "lock":
            path.unlink()


def _check(plan: Path, wanted: dict[str, Any]) -> None:
    try:
        found = json.loads(plan.read_bytes())
    except ValueError:
        found = {}
    changed = sorted(key for key in {*found, *wanted} if found.get(key) != wanted.get(key))
    if changed:
        names = "、".join(_IDENTITY.get(key, key) for key in changed)
        raise Conflict(
            f"{plan.parent} 是另一次运行留下的，不能接着做：{names}变了",
            hint=f"删掉这个目录重新开始：rm -r {plan.parent}",
        )


_IDENTITY = {
    "input": "输入",
    "versions": "模型",
    "code": "程序",
    "config": "配置",
    "options": "选项",
    "topics": "主题",
}
