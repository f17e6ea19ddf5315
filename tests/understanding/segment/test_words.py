import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feedback_nlp.chinese.fold import code_points
from feedback_nlp.understanding.segment.cues import load_cues
from feedback_nlp.understanding.segment.words import WordFinder

alphabet = st.sampled_from("好不用卡bug ")
words = st.lists(st.text(alphabet, min_size=1, max_size=5), unique=True, max_size=12)


def found(finder_words: list[str], text: str) -> list[tuple[str, int]]:
    word, start, end = WordFinder(finder_words).find(code_points(text))
    for index, begin, finish in zip(word.tolist(), start.tolist(), end.tolist(), strict=True):
        assert text[begin:finish] == finder_words[index]
    return [(finder_words[i], b) for i, b in zip(word.tolist(), start.tolist(), strict=True)]


def expected(finder_words: list[str], text: str) -> list[tuple[str, int]]:
    """The definition, one character at a time."""
    matches = []
    reach = 0
    for start in range(len(text)):
        here = [word for word in finder_words if text.startswith(word, start)]
        if here:
            longest = max(here, key=len)
            if start + len(longest) > reach:
                matches.append((longest, start))
                reach = start + len(longest)
    return matches


@given(words, st.text(alphabet, max_size=40))
def test_finds_the_longest_words_that_are_not_inside_another(chosen: list[str], text: str) -> None:
    assert found(chosen, text) == expected(chosen, text)


def test_a_longer_word_shields_a_shorter_one() -> None:
    assert found(["好用", "不好用"], "不好用，好用") == [("不好用", 0), ("好用", 4)]


def test_a_word_inherits_what_its_beginning_opens() -> None:
    cues = load_cues()
    matches = cues.find(code_points("要是能再便宜点"))
    bit = 1 << cues.opening_names.index("wish_opening")
    assert matches.start[0] == 0
    assert matches.opening[0] & bit


def test_nothing_is_found_in_nothing() -> None:
    word, start, end = WordFinder(["好"]).find(np.zeros(0, dtype=np.uint32))
    assert word.size == start.size == end.size == 0
