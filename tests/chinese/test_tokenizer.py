from feedback_nlp.chinese import Tokenizer, default_tokenizer
from feedback_nlp.chinese.tokenizer import DictionaryWord, read_dictionary


def test_keeps_the_words_of_feedback_whole() -> None:
    words = default_tokenizer().cut("这个小程序真难用，验证码收不到")
    assert {"小程序", "难用", "验证码", "收不到"} <= set(words)


def test_every_dictionary_word_is_cut_whole() -> None:
    tokenizer = default_tokenizer()
    cut_apart = [
        entry.word for entry in read_dictionary() if tokenizer.cut(entry.word) != [entry.word]
    ]
    assert cut_apart == []


def test_words_joined_give_the_text_back() -> None:
    text = "APP 2.0更新后，摄像头掉线！！\n😡"
    assert "".join(default_tokenizer().cut(text)) == text


def test_an_added_word_belongs_to_that_tokenizer_only() -> None:
    tokenizer = Tokenizer([DictionaryWord("丽发新城搅拌站", "n")])
    assert "丽发新城搅拌站" in tokenizer.cut("丽发新城搅拌站噪音扰民")
    assert "丽发新城搅拌站" not in default_tokenizer().cut("丽发新城搅拌站噪音扰民")


def test_tags_carry_parts_of_speech() -> None:
    assert ("闪退", "v") in default_tokenizer().tag("老是闪退")


def test_lone_surrogates_do_not_fail() -> None:
    assert default_tokenizer().cut("好\ud800用") == ["好", "\ufffd", "用"]
    assert [word for word, _ in default_tokenizer().tag("好\ud800用")] == ["好", "\ufffd", "用"]
