from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from unittest.mock import patch

import pytest

from feedback_api.awaiting import Awaiter


def set_results(numbered: Iterable[tuple[int, Future[int]]]) -> None:
    for number, future in numbered:
        future.set_result(number)


def test_each_gets_its_own_result_and_a_group_wakes_the_loop_less_often() -> None:
    async def main() -> tuple[list[int], int]:
        awaiter, loop = Awaiter(), asyncio.get_running_loop()
        futures: list[Future[int]] = [Future() for _ in range(200)]
        asked = [asyncio.ensure_future(awaiter.result(future)) for future in futures]
        await asyncio.sleep(0)  # all of them wait
        with patch.object(
            loop, "call_soon_threadsafe", side_effect=loop.call_soon_threadsafe
        ) as calls:
            finish(futures)  # while the loop stands still, as it does while it answers others
            return await asyncio.gather(*asked), calls.call_count

    def finish(futures: list[Future[int]]) -> None:
        thread = threading.Thread(target=set_results, args=[enumerate(futures)])
        thread.start()
        thread.join()

    assert asyncio.run(main()) == (list(range(200)), 1)


def test_threads_that_finish_side_by_side_forget_nobody() -> None:
    async def main() -> list[int]:
        awaiter = Awaiter()
        futures: list[Future[int]] = [Future() for _ in range(1_000)]
        asked = [asyncio.ensure_future(awaiter.result(future)) for future in futures]
        threads = [
            threading.Thread(target=set_results, args=[list(enumerate(futures))[first::4]])
            for first in range(4)
        ]
        for thread in threads:
            thread.start()
        try:
            return await asyncio.wait_for(asyncio.gather(*asked), 20)
        finally:
            for thread in threads:
                thread.join()

    assert asyncio.run(main()) == list(range(1_000))


def test_errors_arrive_and_who_went_away_is_left_alone() -> None:
    async def main() -> None:
        awaiter = Awaiter()
        failed: Future[int] = Future()
        failed.set_exception(ValueError("不行"))
        with pytest.raises(ValueError, match="不行"):
            await awaiter.result(failed)
        late: Future[int] = Future()
        gone = asyncio.ensure_future(awaiter.result(late))
        await asyncio.sleep(0)
        gone.cancel()
        late.set_result(1)
        done: Future[int] = Future()
        done.set_result(2)
        assert await awaiter.result(done) == 2
        assert gone.cancelled()
        assert late.result() == 1

    asyncio.run(main())


def test_another_loop_may_ask_later() -> None:
    awaiter = Awaiter()

    async def main(number: int) -> int:
        future: Future[int] = Future()
        asyncio.get_running_loop().call_later(0.01, future.set_result, number)
        return await awaiter.result(future)

    assert [asyncio.run(main(number)) for number in (1, 2)] == [1, 2]
