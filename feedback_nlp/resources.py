"""Finds shipped data: ``models/`` and ``corpora/``.

Looked up in this order: an override folder from the environment
(``FEEDBACK_MODELS_DIR``, ``FEEDBACK_CORPORA_DIR``), the data inside the installed
wheel, the checkout that the package runs from.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from feedback_nlp.errors import ArtifactError

_PACKAGE = Path(__file__).resolve().parent


def _data_dirs(name: str) -> list[Path]:
    """Return the folders that are there, the one that wins first."""
    candidates = (
        os.environ.get(f"FEEDBACK_{name.upper()}_DIR"),
        _PACKAGE / "_data" / name,
        _PACKAGE.parent / name,
    )
    return [Path(candidate) for candidate in candidates if candidate and Path(candidate).is_dir()]


def _data_dir(name: str) -> Path:
    for folder in _data_dirs(name):
        return folder
    raise ArtifactError(
        f"找不到数据目录 {name}/",
        hint=f"重新安装 feedback-nlp，或用环境变量 FEEDBACK_{name.upper()}_DIR 指定目录",
    )


def models_dir() -> Path:
    """Return the folder of trained artefacts that wins, one sub-folder a task."""
    return _data_dir("models")


def model_folder(task: str) -> Path:
    """Return the folder of one artefact: the override's if it has it, else the shipped one.

    Args:
        task: Name of the sub-folder, such as ``segment``.
    """
    folders = [folder / task for folder in _data_dirs("models")]
    found = (folder for folder in folders if (folder / "manifest.json").is_file())
    return next(found, models_dir() / task)


def model_names() -> list[str]:
    """Return the names of all artefacts, overriding and shipped, ascending."""
    return sorted(
        {
            path.parent.name
            for folder in _data_dirs("models")
            for path in folder.glob("*/manifest.json")
        }
    )


def corpora_dir() -> Path:
    """Return the folder of lexicons, dictionaries, seed examples and the demo."""
    return _data_dir("corpora")


def read_word_list(relative: str) -> tuple[str, ...]:
    """Read a corpus word list: one entry a line, ``#`` starts a comment, blanks skipped.

    Args:
        relative: Path below ``corpora/``, such as ``lexicons/negation.txt``.

    Raises:
        ArtifactError: If the file is not there.
    """
    path = corpora_dir() / relative
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise ArtifactError(f"找不到词表 {path}", hint="重新安装 feedback-nlp") from error
    entries = (line.split("#", 1)[0].strip() for line in lines)
    return tuple(entry for entry in entries if entry)


def read_columns(relative: str, *counts: int) -> list[list[str]]:
    """Read a corpus file whose entries are columns, set apart by tabs.

    Args:
        relative: Path below ``corpora/``, such as ``topics/matters.tsv``.
        counts: How many columns an entry may have.

    Raises:
        ArtifactError: If the file is not there, or an entry has another number of columns.
    """
    entries = []
    for line in read_word_list(relative):
        columns = line.split("\t")
        if len(columns) not in counts:
            expected = " 或 ".join(map(str, counts))
            raise ArtifactError(
                f"{relative} 有一行是 {len(columns)} 列，应为 {expected} 列：{line[:40]}",
                hint="用制表符分列",
            )
        entries.append(columns)
    return entries


def read_tables(relative: str) -> dict[str, Any]:
    """Read a corpus file of TOML.

    Args:
        relative: Path below ``corpora/``, such as ``lexicons/signals.toml``.

    Raises:
        ArtifactError: If the file is not there, or is not TOML.
    """
    path = corpora_dir() / relative
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArtifactError(f"找不到词表 {path}", hint="重新安装 feedback-nlp") from error
    except tomllib.TOMLDecodeError as error:
        raise ArtifactError(
            f"词表 {path} 不是有效的 TOML：{error}", hint="重新安装 feedback-nlp"
        ) from error
