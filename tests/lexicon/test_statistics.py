from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from feedback_nlp.lexicon.statistics import MAX_SYMBOLS, frequent_runs, read_symbols

ALPHABET = "天地人和家国，"


@pytest.fixture
def passages() -> list[str]:
    chance = random.Random(3)
    return ["".join(chance.choices(ALPHABET, k=chance.randint(1, 30))) for _ in range(120)]


def entropy(neighbours: list[str]) -> float:
    counts = Counter(
        neighbour if neighbour.isalnum() else f"border {number}"
        for number, neighbour in enumerate(neighbours)
    )
    total = len(neighbours)
    return sum(-count / total * math.log2(count / total) for count in counts.values())


def test_figures_are_those_of_counting_by_hand(passages: list[str]) -> None:
    text = read_symbols(passages)
    joined = "\n".join(["", *passages, ""])
    total = sum(map(str.isalnum, joined))

    def places(word: str) -> list[int]:
        return [at for at in range(len(joined)) if joined.startswith(word, at)]

    seen = 0
    for runs in frequent_runs(text, 5):
        for run in range(0, len(runs.counts), 7):
            first = runs.places[runs.offsets[run]]
            word = text.folded[text.starts[first] : text.ends[first + runs.length - 1]]
            found = places(word)
            assert runs.counts[run] == len(found)
            cohesion = min(
                math.log2(len(found) * total / (len(places(word[:cut])) * len(places(word[cut:]))))
                for cut in range(1, len(word))
            )
            assert runs.cohesion[run] == pytest.approx(cohesion)
            assert runs.left[run] == pytest.approx(entropy([joined[at - 1] for at in found]))
            assert runs.right[run] == pytest.approx(
                entropy([joined[at + len(word)] for at in found])
            )
            seen += 1
    assert seen > 20


def test_every_frequent_run_is_found(passages: list[str]) -> None:
    text = read_symbols(passages)
    by_hand = Counter(
        passage[start : start + length]
        for passage in passages
        for length in range(2, MAX_SYMBOLS + 1)
        for start in range(len(passage) - length + 1)
        if passage[start : start + length].isalnum()
    )
    found = {
        text.folded[text.starts[first] : text.ends[first + runs.length - 1]]: int(count)
        for runs in frequent_runs(text, 8)
        for first, count in zip(runs.places[runs.offsets[:-1]], runs.counts, strict=True)
    }
    assert found == {word: count for word, count in by_hand.items() if count >= 8}


def test_letters_and_numbers_are_one_symbol_in_any_width() -> None:
    text = read_symbols(["红米Note5卡", "米家２.０好"])
    words = [
        text.raw[start:end]
        for start, end, symbol in zip(text.starts, text.ends, text.symbols, strict=True)
        if symbol >= 0
    ]
    assert words == ["红", "米", "Note5", "卡", "米", "家", "２.０", "好"]
    assert text.passages.tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("passages", [[], [""], ["，。！"], ["好"], ["a"]])
def test_nothing_to_count_gives_no_runs(passages: list[str]) -> None:
    assert list(frequent_runs(read_symbols(passages), 1)) == []
