"""One stage of fine-tuning: a pass over rows, all labels at once."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from feedback_nlp.training.deep.network import END, FEELING, INTENT, Network
from feedback_nlp.training.deep.rows import Row, batches

_SMOOTHING = 0.02
_HEAD_RATE = 8.0  # times the rate of the body
_WARM_UP = 0.06  # share of the steps in which the rate rises; it falls to 2 % afterwards
_SIGN_ALSO_LABEL = 0.15  # weight of the label where a source only knows good and bad
_ENDS_WEIGHT = 0.6
# Rare classes count for more, by less than their rarity.
_LABELS = torch.tensor([1.0, 1.6, 1.0, 1.6])
_FEELINGS = torch.tensor([1.0, 1.4, 1.0])
_INTENTS = torch.tensor([1.3, 1.5, 1.0, 1.5, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class Padded:
    """Rows side by side: ids of shape (n, length) with begin, end and padding, and what is real."""

    ids: torch.Tensor
    present: torch.Tensor


@dataclass(frozen=True, slots=True)
class Special:
    """Rows of the begin, end and padding pieces, and of every id: ``row_of[id]``."""

    begin: int
    end: int
    padding: int
    row_of: np.ndarray

    def pad(self, rows: Sequence[np.ndarray]) -> Padded:
        """Return rows of ids as one array."""
        length = max(map(len, rows)) + 2
        ids = np.full((len(rows), length), self.padding, np.int64)
        for line, pieces in zip(ids, rows, strict=True):
            line[0], line[1 + len(pieces)] = self.begin, self.end
            line[1 : 1 + len(pieces)] = self.row_of[pieces]
        array = torch.from_numpy(ids)
        return Padded(array, array != self.padding)


def learn(
    network: Network,
    rows: Sequence[Row],
    special: Special,
    *,
    rate: float,
    batch_size: int,
    draw: random.Random,
) -> None:
    """Take one pass over ``rows``; the network is trained in place."""
    steps = batches(rows, batch_size, draw)
    heads = [*network.text_head.parameters(), *network.piece_head.parameters()]
    known = {id(parameter) for parameter in heads}
    body = [p for p in network.parameters() if id(p) not in known]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": rate}, {"params": heads, "lr": rate * _HEAD_RATE}],
        weight_decay=0.01,
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: (
            min(1.0, (step + 1) / max(1.0, len(steps) * _WARM_UP))
            * max(0.02, 1 - step / len(steps))
        ),
    )
    network.train()
    for step, batch in enumerate(steps):
        padded = special.pad([row.pieces for row in batch])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = network(padded.ids, padded.present)
            weight = padded.present[:, :, None].to(states.dtype)
            of_texts = network.text_head((states * weight).sum(1) / weight.sum(1)).float()
            of_pieces = network.piece_head(states).float()
        loss = _text_loss(of_texts, batch) + _unit_loss(of_pieces, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        if step % 100 == 0:
            print(f"{step}/{len(steps)} loss {loss.item():.3f}", file=sys.stderr, flush=True)


def _text_loss(logits: torch.Tensor, batch: Sequence[Row]) -> torch.Tensor:
    """Good against bad, three feelings, or four: what each source knows."""
    labels = torch.tensor([row.label for row in batch])
    weights = torch.tensor([row.weight for row in batch])
    binary = torch.tensor([row.is_binary for row in batch])
    mixes = torch.tensor([row.can_mix for row in batch])
    losses = torch.zeros(len(batch))
    if binary.any():
        said = logits[binary]
        is_good = (labels[binary] == 2).float() * 0.96 + 0.02
        sign = functional.binary_cross_entropy_with_logits(
            said[:, 2] - said[:, 0], is_good, reduction="none"
        )
        losses[binary] = sign + _SIGN_ALSO_LABEL * _entropy(said, labels[binary])
    for chosen, classes in ((~binary & ~mixes, 3), (~binary & mixes, 4)):
        if chosen.any():
            losses[chosen] = _entropy(
                logits[chosen][:, :classes], labels[chosen], _LABELS[:classes]
            )
    return (losses * weights).sum() / len(batch)


def _unit_loss(logits: torch.Tensor, batch: Sequence[Row]) -> torch.Tensor:
    """What each annotated unit feels and is for, and where it ends."""
    units, felt, wanted, weights = [], [], [], []
    ends, is_end = [], []
    for said, row in zip(logits, batch, strict=True):
        of_row = said[1 : 1 + len(row.pieces)]
        for unit in row.units:
            units.append(of_row[unit.first : unit.last].mean(0))
            felt.append(unit.sentiment)
            wanted.append(unit.intent)
            weights.append(row.weight)
        if row.has_ends and len(row.pieces) > 2:
            truth = torch.zeros(len(row.pieces) - 1)
            inner = [unit.last - 1 for unit in row.units[:-1] if unit.last < len(row.pieces)]
            truth[inner] = 1
            ends.append(of_row[:-1, END].squeeze(1))
            is_end.append(truth)
    loss = torch.zeros(())
    if units:
        said = torch.stack(units)
        losses = _entropy(said[:, FEELING], torch.tensor(felt), _FEELINGS)
        losses = losses + _entropy(said[:, INTENT], torch.tensor(wanted), _INTENTS)
        loss = loss + (losses * torch.tensor(weights)).sum() / len(batch)
    if ends:
        loss = loss + _ENDS_WEIGHT * functional.binary_cross_entropy_with_logits(
            torch.cat(ends), torch.cat(is_end), reduction="sum"
        ) / len(batch)
    return loss


def _entropy(
    logits: torch.Tensor, labels: torch.Tensor, weight: torch.Tensor | None = None
) -> torch.Tensor:
    return functional.cross_entropy(
        logits, labels, weight, reduction="none", label_smoothing=_SMOOTHING
    )
