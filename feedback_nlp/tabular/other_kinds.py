"""Files that are no table whatever their name says: a picture named ``.csv``, a Word file.

Told by their first bytes, so that the error says what the file is, not that its characters
are strange.

Source: signatures as each format's specification gives them (PNG, JFIF, GIF, PDF, RIFF, ID3,
ISO base media, RAR, 7z, SQLite, PE, ELF).
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from feedback_nlp.errors import FileUnreadable

_PICTURE = ("图片", "里面的文字要先录成表格，再导入 CSV 或 Excel")
_SOUND = ("录音", "先转写成文字，存成表格或文本再导入")
_FILM = ("视频", "先转写成文字，存成表格或文本再导入")
_PACKED = ("压缩包", "解压后再导入里面的文件")
_PROGRAM = ("程序", "是不是选错了文件")
_WORD = ("Word 文档", "把里面的内容复制到表格里，或另存为纯文本 .txt 再导入")
_SLIDES = ("演示文稿", "把里面的内容复制到表格里再导入")
_PDF = ("PDF", "在导出的地方改选 Excel 或 CSV；只有 PDF 的话，先转成表格")
_DATABASE = ("数据库文件", "先把里面的表导出成 CSV")

#: First bytes, and what such a file is and what to do with it.
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF87a", _PICTURE),
    (b"GIF89a", _PICTURE),
    (b"%PDF-", _PDF),
    (b"Rar!\x1a\x07", _PACKED),
    (b"7z\xbc\xaf\x27\x1c", _PACKED),
    (b"SQLite format 3\x00", _DATABASE),
    (b"ID3\x03", _SOUND),
    (b"ID3\x04", _SOUND),
    (b"MZ\x90\x00", _PROGRAM),
    (b"\x7fELF", _PROGRAM),
)
#: Kinds that name themselves a few bytes in: the bytes of the container, its mark and where.
_RIFF = {b"WEBP": _PICTURE, b"WAVE": _SOUND, b"AVI ": _FILM}
_OLE = b"\xd0\xcf\x11\xe0"
_OLE_STREAMS = {"WordDocument": _WORD, "PowerPoint Document": _SLIDES}
_ZIP_FOLDERS = {"word/": _WORD, "ppt/": _SLIDES}


def refuse_other_kinds(path: Path, head: bytes) -> None:
    """Say what a file is that holds no table.

    Args:
        path: The file, for its name and, if it is a zip archive, for the names in it.
        head: Its first bytes, unpacked.

    Raises:
        FileUnreadable: If it is one of the kinds known here.
    """
    found = _kind(path, head)
    if found is not None:
        word, hint = found
        word = f" {word}" if word.isascii() or word.startswith("Word") else word
        raise FileUnreadable(f"{path.name} 其实是{word}，不是表格", hint=hint)


def _kind(path: Path, head: bytes) -> tuple[str, str] | None:
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _PICTURE if head[8:12] in (b"heic", b"heix", b"mif1", b"avif") else _FILM
    if head.startswith(_OLE):
        return next(
            (kind for name, kind in _OLE_STREAMS.items() if name.encode("utf-16-le") in head), None
        )
    return _office(path) if head.startswith(b"PK\x03\x04") else None


def names_in_zip(path: Path) -> list[str] | None:
    """Return the names in a zip archive; ``None`` if it is none, or broken."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None


def _office(path: Path) -> tuple[str, str] | None:
    """Return what office file a zip archive is, beside a workbook; a broken one is no matter."""
    names = names_in_zip(path) or []
    return next(
        (
            kind
            for folder, kind in _ZIP_FOLDERS.items()
            if any(name.startswith(folder) for name in names)
        ),
        None,
    )
