from __future__ import annotations

import numpy as np

from feedback_nlp.topics.lexical import count_ngrams, rare_ngrams

CLOSING = "盼有关单位早日给出回音"
PLACE = "青榆里"


def letters() -> list[str]:
    """Letters about one place, and letters about a hundred things that close alike."""
    about_place = [
        f"{PLACE}的第{n}号楼没有电梯。老人上下楼很吃力，{PLACE}的住户等了{n}年，希望尽快加装"
        for n in range(10)
    ]
    formal = [
        f"{''.join(chr(0x5000 + 40 * n + i) for i in range(30))}。{CLOSING}" for n in range(10)
    ]
    filler = [chr(0x6000 + 5 * n) * 2 + "一件小事，说说而已" for n in range(800)]
    return about_place + formal + filler


def weight_of(gram: str, texts: list[str]) -> float:
    bucket = count_ngrams([gram], orders=(len(gram),), bits=20).indices
    return float(np.asarray(rare_ngrams(texts).tocsc()[:, bucket].sum()))


def test_a_closing_formula_is_no_name() -> None:
    assert weight_of("青榆里", letters()) > 0
    assert weight_of("早日给出", letters()) == 0


def test_letters_that_only_close_alike_are_not_alike() -> None:
    rows = rare_ngrams(letters())
    alike = (rows @ rows.T).toarray()
    assert alike[:10, :10].mean() > 0.3
    assert (alike[10:20, 10:20] - np.diag(alike.diagonal()[10:20])).max() < 0.2


def test_a_phrase_that_some_letters_open_with_stays() -> None:
    opened = [f"{CLOSING}。{text}" if n < 4 else text for n, text in enumerate(letters()[:20])]
    assert weight_of("早日给出", opened + letters()[20:]) > 0
