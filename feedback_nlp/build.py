"""Which code this is: the version of the package, and digests of what is installed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from feedback_nlp import __version__
from feedback_nlp.resources import corpora_dir

_PACKAGE = Path(__file__).parent
_DIGEST_BYTES = 6
_READING = ("understanding/", "chinese/", "clean/spam.py")
_READ_WITH = ("lexicons/", "emoji/", "spam/")


@cache
def code_version() -> str:
    """Return ``0.1.0+a1b2c3d4e5f6``: the digest differs as soon as one module does.

    It needs no repository: a wheel, an image and a checkout of the same code say the same.
    """
    return f"{__version__}+{_digest(_files(_PACKAGE, '*.py'))}"


@cache
def reader_version() -> str:
    """Return the same of what reads single feedback: its modules and its word lists.

    An upgrade that leaves these alone gives no reason to read anything again.
    """
    modules = {
        name: path for name, path in _files(_PACKAGE, "*.py").items() if name.startswith(_READING)
    }
    lists = {
        f"corpora/{name}": path
        for name, path in _files(corpora_dir(), "*.*").items()
        if name.startswith(_READ_WITH)
    }
    return f"{__version__}+{_digest({**modules, **lists})}"


def _files(folder: Path, pattern: str) -> dict[str, Path]:
    return {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob(pattern)
        if path.is_file()
    }


def _digest(files: Mapping[str, Path]) -> str:
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for name, path in sorted(files.items()):
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.blake2b(path.read_bytes()).digest())
    return digest.hexdigest()
