"""The sample in README.md: what ``make demo`` prints last. ``make readme`` writes it anew.

``tests/jobs/test_demo.py`` compares it with a run.
"""

from __future__ import annotations

import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from feedback_nlp.cli.report import print_top
from feedback_nlp.cli.terminal import out
from feedback_nlp.config import load_config
from feedback_nlp.jobs.demo import run_demo
from feedback_nlp.settings import Settings
from feedback_nlp.week.records import WeeklyDigest

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
README = Path(__file__).resolve().parents[1] / "README.md"
_WIDTH = 118
_BLOCK = re.compile(r"(?<=^```text\n)(本周要事.*?)(?=^```$)", re.MULTILINE | re.DOTALL)


def sample(digest: WeeklyDigest) -> str:
    """Return the Monday page as a wide terminal without colours shows it."""
    width, terminal = out.width, out._force_terminal
    out.width, out._force_terminal = _WIDTH, False
    try:
        with out.capture() as captured:
            print_top(digest)
    finally:
        out.width, out._force_terminal = width, terminal
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def written(readme: str) -> str:
    """Return the sample that a README holds."""
    found = _BLOCK.search(readme)
    assert found is not None, "README.md has no sample"
    return found[1]


def main() -> None:
    """Write the sample of a fresh run into README.md."""
    with tempfile.TemporaryDirectory() as folder:
        report = run_demo(Path(folder), load_config(), Settings(), now=lambda: NOW)
    text = README.read_text(encoding="utf-8")
    README.write_text(text.replace(written(text), sample(report.digest)), encoding="utf-8")
    sys.stdout.write(f"{README} 里的样例已更新\n")


if __name__ == "__main__":
    main()
