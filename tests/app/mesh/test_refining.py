"""A refined mesh lies nearer to its field, and is still the same mesh."""

from __future__ import annotations

import numpy as np
import pytest
from trimesh import Trimesh

from app.mesh.iso_surface import extract_iso_surface
from app.mesh.refining import deviation, field_normals, lids_of, refined
from app.mesh.surface import Surface, simplified, vertex_normals
from engines.core.camera import Array
from engines.core.errors import Cancelled
from tests.app.mesh.fields import UNIT, Analytic, Distances, ball, block, field, logits, torus, turned_block

RESOLUTION, STEP = 32, 2 / 32 / 8
CUT = np.array([[-1, -1, -1], [1, 0.8, 0.6]])


def extracted(surface: Analytic, faces: int = 0) -> Surface:
    return simplified(extract_iso_surface(field(surface), RESOLUTION, lambda share: None), faces)


def distances_to_cube(points: Array) -> Array:
    """[N] of `turned_block`, to the true body, whose edges are sharp."""
    turn = np.array([[0.8, 0.6, 0], [-0.48, 0.64, 0.6], [0.36, -0.48, 0.8]])
    beyond = np.abs(points @ turn) - 0.5
    return np.asarray(np.linalg.norm(np.maximum(beyond, 0), axis=1) - np.minimum(beyond.max(axis=1), 0))


@pytest.mark.parametrize("values", [ball(), torus, logits])
def test_vertices_come_to_lie_on_the_level(values: Distances) -> None:
    surface = Analytic(values)
    asked = field(surface)
    before = extracted(surface)
    after = refined(before, asked, STEP)
    np.testing.assert_array_equal(after.faces, before.faces)
    assert Trimesh(after.vertices, after.faces, process=False).is_watertight
    far_before, far_after = (np.abs(asked.values(each.vertices)).mean() for each in (before, after))
    assert far_after < far_before / 8
    assert deviation(after, asked, STEP).distance < deviation(before, asked, STEP).distance


def test_edges_that_were_cut_off_come_back() -> None:
    surface = Analytic(turned_block)
    before = extracted(surface)
    after = refined(before, field(surface), STEP)
    middles = [distances_to_cube(each.vertices[each.faces].mean(axis=1)) for each in (before, after)]
    assert middles[1].mean() < middles[0].mean() / 2
    volumes = [Trimesh(each.vertices, each.faces, process=False).volume for each in (before, after)]
    assert abs(volumes[1] - 1) < abs(volumes[0] - 1) / 2
    first, second = (deviation(each, field(surface), STEP) for each in (before, after))
    assert second.distance < 0.75 * first.distance and second.degrees < first.degrees


def test_of_a_simplified_mesh_the_triangles_come_nearer() -> None:
    surface = Analytic(turned_block)
    before = extracted(surface, 2000)
    after = refined(before, field(surface), STEP, onto_level=False)
    first, second = (deviation(each, field(surface), STEP) for each in (before, after))
    assert second.distance < 0.75 * first.distance


def test_what_the_box_closes_stays_closed_and_on_the_box() -> None:
    surface = Analytic(ball((0.6, 0.5, 0)), CUT)
    asked, before = field(surface), extracted(surface)
    after = refined(before, asked, STEP)
    made = Trimesh(after.vertices, after.faces, process=False)
    assert made.is_watertight and (made.bounds[1] == CUT[1]).all()
    lids = lids_of(after, asked, STEP)
    np.testing.assert_array_equal(lids, lids_of(before, asked, STEP))
    assert 0 < lids.sum() < len(lids)
    inside = np.setdiff1d(before.faces[lids], before.faces[~lids])
    np.testing.assert_array_equal(after.vertices[inside], before.vertices[inside])
    normals = field_normals(after, asked, STEP)
    np.testing.assert_allclose(normals[inside], vertex_normals(after)[inside])


def test_normals_are_the_fields_and_point_outwards() -> None:
    surface = Analytic(torus)
    made = extracted(surface)
    normals = field_normals(made, field(surface), STEP)
    ring = made.vertices * (1, 1, 0)
    ring *= 0.6 / np.linalg.norm(ring, axis=1, keepdims=True)
    outwards = made.vertices - ring
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1)
    assert (normals * outwards).sum(axis=1).min() > 0.999
    # The triangles' own are less true.
    assert (vertex_normals(made) * outwards).sum(axis=1).min() < 0.999


def test_a_sheet_thinner_than_the_differences_keeps_its_triangles_normals() -> None:
    surface = Analytic(block((0.5, 0.5, 0.02)))
    made = extracted(surface)
    normals = field_normals(made, field(surface), 0.2)
    assert (normals * vertex_normals(made)).sum(axis=1).min() > 0


def test_a_field_that_is_flat_moves_nothing_and_a_stop_ends_it() -> None:
    surface = Analytic(ball())
    made = extracted(surface)
    flat = field(Analytic(lambda points: 0 * points[:, 0] + 1, UNIT))
    np.testing.assert_allclose(refined(made, flat, STEP).vertices, made.vertices, atol=1e-12)
    assert deviation(made, flat, STEP).distance == 0
    stopped = field(surface)
    stopped._stop = lambda: True
    with pytest.raises(Cancelled):
        refined(made, stopped, STEP)
