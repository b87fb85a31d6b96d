"""Scores of surfaces whose distances and volumes are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.mesh.containment import inside, merged
from app.mesh.mesh_reading import read_mesh
from app.mesh.references import Reference
from app.mesh.scoring import MeshScore, Protocol, Threshold, empty_score, score_mesh, surface_points
from app.mesh.surface import Surface
from engines.core.camera import Array
from engines.core.errors import UserError
from tests.app.mesh.shapes import both, cube, flipped, sphere, square

FEW = Protocol(points=20_000)


def scored(surface: Surface, reference: Surface, *thresholds: float) -> MeshScore:
    found = tuple(Threshold(value, relative=False) for value in thresholds)
    return score_mesh(surface, Reference("it", surface=reference), Protocol(20_000, found or FEW.thresholds))


def test_of_two_spheres_the_distance_is_that_of_their_radii() -> None:
    score = scored(sphere(0.9), sphere(1.0), 0.09, 0.11)
    # Chords of the triangles: 0.3 % of the radius at most; points 0.01 apart add sqrt(0.1^2 + 0.01^2) - 0.1.
    assert score.accuracy == pytest.approx(0.1, abs=2e-3) and score.completeness == pytest.approx(0.1, abs=2e-3)
    assert score.chamfer_l1 == pytest.approx(0.1, abs=2e-3) and score.chamfer_l2 == pytest.approx(0.01, abs=4e-4)
    assert score.normal_consistency == pytest.approx(1.0, abs=2e-3)
    # Of 20,000 points in the box 10,000 are inside either: a standard error of 0.0045.
    assert score.iou == pytest.approx(0.9**3, abs=0.015)
    assert [each.value for each in score.f_scores] == [0.0, 1.0]
    assert score.side == pytest.approx(2.0)


def test_a_plane_that_is_moved_is_as_far_off_as_it_was_moved() -> None:
    score = scored(square(0.25), square(0.0), 0.24, 0.26)
    assert score.accuracy == pytest.approx(0.25, abs=1e-3) and score.completeness == pytest.approx(0.25, abs=1e-3)
    assert score.normal_accuracy == pytest.approx(1.0)
    assert score.iou is None and score.notes == ("the mesh is open at 4 edges and has no inside: no volumetric IoU",)


def test_what_is_missing_costs_completeness_and_what_is_too_much_accuracy() -> None:
    far = sphere(1.0, at=(5.0, 0.0, 0.0))
    lacking = scored(sphere(), both(sphere(), far), 0.1)
    assert lacking.accuracy is not None and lacking.completeness is not None
    assert lacking.accuracy < 0.02 and lacking.completeness > 1.5
    assert lacking.f_scores[0].precision == 1.0 and lacking.f_scores[0].recall == pytest.approx(0.5, abs=0.02)
    assert lacking.f_scores[0].value == pytest.approx(2 / 3, abs=0.02)
    assert lacking.iou == pytest.approx(0.5, abs=0.03)
    beyond = scored(both(sphere(), far), sphere(), 0.1)
    assert beyond.f_scores[0].recall == 1.0 and beyond.f_scores[0].precision == pytest.approx(0.5, abs=0.02)


def test_which_side_is_outside_makes_no_difference() -> None:
    right, wrong = scored(sphere(0.8), sphere()), scored(flipped(sphere(0.8)), sphere())
    assert wrong.normal_consistency == pytest.approx(right.normal_consistency, abs=1e-3)
    assert wrong.iou == right.iou


def test_normals_across_each_other_agree_in_nothing() -> None:
    upright = Surface(square().vertices[:, [2, 0, 1]], square().faces)
    assert scored(upright, square()).normal_consistency == pytest.approx(0.0, abs=1e-9)


def test_the_floor_is_what_two_drawings_of_the_reference_are_apart() -> None:
    coarse = score_mesh(sphere(), Reference("it", surface=sphere()), Protocol(1000))
    fine = score_mesh(sphere(), Reference("it", surface=sphere()), Protocol(16_000))
    assert coarse.floor is not None and fine.floor is not None and fine.chamfer_l1 is not None
    # Half the distance for four times as many.
    assert coarse.floor / fine.floor == pytest.approx(4.0, rel=0.1)
    assert fine.chamfer_l1 == pytest.approx(fine.floor, rel=0.05)


def test_the_same_seed_gives_the_same_figures_and_another_gives_others() -> None:
    reference = Reference("it", surface=sphere())
    one, again, other = (score_mesh(sphere(0.9), reference, Protocol(500, seed=seed)) for seed in (3, 3, 4))
    assert one == again and one != other


def test_figures_are_in_the_unit_of_the_reference() -> None:
    small, large = scored(sphere(0.9), sphere(1.0)), scored(sphere(900.0), sphere(1000.0))
    assert small.accuracy is not None and large.accuracy == pytest.approx(1000 * small.accuracy)
    assert [each.value for each in large.f_scores] == [each.value for each in small.f_scores]


def test_against_a_cloud_the_points_are_its_own() -> None:
    points = np.array([[0.0, 0.0, 0.5], [1.0, 1.0, 0.5]])
    score = score_mesh(square(), Reference("it", points=points), FEW)
    assert score.completeness == pytest.approx(0.5, abs=1e-3) and score.floor is None
    assert score.normal_consistency is None and score.iou is None
    assert any("no normals" in note for note in score.notes) and any("cloud" in note for note in score.notes)


def test_normals_of_a_cloud_may_have_any_length() -> None:
    points, normals = surface_points(sphere(), 5000, np.random.default_rng(1), "it")
    one = score_mesh(sphere(), Reference("it", points=points, normals=normals), FEW)
    other = score_mesh(sphere(), Reference("it", points=points, normals=-7 * normals), FEW)
    assert one.normal_consistency == pytest.approx(other.normal_consistency)
    assert one.normal_consistency == pytest.approx(1.0, abs=0.01)


def test_of_points_that_are_inside_or_outside_the_union_is_counted() -> None:
    points = np.array([[0.0, 0, 0], [0.4, 0, 0], [0.6, 0, 0], [2.0, 0, 0]])
    occupied = np.array([True, False, True, False])
    score = score_mesh(cube(), Reference("it", occupancy_points=points, occupied=occupied), FEW)
    # The cube has the first two; the reference the first and the third.
    assert score.iou == pytest.approx(1 / 3)
    assert score.accuracy is None and score.chamfer_l1 is None and not score.f_scores


def test_triangles_without_an_area_are_passed_over() -> None:
    good = cube()
    spoilt = Surface(good.vertices, np.concatenate([[[0, 0, 1], [2, 2, 2]], good.faces, [[5, 5, 5]]]))
    one, other = scored(good, cube()), scored(spoilt, cube())
    assert other.iou == one.iou == 1.0
    assert other.normal_consistency == pytest.approx(one.normal_consistency, abs=0.01)


@pytest.mark.parametrize("faces", [np.empty((0, 3), dtype=np.int64), np.array([[0, 0, 0], [0, 1, 1]])])
def test_nothing_can_be_drawn_on_nothing(faces: Array) -> None:
    with pytest.raises(UserError, match=r"no triangles|no area"):
        scored(Surface(cube().vertices, faces), cube())


def test_an_empty_mesh_among_others_is_the_worst() -> None:
    score = empty_score(Reference("it", surface=cube()), FEW)
    assert score.accuracy == score.completeness == pytest.approx(np.sqrt(3)) and score.chamfer_l2 == pytest.approx(3)
    assert score.iou == 0 and score.normal_consistency == 0 and {each.value for each in score.f_scores} == {0.0}


def test_points_are_drawn_evenly_over_the_area() -> None:
    large = Surface(square(side=3.0).vertices + np.array([10.0, 0, 0]), square().faces)
    points, normals = surface_points(both(square(), large), 50_000, np.random.default_rng(0), "it")
    assert (points[:, 0] > 5).mean() == pytest.approx(0.9, abs=0.01)
    there = points[points[:, 0] > 5][:, :2] - (10, 0)
    counts, _, _ = np.histogram2d(there[:, 0], there[:, 1], bins=3, range=[(0, 3), (0, 3)])
    assert np.abs(counts / len(there) - 1 / 9).max() < 0.01
    np.testing.assert_allclose(np.abs(normals), np.tile([0, 0, 1], (50_000, 1)))


def test_where_nothing_is_inside_it_is_said() -> None:
    outside = Reference("it", occupancy_points=np.full((5, 3), 9.0), occupied=np.zeros(5, dtype=bool))
    score = score_mesh(sphere(), outside, FEW)
    assert score.iou is None and score.notes[0].startswith("no point is inside the mesh or its reference")


AUTHORS = {
    "accuracy": 0.010801285010901322,
    "completeness": 0.010776907217725293,
    "chamfer_l1": 0.010789096114313307,
    "chamfer_l2": 0.0001340835135939069,
    "normal_accuracy": 0.9810449670458417,
    "normal_completeness": 0.9814901681431558,
    "normal_consistency": 0.9812675675944987,
    "iou": 0.9524070024490356,
}
"""What `eval_meshes.py` of differentiable_volumetric_rendering gave for the points of the test below."""
AUTHORS_AT_5_MM = (0.07606605323693723, 0.0769, 0.07525)
"""F-score, precision, recall."""


def test_scores_are_those_of_the_authors_program(shared: Path) -> None:
    truth = merged(read_mesh(shared / "data" / "meshes" / "spot" / "spot_triangulated.obj").surface)
    mesh = Surface(truth.vertices + 0.01 * np.sin(20 * truth.vertices[:, [1, 2, 0]]), truth.faces)
    points, normals = surface_points(truth, 20_000, np.random.default_rng(1), "the reference")
    places = np.random.default_rng(2).uniform(-1, 1, (20_000, 3))
    reference = Reference("it", points=points, normals=normals, occupancy_points=places, occupied=inside(truth, places))
    score = score_mesh(mesh, reference, Protocol(20_000, (Threshold(0.005, relative=False),)))
    # They keep places in single precision.
    assert {name: getattr(score, name) for name in AUTHORS} == pytest.approx(AUTHORS, rel=1e-5)
    at = score.f_scores[0]
    assert (at.value, at.precision, at.recall) == pytest.approx(AUTHORS_AT_5_MM, abs=1e-4)
