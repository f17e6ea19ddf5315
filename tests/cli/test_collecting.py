import gc

import pytest

from feedback_nlp.cli.collecting import fewer_collections


def test_collections_are_as_frequent_as_before_once_it_is_over():
    before = gc.get_threshold()
    with pytest.raises(KeyError), fewer_collections():
        assert gc.isenabled()
        assert gc.get_threshold()[0] > 10 * before[0]
        raise KeyError
    assert gc.get_threshold() == before
