"""Zip archives of tables: an export a month, a chat with a folder a channel and a file a day.

An archive is weighed like a workbook before anything of it is unpacked. Members are unpacked under
names of our own, never under theirs. Those that hold no feedback (a read-me beside tables, the
lists of users of a chat, pictures) are named and left.

Source: Slack's export (``channel/2026-03-01.json`` beside ``users.json`` …); APPNOTE.TXT 4.4.4
(names are UTF-8 where bit 11 says so), older ones of Chinese systems in GB18030.
"""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.tabular.formats import format_of_name
from feedback_nlp.tabular.other_kinds import names_in_zip
from feedback_nlp.tabular.rows import Limits
from feedback_nlp.tabular.workbook import WORKBOOK_PARTS, weigh_archive

NESTED = ("json", "jsonl", "xml", "parquet")
_MOST_MEMBERS = 1_000
_UTF8_NAME = 0x800
_BESIDE = frozenset(
    [
        *("users.json", "channels.json", "groups.json", "dms.json", "mpims.json", "canvases.json"),
        *("integration_logs.json", "file_conversations.json", "lists.json", "org_users.json"),
        *("package.json", "manifest.json", "metadata.json"),
    ]
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its name there, its format, and where it lies unpacked."""

    name: str
    format: str
    path: Path


def is_archive_of_files(path: Path) -> bool:
    """Whether a file is a zip archive that is no workbook."""
    names = names_in_zip(path)
    return names is not None and not WORKBOOK_PARTS & set(names)


def unpacked(path: Path, limits: Limits, folder: Path) -> tuple[list[Member], list[str]]:
    """Unpack the tables of an archive, in the order of their names.

    Args:
        path: The archive.
        limits: Upper bounds; those of a workbook hold.
        folder: An empty folder.

    Returns:
        The members to read, and the names of those left.

    Raises:
        FileUnreadable: If it is too large or damaged, or holds no table.
    """
    weigh_archive(path, limits, is_workbook=False)
    members: list[Member] = []
    left: list[str] = []
    with zipfile.ZipFile(path) as archive:
        entries = sorted(
            (_name(entry), entry) for entry in archive.infolist() if not entry.is_dir()
        )
        wanted = _wanted([name for name, _ in entries])
        if len(wanted) > _MOST_MEMBERS:
            raise FileUnreadable(
                f"{path.name} 里有 {len(wanted):,} 个表格，最多接受 {_MOST_MEMBERS:,} 个",
                hint="分成几个压缩包",
            )
        for number, (name, entry) in enumerate(entries):
            if name not in wanted:
                if not _is_hidden(name):
                    left.append(name)
                continue
            target = folder / f"{number:05}{PurePosixPath(name).suffix.lower()}"
            with archive.open(entry) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file)
            members.append(Member(name, wanted[name], target))
    if not members:
        raise FileUnreadable(
            f"{path.name} 是压缩包，里面没有表格", hint="里面应有 CSV、Excel 或 JSON 文件"
        )
    return members, left


def _wanted(names: list[str]) -> dict[str, str]:
    """Return the format of each member to read: of the kind of which there are most.

    Text files are read where there is nothing else: beside tables they explain them.
    """
    formats = {
        name: kind
        for name in names
        if not _is_hidden(name)
        and PurePosixPath(name).name.casefold() not in _BESIDE
        and (kind := format_of_name(Path(name))[0]) is not None
    }
    texts = {name: kind for name, kind in formats.items() if kind == "lines"}
    tables = {name: kind for name, kind in formats.items() if kind != "lines"}
    nested = {name: kind for name, kind in tables.items() if kind in NESTED}
    flat = {name: kind for name, kind in tables.items() if kind not in NESTED}
    if not tables:
        return texts if len(texts) == 1 else {}
    return nested if len(nested) > len(flat) else flat


def _is_hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith(".")


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the name of a member as whoever packed it wrote it."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.filename
    try:
        raw = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename
