"""A real standalone cluster on loopback: a master, two workers, drivers as processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_DEADLINE = 240.0  # seconds for anything: a busy machine is slow, a hung one must not hang us


class Cluster:
    """Starts drivers on a cluster and looks for its executors."""

    def __init__(self, home: Path, master: str, folder: Path) -> None:
        self._home, self._master, self._folder = home, master, folder

    def start(
        self, arguments: Sequence[str], *, master: str | None = None
    ) -> subprocess.Popen[str]:
        """Start a driver: Python with ``arguments``."""
        conf = {
            "spark.executor.memory": "1g",
            "spark.driver.memory": "1g",
            "spark.executor.cores": "1",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "4",
            "spark.sql.files.maxPartitionBytes": "1m",
        }
        flags = " ".join(f"--conf {name}={value}" for name, value in conf.items())
        submit = f"--master {master or self._master} {flags} pyspark-shell"
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self._folder,
            env=_environment(self._home) | {"PYSPARK_SUBMIT_ARGS": submit},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that a kill takes its JVM along
        )

    def run(self, arguments: Sequence[str], *, master: str | None = None) -> tuple[int, str, str]:
        """Run a driver to its end: exit code, standard output, standard error."""
        driver = self.start(arguments, master=master)
        try:
            out, said = driver.communicate(timeout=_DEADLINE)
        except subprocess.TimeoutExpired:
            kill(driver)
            raise
        return driver.returncode, out, said

    @staticmethod
    def executors() -> list[int]:
        """Return the process ids of running executors."""
        return [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if b"CoarseGrainedExecutorBackend" in _read(path)
        ]


def wait_for(path: Path, process: subprocess.Popen[Any]) -> None:
    """Wait until a file is there, or fail with what the process said."""
    end = time.monotonic() + _DEADLINE
    while not path.exists():
        if process.poll() is not None or time.monotonic() > end:
            kill(process)
            raise AssertionError(process.communicate()[1][-4_000:])
        time.sleep(0.02)


def kill(process: subprocess.Popen[Any]) -> None:
    """Kill a driver and its JVM as a machine that loses power would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()  # closes its pipes


@contextmanager
def started(folder: Path) -> Iterator[Cluster]:
    """Run a master and two workers of one core each for as long as the block takes."""
    import pyspark

    home = Path(pyspark.__file__).parent
    port = _free_port()
    of_master = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"]
    of_worker = ["--host", "127.0.0.1", "--cores", "1", "--memory", "1500m", "--webui-port", "0"]
    url = f"spark://127.0.0.1:{port}"
    deploy = "org.apache.spark.deploy"
    running = [_daemon(home, folder, "master", f"{deploy}.master.Master", of_master)]
    try:
        _wait_for_port(port, running[0])
        running += [
            _daemon(home, folder, name, f"{deploy}.worker.Worker", [*of_worker, url])
            for name in ("worker-1", "worker-2")
        ]
        yield Cluster(home, url, folder)
    finally:
        for process in running:
            kill(process)
        for pid in Cluster.executors():
            os.kill(pid, signal.SIGKILL)


def java_is_there() -> bool:
    """Whether a Java runtime can be found."""
    return bool(os.environ.get("JAVA_HOME") or shutil.which("java"))


def _daemon(
    home: Path, folder: Path, name: str, of: str, arguments: list[str]
) -> subprocess.Popen[Any]:
    work = folder / name
    work.mkdir()
    if "worker" in name:
        arguments = ["--work-dir", str(work), *arguments]
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [str(home / "bin" / "spark-class"), of, *arguments],
            env=_environment(home),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FEEDBACK_")}
    return kept | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_DAEMON_MEMORY": "256m",
        "OMP_NUM_THREADS": "1",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for_port(port: int, process: subprocess.Popen[Any]) -> None:
    end = time.monotonic() + _DEADLINE
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the master did not start")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
