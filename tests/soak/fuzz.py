"""Requests made from the service's own document: no 5xx, and the document is as strict as the code.

Six invented weeks are served on loopback and schemathesis (MIT) asks for everything that the
OpenAPI document allows, and for what it forbids. It runs as a tool of its own, so that the
project does not depend on it.

    python -m tests.soak.fuzz --tool st --examples 130 -o docs/benchmarks/fuzz.json
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from feedback_nlp.config import load_config
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store import Database
from tests.benchmarks.hardware import hardware
from tests.benchmarks.posting import served
from tests.week.six_weeks import NOW, ZONE, six_weeks

_WITH_HOOKS = {**os.environ, "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("fuzz_hooks.py"))}
_NO_LIMITS = {
    "FEEDBACK_RATE_PER_MINUTE": "10000000",
    "FEEDBACK_GUEST_RATE_PER_MINUTE": "10000000",
}


def fill(url: str) -> None:
    """Migrate an empty database and fill it with topics, feedback and requests."""
    database = Database(url)
    database.migrate()
    database.dispose()
    with six_weeks(url) as (filled, _build), filled.write() as session:
        sync_requests(session, load_config().rank, zone=ZONE, now=NOW)
        if not filled.is_sqlite:  # rows came with numbers of their own
            for table in ("feedback", "unit"):
                last = f"SELECT max(id) FROM {table}"
                session.connection().exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), ({last}))"
                )


def fuzz(url: str, tool: list[str], *, examples: int, seconds: int, seed: int) -> dict[str, Any]:
    """Return what the tool found in the service over a database."""
    fill(url)
    with tempfile.TemporaryDirectory() as folder, served(url, _NO_LIMITS) as (port, _pid):
        report = Path(folder) / "report.json"
        wanted = ["run", f"http://127.0.0.1:{port}/openapi.json", "-n", str(examples)]
        shown = ["--report", "json", "--report-json-path", str(report)]
        bounds = ["--continue-on-failure", "--no-shrink", "--max-time", str(seconds)]
        subprocess.run(
            [*tool, *wanted, *bounds, "--seed", str(seed), *shown],
            cwd=folder,
            check=False,
            env=_WITH_HOOKS,
        )
        found = json.loads(report.read_text(encoding="utf-8"))
        lives = _answers(port)
    return {
        "database": "sqlite" if url.startswith("sqlite") else "postgresql",
        "tool": f"schemathesis {found['schemathesis_version']}",
        "seed": seed,
        "operations": found["operations"]["tested"],
        "requests": found["test_cases"]["generated"],
        "lives_at_the_end": lives,
        "answered_5xx": [
            one["operations"] for one in found["failures"] if one["type"] == "ServerError"
        ],
        "findings": [{name: one[name] for name in _SHOWN} for one in found["failures"]],
        "hardware": hardware(),
    }


def _answers(port: int) -> bool:
    """Tell whether the service still answers: what ends the process is no answer to count."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


_SHOWN = ("type", "title", "count", "operations")


def main() -> None:
    """Run the trial and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", type=shlex.split, required=True, help="how schemathesis is run")
    parser.add_argument("--examples", type=int, default=130)
    parser.add_argument("--seconds", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--database", help="an empty database; a new SQLite file by default")
    parser.add_argument("-o", "--output", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.database or f"sqlite:///{folder}/fuzz.db"
        figures = fuzz(
            url, asked.tool, examples=asked.examples, seconds=asked.seconds, seed=asked.seed
        )
    text = json.dumps(figures, ensure_ascii=False, indent=1) + "\n"
    if asked.output:
        asked.output.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    sys.exit(bool(figures["answered_5xx"]) or not figures["lives_at_the_end"])


if __name__ == "__main__":
    main()
