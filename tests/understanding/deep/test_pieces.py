"""Pieces stand for the characters they say, whatever the text."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_nlp.understanding.deep.encoder import windows
from feedback_nlp.understanding.deep.pieces import Piece, UnigramPieces

LETTERS = ["", "\u2581", "很", "快", "很快", ",", "\u2581很", "a", "b", "ab"]
SCORES = [0.0, -2.0, -3.0, -3.0, -4.0, -1.0, -6.0, -3.0, -3.0, -4.0]
PIECES = UnigramPieces(LETTERS, SCORES, 0, {"，": ",", "ａ": "a", "㏒": "ab"})


def test_the_likeliest_cut_wins_and_widths_are_one() -> None:
    # ▁ + 很快 (−6) beats ▁很 + 快 (−9); the full-width comma is normalised; 慢 is unknown.
    assert PIECES.cut("很快，慢") == [
        Piece(1, 0, 1), Piece(4, 0, 2), Piece(5, 2, 3), Piece(0, 3, 4),
    ]  # fmt: skip


def test_one_character_may_be_written_as_several() -> None:
    assert PIECES.cut("㏒")[-1] == Piece(9, 0, 1)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("很快慢，aｂ㏒ \n\t😀\ud800")))
def test_every_visible_character_lies_in_a_piece_in_order(text: str) -> None:
    pieces = PIECES.cut(text)
    covered = {place for piece in pieces for place in range(piece.start, piece.end)}
    assert {place for place, letter in enumerate(text) if not letter.isspace()} <= covered
    assert [piece.start for piece in pieces] == sorted(piece.start for piece in pieces)
    assert all(0 <= piece.start < piece.end <= max(1, len(text)) for piece in pieces)


def test_long_texts_are_read_in_windows_cut_after_a_sentence() -> None:
    text = "很快很快很快很快。" * 60
    pieces = [Piece(2, place, place + 1) for place in range(len(text))]
    found = windows(text, pieces)
    assert found[0][0] == 0
    assert found[-1][1] == len(pieces)
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert all(0 < end - begin <= 126 for begin, end in found)
    assert all(text[end - 1] == "。" for _, end in found)


def test_a_text_without_sentences_is_cut_all_the_same() -> None:
    pieces = [Piece(2, place, place + 1) for place in range(1_000)]
    assert windows("很" * 1_000, pieces)[0] == (0, 126)
