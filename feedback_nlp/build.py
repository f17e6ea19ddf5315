"""Which code this is: the version of the package, and a digest of what is installed."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from feedback_nlp import __version__

_PACKAGE = Path(__file__).parent
_DIGEST_BYTES = 6


@cache
def code_version() -> str:
    """Return ``0.1.0+a1b2c3d4e5f6``: the digest differs as soon as one module does.

    It needs no repository: a wheel, an image and a checkout of the same code say the same.
    """
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    modules = {path.relative_to(_PACKAGE).as_posix(): path for path in _PACKAGE.rglob("*.py")}
    for name, path in sorted(modules.items()):
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.blake2b(path.read_bytes()).digest())
    return f"{__version__}+{digest.hexdigest()}"
