"""Scores of voxels and depths by hand: intersection over union, medians, means, tables, files, pictures."""

from __future__ import annotations

import json

import numpy as np
import pytest

from app.shapes.score_plot import SIZE_PX, plot
from app.shapes.score_table import table, to_csv
from app.shapes.scores import ObjectScore, ShapeScores, depth_error, intersections_over_unions

NAN = float("nan")


def test_intersection_over_union_after_each_photograph() -> None:
    occupancy = np.array([[0.9, 0.45, 0.1, 0.0], [0.9, 0.2, 0.6, 0.0]], dtype=np.float32).reshape(2, 1, 2, 2)
    filled = np.array([True, False, True, False]).reshape(1, 2, 2)
    found = intersections_over_unions(occupancy, filled, (0.4, 0.5, 0.95))
    np.testing.assert_allclose(found, [[1 / 3, 1 / 2, 0.0], [1.0, 1.0, 0.0]])
    # What equals the threshold is not above it; of nothing in nothing nobody can say anything.
    assert intersections_over_unions(occupancy[:1], filled, (float(np.float32(0.9)),))[0, 0] == 0
    assert np.isnan(intersections_over_unions(occupancy, np.zeros_like(filled), (0.99,))).all()


def test_depths_by_medians_of_what_lies_in_reach() -> None:
    known = np.array([[[2.0, 2.1, np.inf, 2.0]], [[np.inf] * 4]])
    # The third is background, the fourth out of reach, as 2 + sqrt(3)/2 is; the second photograph shows nothing.
    depth = np.array([[[2.1, 2.4, 2.0, 2.9]], [[2.0] * 4]])
    assert depth_error(depth, known) == pytest.approx(0.2)
    assert depth_error(depth[:1, :, :1], known[:1, :, :1]) == pytest.approx(0.1)
    assert np.isnan(depth_error(depth[1:], known[1:]))


def voxels() -> ShapeScores:
    iou = [np.array([[0.5, 0.25], [0.75, 0.5]]), np.array([[0.25, 0.25], [0.25, NAN]]), np.array([[1.0, 0], [1.0, 0]])]
    names = ("b/1", "b/2", "a/1")
    scores = tuple(ObjectScore(name, (3, 0), iou=each) for name, each in zip(names, iou, strict=True))
    return ShapeScores(scores, (0.4, 0.45), "toys")


def test_tables_of_voxels() -> None:
    assert table(voxels()).splitlines() == [
        "",
        "***** IoU Thresh: 0.4 *****",
        "         1       2",
        "--  ------  ------",
        "a   100.00  100.00",
        "b    37.50   50.00",
        "",
        "***** IoU Thresh: 0.45 *****",
        "        1      2",
        "--  -----  -----",
        "a    0.00   0.00",
        "b   25.00  50.00",
    ]


def test_files_of_voxels() -> None:
    lines = to_csv(voxels()).splitlines()
    assert lines[0] == "object,threshold,1,2" and lines[1] == "b/1,0.4,0.500000,0.750000"
    assert lines[4] == "b/2,0.45,0.250000,"
    assert lines[-2:] == ["mean,0.4,0.583333,0.666667", "mean,0.45,0.166667,0.250000"]
    told = json.loads(json.dumps(voxels().to_json(), allow_nan=False))
    assert told["classes"]["b"] == {"0.4": [0.375, 0.5], "0.45": [0.25, 0.5]}
    assert told["objects"][1] == {"object": "b/2", "photographs": [3, 0], "iou": {"0.4": [0.25, 0.25],
                                                                                "0.45": [0.25, None]}}  # fmt: skip


def depths() -> ShapeScores:
    names, errors = ("02/a", "02/b", "chairs/a"), (0.1, 0.3, NAN)
    return ShapeScores(tuple(ObjectScore(n, (0, 1, 2), depth=e) for n, e in zip(names, errors, strict=True)), (), "x")


def test_tables_and_files_of_depths() -> None:
    assert table(depths()).splitlines() == [
        "SID       L1 error",
        "------  ----------",
        "02          0.2000",
        # Where a whole number would end.
        "chairs    nan     ",
        "Mean        0.2000",
    ]
    assert to_csv(depths()).splitlines()[-4:] == [
        "chairs/a,",
        "mean of 02,0.200000",
        "mean of chairs,",
        "mean,0.200000",
    ]
    told = json.loads(json.dumps(depths().to_json(), allow_nan=False))
    assert told["l1"] == pytest.approx(0.2) and told["classes"]["chairs"] is None


@pytest.mark.parametrize("scores", [voxels(), depths(), ShapeScores((ObjectScore("a", (0,), depth=NAN),), (), "a")])
def test_scores_are_drawn(scores: ShapeScores) -> None:
    drawn = plot(scores)
    assert drawn.shape == (SIZE_PX[1], SIZE_PX[0], 3) and drawn.dtype == np.uint8
    # White, with something in colour on it where there are numbers.
    coloured = (drawn.max(axis=2).astype(int) - drawn.min(axis=2) > 60).sum()
    assert (drawn[0] == 255).all() and coloured > 100
