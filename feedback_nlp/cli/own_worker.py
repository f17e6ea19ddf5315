"""The worker that ``serve`` runs beside itself, in a process of its own.

An analysis takes a core for minutes; in the service's process it would take it from those who
wait for an answer.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from feedback_nlp.cli.terminal import err

_COMMAND = "from feedback_nlp.cli import main; main()"
_AGAIN_AFTER_SECONDS = 5.0
_GRACE_SECONDS = 10.0


@contextmanager
def own_worker(database_url: str) -> Iterator[None]:
    """Run a worker for as long as the block takes; one that dies is started again.

    Args:
        database_url: With its password, so it travels in the environment and not in the
            arguments, which everybody on the machine may read.
    """
    stopping = threading.Event()
    keeper = threading.Thread(
        target=_keep, args=(database_url, stopping), name="worker-keeper", daemon=True
    )
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def _keep(database_url: str, stopping: threading.Event) -> None:
    while not stopping.is_set():
        process = _start(database_url)
        while process.poll() is None and not stopping.wait(0.2):
            pass
        if process.poll() is None:
            _end(process)
        elif not stopping.is_set():
            err.print(
                f"worker 停了（退出码 {process.returncode}），{_AGAIN_AFTER_SECONDS:.0f} 秒后再启动。"
            )
            stopping.wait(_AGAIN_AFTER_SECONDS)


def _start(database_url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _COMMAND, "worker", "--parent", str(os.getpid())],
        env={**os.environ, "FEEDBACK_DATABASE_URL": database_url},
        stdin=subprocess.DEVNULL,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()  # it hands back what it was doing
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
