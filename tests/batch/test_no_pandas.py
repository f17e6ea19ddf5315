"""Commands that write Parquet do without pandas; what follows in the process has it."""

from __future__ import annotations

import subprocess
import sys

_COMMAND = """
import sys
from pathlib import Path
from feedback_nlp.cli import main
sys.argv = ["feedback-nlp", "classify", "in.txt", "-o", "out.parquet", "--workers", "1"]
try:
    main()
except SystemExit:
    pass
print(Path("out.parquet").exists(), "pandas" in sys.modules)
import pyarrow
print(pyarrow.table({"a": [1]}).to_pandas()["a"].tolist())
"""


def test_parquet_is_written_without_pandas(tmp_path):
    (tmp_path / "in.txt").write_text("打开就闪退\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND],
        check=True,
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
    )
    assert done.stdout.split("\n")[:2] == ["True False", "[1]"]
