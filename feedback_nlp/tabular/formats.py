"""Which format a file is in: by its first bytes where they tell, else by its name."""

from __future__ import annotations

import gzip
import json
import re
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from feedback_nlp.errors import FileUnreadable, InputError
from feedback_nlp.tabular.decoding import utf8_bytes
from feedback_nlp.tabular.html_tables import is_html_table
from feedback_nlp.tabular.other_kinds import refuse_other_kinds
from feedback_nlp.tabular.rows import Limits
from feedback_nlp.tabular.spreadsheet_xml import is_spreadsheet_xml
from feedback_nlp.tabular.wrapped import is_call

STDIN = Path("-")
FORMATS = ("csv", "tsv", "xlsx", "xls", "json", "jsonl", "parquet", "xml", "lines")

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xls",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".txt": "lines",
    ".xml": "xml",
}
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|body|head|div|svg)\b", re.IGNORECASE)
_ELEMENT = re.compile(rb"<(?:[?!]\w|[A-Za-z_][\w.:-]*[\s/>])")
_RECORD = re.compile(rb'(?:\[\s*)?\{\s*"[^"\n]{1,80}"\s*:')
_GZIP = b"\x1f\x8b"
_HEAD_BYTES = 64 * 1024
_LOOKED_LINES, _LEAST_LINES = 20, 3
_HONEST_BYTES = 64 * 1024 * 1024
_MAX_RATIO = 200
_DEFLATE_RATIO = 1_100


def format_of_name(path: Path) -> tuple[str | None, bool]:
    """Return the format that the name says, and whether it says gzip."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = bool(suffixes) and suffixes[-1] == ".gz"
    if zipped:
        suffixes.pop()
    return (_SUFFIXES.get(suffixes[-1]) if suffixes else None), zipped


def open_binary(path: Path) -> BinaryIO:
    """Open a file for reading, unpacking gzip on the fly (told by its first bytes)."""
    with path.open("rb") as probe:
        zipped = probe.read(2) == _GZIP
    return cast(BinaryIO, GzipInput(path)) if zipped else path.open("rb")


class GzipInput:
    """Reads a gzip file up to where it breaks, instead of losing the last block to an error.

    Attributes:
        damaged: Whether the file broke off. What was read then ends with its last whole line.
    """

    def __init__(self, path: Path) -> None:
        self._raw = path.open("rb")
        self._file = gzip.GzipFile(fileobj=self._raw)
        self.damaged = False

    def __enter__(self) -> GzipInput:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_file"):  # else it could not be opened
            self.close()

    def close(self) -> None:
        """Close the packed file."""
        self._file.close()
        self._raw.close()

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes; empty at the end and after damage."""
        pieces: list[bytes] = []
        left = size
        while left and not self.damaged:
            try:
                piece = self._file.read1(left)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                self.damaged = True
                whole = b"".join(pieces)
                return whole[: whole.rfind(b"\n") + 1]
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    @property
    def position(self) -> int:
        """Bytes of the packed file that are read."""
        return self._raw.tell()

    def seek(self, position: int) -> None:
        """Go to an absolute position."""
        self.damaged = False
        self._file.seek(position)


def detect_format(path: Path, named: str | None) -> str:
    """Decide the format of a readable, non-empty file.

    Args:
        path: The file.
        named: What its name or the user says; first bytes that contradict it win.

    Raises:
        FileUnreadable: If it is a kind of file that holds no table.
    """
    with open_binary(path) as stream:
        head = stream.read(_HEAD_BYTES)
        refuse_other_kinds(path, head)
        if head.startswith(b"PK\x03\x04"):
            return "xlsx"
        if head.startswith(b"\xd0\xcf\x11\xe0"):
            return "xls"
        if head.startswith(b"PAR1"):
            return "parquet"
        if named == "parquet":
            raise FileUnreadable(f"{path.name} 不是完整的 Parquet 文件")
        text = utf8_bytes(stream).read(_HEAD_BYTES).lstrip()
    if text[:1] == b"<" and (found := _kind_of_markup(text)):
        return found
    if text[:1] == b"<":
        raise FileUnreadable(
            f"{path.name} 其实是网页，里面没有表格", hint="用表格软件打开并另存为 xlsx 或 CSV"
        )
    if named in ("json", None) and text[:1] == b"{":
        return _lines_or_document(text)
    if named is None and text[:1] == b"[":
        return "json"
    if named in ("lines", "csv", "tsv") and _RECORD.match(text):  # JSON under another name
        return _lines_or_document(text)
    if named in ("json", "jsonl", "lines", None) and is_call(text):
        return "json"
    if named == "lines" and _is_table(text):
        return "csv"
    return "csv" if named in ("xls", "xlsx", "xml", None) else named


def _kind_of_markup(head: bytes) -> str | None:
    """Return ``html``, ``xml`` or ``xml-sheet``; ``None`` for a page without a table."""
    if is_spreadsheet_xml(head):
        return "xml-sheet"
    if is_html_table(head):
        return "html"
    is_page = _PAGE.search(head[:2_000]) is not None
    return "xml" if not is_page and _ELEMENT.match(head) else None


def _is_table(head: bytes) -> bool:
    """Whether lines of a text file are rows: as many tabs or bars in each as in the first."""
    lines = [line for line in head.split(b"\n")[:_LOOKED_LINES] if line.strip()]
    if len(lines) < _LEAST_LINES:
        return False
    first, *rest = lines[:-1] if len(lines) > _LEAST_LINES else lines
    return any(
        first.count(mark) >= 1 and all(line.count(mark) == first.count(mark) for line in rest)
        for mark in (b"\t", b"|")
    )


def _lines_or_document(text: bytes) -> str:
    """Tell lines with an object each from a document, by the first line."""
    first, _, rest = text.partition(b"\n")
    return "jsonl" if rest.strip() and _is_object(first) else "json"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def check_readable(path: Path) -> None:
    """Raise a clear error for a path that is no readable, non-empty file.

    Raises:
        FileUnreadable: If it is missing, a directory, not permitted, or empty.
    """
    shown = str(path).encode("utf-8", "replace").decode()  # names may hold any bytes
    try:
        if path.is_dir():
            raise FileUnreadable(f"{shown} 是一个目录", hint="请给出文件")
        if path.exists() and not path.is_file():
            raise FileUnreadable(f"{shown} 不是普通文件", hint="管道的内容请用 - 从标准输入读")
        with open_binary(path) as stream:
            if not stream.read(1):
                if isinstance(stream, GzipInput) and stream.damaged:
                    raise FileUnreadable(f"{shown} 的压缩数据已损坏，无法读取")
                raise FileUnreadable(f"{shown} 是空文件", hint="第一行应是表头，下面每行一条反馈")
            if isinstance(stream, GzipInput) and _is_bomb(path):
                raise FileUnreadable(
                    f"{shown} 解开后是原来的 {_MAX_RATIO} 倍以上，拒绝打开", hint="拆成多个文件"
                )
    except FileNotFoundError as error:
        raise FileUnreadable(f"找不到文件 {shown}", hint="检查路径") from error
    except PermissionError as error:
        raise FileUnreadable(f"没有权限读取 {shown}") from error
    except (OSError, EOFError) as error:
        raise FileUnreadable(f"{shown} 已损坏，无法读取") from error


def _is_bomb(path: Path) -> bool:
    """Whether a gzip file says (RFC 1952, ISIZE) that it unpacks to far more than text does."""
    packed = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(packed - 4, 0))
        unpacked = int.from_bytes(file.read(4), "little")
    possible = unpacked <= packed * _DEFLATE_RATIO  # else the file breaks off and says nothing
    return possible and unpacked > max(_HONEST_BYTES, packed * _MAX_RATIO)


@contextmanager
def spooled(source: Path | BinaryIO, limits: Limits, *, unpack: bool = False) -> Iterator[Path]:
    """Give a seekable file for standard input, a stream or a packed binary file.

    Args:
        source: A path (``-`` is standard input) or a binary stream.
        limits: ``max_spool_bytes`` bounds what is copied to disk.
        unpack: Copy a packed file unpacked, for readers that need random access.
    """
    if isinstance(source, Path) and source != STDIN and not unpack:
        yield source
        return
    name = source.name if isinstance(source, Path) else "stdin"
    with tempfile.TemporaryDirectory(prefix="feedback-nlp-") as folder:
        target = Path(folder) / ("stdin" if name == "-" else name.removesuffix(".gz"))
        with ExitStack() as stack, target.open("wb") as file:
            if not isinstance(source, Path):
                stream = source
            elif source == STDIN:
                stream = sys.stdin.buffer
            else:
                stream = stack.enter_context(open_binary(source))
            left = limits.max_spool_bytes
            while chunk := stream.read(1 << 20):
                left -= len(chunk)
                if left < 0:
                    raise InputError("输入太大，临时目录放不下", hint="拆成多个文件")
                file.write(chunk)
        yield target
