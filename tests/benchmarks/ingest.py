"""``make bench-ingest``: rows a CPU second from a file into a fresh SQLite database.

50,000 rows of the demo's posts (twelve kinds of trade talk, a tenth with personal data added),
as five files of other tools: CSV, a wide survey, JSON lines, a nested JSON list, a chat with
roles. CPU seconds of the whole command, children and start included, so that other work on the
machine matters little. The best of six, a pause before each, beside a plain loop before and after,
for the same machine is up to four times slower while others use it; where it may, the run asks
for a higher priority, so that fewer others stand between its instructions and the caches. Python keeps what it compiles, as
it does for everybody who starts the command twice: the first run compiles it.

With ``--against FOLDER``, an older checkout of this repository, both run in turn with the same
Python, and the ratio of their best is told: seconds of two machines say little of two programs.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from feedback_nlp.demo.plan import Plan
from feedback_nlp.demo.posts import Newsroom
from tests.benchmarks.hardware import hardware

ROWS, ROUNDS, PAUSE = 50_000, 6, 2.0
ADDED = (
    "，回我13800001111",
    "，订单号2603118877665544",
    " 微信xiaoyu_0912",
    "，发到lin2020@example.com",
)
ROOT = Path(__file__).resolve().parents[2]
COMMAND = ("-c", "from feedback_nlp.cli import main; main()")


def make_files(folder: Path) -> list[Path]:
    """Write the five files and return them."""
    posts = [post.text for post in Newsroom(Plan.shipped(), 0).posts()]
    said = [
        posts[n % len(posts)] + (ADDED[n // 10 % len(ADDED)] if n % 10 == 0 else "")
        for n in range(ROWS)
    ]
    size = ROWS // 5
    parts = [said[start : start + size] for start in range(0, ROWS, size)]
    time = [f"2026-0{n % 9 + 1}-{n % 28 + 1:02} {n % 24:02}:{n % 60:02}:00" for n in range(size)]
    rows: list[list[Any]] = [
        [n, text, n % 5 + 1, time[n], f"用户{n}", "上海"] for n, text in enumerate(parts[0])
    ]
    _write_csv(
        folder / "a.csv", ["评论ID", "评论内容", "评分", "评论时间", "用户昵称", "IP属地"], rows
    )
    rows = [
        [n, time[n], "88秒", "微信", "N/A", "1.2.3.4(广东-深圳)", "满意", text, "13800001111"]
        for n, text in enumerate(parts[1])
    ]
    head = [
        "序号",
        "提交答卷时间",
        "所用时间",
        "来源",
        "来源详情",
        "来自IP",
        "1、满意吗？",
        "2、有什么建议？",
        "3、您的手机号",
    ]
    _write_csv(folder / "b.csv", head, rows)
    lines = [
        {"reviewId": f"r{n}", "userName": f"u{n}", "content": text, "score": n % 5 + 1, "at": time[n], "thumbsUpCount": n % 9, "appVersion": "3.1"}
        for n, text in enumerate(parts[2])
    ]  # fmt: skip
    with (folder / "c.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    nested = [
        {"id": f"d{n}", "text": text, "created_at": time[n], "user": {"id": n, "nickname": f"u{n}"}, "reply": {"text": "您好"}}
        for n, text in enumerate(parts[3])
    ]  # fmt: skip
    (folder / "d.json").write_text(json.dumps({"comments": nested}, ensure_ascii=False), "utf-8")
    rows = [
        [f"S{n // 4}", time[n // 4], "客服" if n % 4 == 0 else "访客", "文本", text]
        for n, text in enumerate(parts[4])
    ]
    _write_csv(folder / "e.csv", ["会话ID", "发送时间", "发送方", "消息类型", "消息内容"], rows)
    return sorted(folder.iterdir())


def _write_csv(path: Path, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([head, *rows])


def cpu_seconds(files: Sequence[Path], database: Path, checkout: Path = ROOT) -> float:
    """Import the files by the command of a checkout and return its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *COMMAND, "ingest", "--source", "bench", "--json", "--db", f"sqlite:///{database}", *map(str, files)],
        check=True,
        capture_output=True,
        text=True,
        env=_environment(database.parent, checkout),
        cwd=database.parent,
    )  # fmt: skip
    assert sum(batch["read"] for batch in json.loads(done.stdout)["batches"]) == ROWS
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _environment(folder: Path, checkout: Path) -> dict[str, str]:
    """Return that of the benchmark, with compiled modules kept in ``folder``."""
    path = os.pathsep.join([str(checkout.resolve()), *filter(None, [os.environ.get("PYTHONPATH")])])
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **own,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": path,
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
    }


def yardstick() -> float:
    """Return CPU seconds of a plain loop, by which figures of different machines compare."""
    start = time.process_time()
    sum(number * number for number in range(5_000_000))
    return time.process_time() - start


def _ask_for_priority() -> bool:
    """Ask for more priority than others have, and return whether it was given."""
    try:
        os.nice(-15)
    except OSError:
        return False
    return True


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--against", type=Path, help="an older checkout, run in turn")
    options = parser.parse_args()
    is_preferred = _ask_for_priority()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "files").mkdir()
        files = make_files(folder / "files")
        loops = [yardstick()]
        seconds, older = [], []
        for number in range(ROUNDS):
            time.sleep(PAUSE)
            seconds.append(cpu_seconds(files, folder / f"{number}.db"))
            loops.append(yardstick())
            if options.against:
                older.append(cpu_seconds(files, folder / f"older-{number}.db", options.against))
    report: dict[str, Any] = {
        "what": "ingest: rows a CPU second, five files of 10,000 rows into a fresh SQLite database",
        "machine": hardware(),
        "rows": ROWS,
        "cpu_seconds": [round(value, 2) for value in seconds],
        "higher_priority": is_preferred,
        "plain_loop_seconds": [round(value, 3) for value in loops],
        "rows_per_cpu_second": round(ROWS / min(seconds)),
    }
    if older:
        report["older"] = {
            "checkout": options.against.name,
            "cpu_seconds": [round(value, 2) for value in older],
            "older_by_present": round(min(older) / min(seconds), 2),
        }
    text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
