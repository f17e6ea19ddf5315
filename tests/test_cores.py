"""How many cores work is spread over."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from feedback_nlp.cores import cores


def test_a_process_of_a_pool_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert cores() == 7
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        assert pool.submit(cores).result() == 1


@pytest.mark.parametrize("nonsense", ["", "0", "viele", "4,2"])
def test_what_is_no_number_is_not_obeyed(nonsense: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    usual = cores()
    assert usual >= 1
    monkeypatch.setenv("OMP_NUM_THREADS", nonsense)
    assert cores() == usual
