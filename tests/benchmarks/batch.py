"""Bulk: rows a second by workers and format, growth, memory, and runs killed at random.

Run ``make bench-batch``, or ``python -m tests.benchmarks.batch -o docs/benchmarks/batch.json``
with ``--rows`` and ``--kills``. The texts are made here; no other data is needed. Wall clock
suffers from whatever else the machine does, so the load is written beside each figure, and
CPU seconds with it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

COMMAND = [sys.executable, "-c", "from feedback_nlp.cli import main; main()", "classify"]
OPENINGS = (
    "更新之后",
    "昨天",
    "在店里",
    "说实话",
    "第三次了，",
    "老师",
    "房间",
    "车机",
    "这一关",
    "客服",
)
POINTS = (
    "一直闪退", "等了四十分钟", "早餐很丰盛", "讲得很清楚", "隔音太差", "屏幕偶尔黑一下", "难度不合理",
    "退款还没到账", "态度特别好", "希望能加夜间模式", "怎么注销账号？", "菜凉了", "物流很快", "油耗比说的高",
    "手续费没有提前说", "要是能导出就更好了", "剧情很用心", "停车不方便", "验证码收不到", "性价比不错",
)  # fmt: skip
# Adding up a process's pages takes 3 ms of CPU and holds it up: done at every look, it cost the
# runs of two workers an eighth of their time.
_LOOKS_A_WEIGHING = 20
JOINTS = ("，", "。", "，但是", "！", "，而且")


def review(number: int) -> dict[str, Any]:
    """One invented review: one to four points, the same for the same number."""
    dice = random.Random(number)
    points = dice.choices(POINTS, k=dice.choice((1, 2, 2, 3, 4)))
    text = dice.choice(OPENINGS) + dice.choice(JOINTS).join(points)
    return {"id": number, "text": text, "star": dice.randint(1, 5), "shop": f"店{number % 37}"}


def write_input(path: Path, rows: int) -> None:
    """Write reviews as JSON lines, or as Parquet."""
    reviews: Iterator[dict[str, Any]] = map(review, range(rows))
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(list(reviews)), path)
        return
    with path.open("w", encoding="utf-8") as file:
        for one in reviews:
            file.write(json.dumps(one, ensure_ascii=False) + "\n")


def measure(source: Path, target: Path, rows: int, workers: int) -> dict[str, Any]:
    """Run one classification and return what it took."""
    load, started = os.getloadavg()[0], time.monotonic()
    arguments = [source, "-o", target, "--workers", str(workers)]
    process = subprocess.Popen([*COMMAND, *map(str, arguments)], stderr=subprocess.DEVNULL)
    peak = 0
    cpu: dict[int, float] = {}
    looks = 0
    while process.poll() is None:
        family = [process.pid, *_children(process.pid)]
        if looks % _LOOKS_A_WEIGHING == 0:
            peak = max(peak, sum(map(_resident, family)))
        cpu.update((pid, seconds) for pid in family if (seconds := _cpu(pid)))
        looks += 1
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"classify ended with {process.returncode}")
    seconds = time.monotonic() - started
    parent = cpu.pop(process.pid)
    return {
        "rows": rows,
        "format": source.suffix,
        "workers": workers,
        "wall_seconds": round(seconds, 2),
        "parent_cpu_seconds": round(parent, 2),
        "others_cpu_seconds": round(sum(cpu.values()), 2),
        "longest_cpu_seconds": round(max([parent, *cpu.values()]), 2),
        "rows_per_second": round(rows / seconds),
        "peak_mb_all_processes": round(peak / 1024),
        "load_average_before": round(load, 2),
    }


def _cpu(pid: int) -> float:
    """CPU seconds of a process itself: workers are not the children of the command."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        found = [int(child) for child in path.read_text().split()]
    except OSError:
        return []
    return found + [below for child in found for below in _children(child)]


def _resident(pid: int) -> int:
    """Kilobytes of a process that no other shares: workers are copies of one another."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def killed_runs(folder: Path, rows: int, kills: int) -> dict[str, Any]:
    """Kill a resumable run of two workers at random moments until it gets through."""
    source, target, whole = (folder / name for name in ("k.jsonl", "killed.jsonl", "whole.jsonl"))
    write_input(source, rows)
    seconds = measure(source, whole, rows, 2)["wall_seconds"]
    arguments = [source, "-o", target, "--workers", "2", "--resume"]
    dice = random.Random(14)
    done, lost, at_start = 0, 0, 0
    parts = folder / "killed.jsonl.parts"
    while done < kills:
        kept = len(list(parts.glob("*.json")))
        process = subprocess.Popen([*COMMAND, *map(str, arguments)], stderr=subprocess.DEVNULL)
        try:
            process.wait(dice.uniform(0.3, 1.0) * seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            done += 1
            now = len(list(parts.glob("*.json")))
            lost += now < kept
            at_start += now == kept
            continue
        if target.read_bytes() != whole.read_bytes():
            raise SystemExit("a killed run came out different")
        target.unlink()
    subprocess.run([*COMMAND, *map(str, arguments)], check=True, stderr=subprocess.DEVNULL)
    return {
        "rows": rows,
        "kills": done,
        "kills_before_a_new_chunk_was_done": at_start,
        "kills_that_lost_a_finished_chunk": lost,
        "identical_bytes": target.read_bytes() == whole.read_bytes(),
        "folder_left_behind": parts.exists(),
    }


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    runs = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for suffix in (".jsonl", ".parquet"):
            source = folder / f"in{suffix}"
            write_input(source, arguments.rows)
            outputs = []
            for workers in (1, 2):
                target = folder / f"out{workers}{suffix}"
                runs.append(measure(source, target, arguments.rows, workers))
                outputs.append(target.read_bytes())
            runs[-1]["same_bytes_as_one_worker"] = outputs[0] == outputs[1]
        small = folder / "small.jsonl"
        write_input(small, arguments.rows // 10)
        runs.append(measure(small, folder / "small-out.jsonl", arguments.rows // 10, 2))
        killed = killed_runs(folder, arguments.rows // 2, arguments.kills)
    figures = {
        "command": f"make bench-batch ROWS={arguments.rows}",
        "machine": {"cores": os.cpu_count(), "cpu": platform.processor() or platform.machine()},
        "python": platform.python_version(),
        "runs": runs,
        "killed": killed,
    }
    text = json.dumps(figures, ensure_ascii=False, indent=1) + "\n"
    if arguments.output:
        arguments.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
