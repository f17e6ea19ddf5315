from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from feedback_nlp.topics.clustering import GraphClustering, centroids_of, shared_names
from feedback_nlp.topics.directions import unit_rows
from feedback_nlp.topics.graph import (
    nearest_centroids,
    nearest_neighbours,
    neighbour_graph,
    sparse_neighbours,
)
from feedback_nlp.topics.leiden import communities, relabel


@pytest.fixture(scope="module")
def blobs() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    centres = random.standard_normal((5, 24))
    truth = np.repeat(np.arange(5), 40)
    rows = centres[truth] + 0.4 * random.standard_normal((200, 24))
    return unit_rows(rows.astype(np.float32)), truth


def same_partition(a: np.ndarray, b: np.ndarray) -> bool:
    return relabel(a).tolist() == relabel(b).tolist()


def test_finds_blobs_whatever_the_seed(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    rows, truth = blobs
    for seed in (1, 2, 3):
        fitted = GraphClustering(neighbours=10, resolution=1.0, runs=4, seed=seed).fit(rows)
        assert same_partition(fitted.labels_, truth)


def test_keeps_labels_that_are_given(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    rows, truth = blobs
    given = np.where(truth == 2, 7, -1)
    labels = GraphClustering(neighbours=10, resolution=1.0, runs=2).fit(rows, given).labels_
    assert (labels[truth == 2] == 7).all()
    assert (labels[truth != 2] > 7).all()


def test_a_large_field_without_shared_names_is_cut_and_an_event_is_not() -> None:
    random = np.random.default_rng(2)
    rows = unit_rows(random.standard_normal((120, 8)).astype(np.float32) + 3.0)
    event = np.zeros((60, 80), np.float32)
    event[:, 0] = 1.0
    field = np.zeros((60, 80), np.float32)
    field[np.arange(60), 1 + np.arange(60) // 10] = 1.0
    names = csr_matrix(np.vstack([event, field]))
    labels = GraphClustering(neighbours=9, resolution=0.2, runs=2, names=names).fit(rows).labels_
    assert len(set(labels[:60].tolist())) == 1
    assert len(set(labels[60:].tolist())) > 1


def test_too_few_rows_are_one_cluster() -> None:
    rows = unit_rows(np.eye(3, dtype=np.float32))
    assert GraphClustering(neighbours=5, resolution=1.0).fit(rows).labels_.tolist() == [0, 0, 0]


def test_neighbours_are_the_most_similar_other_rows(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    rows, _ = blobs
    indices, cosines = nearest_neighbours(rows, 3)
    exact = rows @ rows.T
    np.fill_diagonal(exact, -2.0)
    assert np.allclose(np.sort(cosines, axis=1), np.sort(exact, axis=1)[:, -3:], atol=1e-5)
    assert (indices != np.arange(len(rows))[:, None]).all()
    _, sparse = sparse_neighbours(csr_matrix(rows), 3)
    assert np.allclose(np.sort(sparse, axis=1), np.sort(cosines, axis=1), atol=1e-5)


def test_the_graph_is_symmetric(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    graph = neighbour_graph(*nearest_neighbours(blobs[0], 4))
    assert abs(graph - graph.T).max() == 0.0


def test_leiden_leaves_lone_nodes_alone() -> None:
    assert communities(csr_matrix((3, 3)), resolution=1.0, seed=1).tolist() == [0, 1, 2]


def test_centroids_and_the_nearest_of_them(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    rows, truth = blobs
    centroids = centroids_of(rows, truth)
    nearest, cosine = nearest_centroids(rows, centroids)
    assert nearest.tolist() == truth.tolist()
    assert cosine.min() > 0.5


def test_shared_names_is_a_mean_cosine() -> None:
    assert shared_names(csr_matrix(np.eye(4))) == 0.0
    assert shared_names(csr_matrix(np.ones((4, 1)))) == 1.0
    assert shared_names(csr_matrix(np.ones((1, 1)))) == 1.0
