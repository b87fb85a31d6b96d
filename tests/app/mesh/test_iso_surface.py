"""A field's surface, looked for near to it only, is that of the full lattice."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from skimage.measure import marching_cubes
from trimesh import Trimesh

from app.mesh import marching
from app.mesh.field import SurfaceField
from app.mesh.iso_surface import extract_iso_surface
from app.mesh.lattice import Lattice
from app.mesh.surface import Surface
from engines.core.camera import Array
from engines.core.errors import Cancelled, UserError
from tests.app.mesh.fields import UNIT, Analytic, Distances, ball, block, both, field, logits, torus, waves

CUT = np.array([[-1, -1, -1], [1, 0.8, 0.6]])
PLATE = block((0.6, 0.5, 0.004), (0, 0, 0.021))
"""0.4 of a cell thin at 96 cells, and between the points of the coarse lattice."""


def ignore(share: float) -> None:
    pass


def extracted(surface: Analytic, resolution: int, coarsest: int = 16) -> Surface:
    return extract_iso_surface(field(surface), resolution, ignore, coarsest)


def full_lattice(surface: Analytic, resolution: int) -> Surface:
    """Marching cubes of all points there are."""
    lattice = Lattice.of(surface.bounds, resolution, coarsest=resolution)
    points = np.stack(np.meshgrid(*(np.arange(count + 3) for count in lattice.cells), indexing="ij"), axis=-1)
    within = ~lattice.outside(points)
    values = np.full(points.shape[:3], -1e4, dtype=np.float32)
    values[within] = surface.values(torch.from_numpy(lattice.world(points[within])).float()).numpy()
    vertices, faces, _, _ = marching_cubes(values, 0.0, gradient_direction="ascent")
    return Surface(lattice.world(vertices.astype(np.float64)), faces)


def solid(surface: Surface) -> Trimesh:
    return Trimesh(surface.vertices, surface.faces, process=False)


@pytest.mark.parametrize("values", [ball(), torus, logits, both(ball((0.5, 0, 0), 0.3), ball((-0.5, -0.1, 0), 0.1))])
@pytest.mark.parametrize("resolution", [32, 49])
def test_the_triangles_are_those_of_the_full_lattice(values: Distances, resolution: int) -> None:
    surface = Analytic(values)
    found, expected = extracted(surface, resolution), full_lattice(surface, resolution)
    assert found.faces.shape == expected.faces.shape and found.vertices.shape == expected.vertices.shape
    middles, others = (np.sort(each.vertices[each.faces].mean(axis=1), axis=0) for each in (found, expected))
    # Where a value is next to nothing a vertex is kept off the lattice's point.
    assert np.abs(middles - others).max() < 0.05 * 2 / resolution
    assert solid(found).is_watertight and solid(found).volume == pytest.approx(solid(expected).volume, rel=1e-4)


def test_far_fewer_points_are_asked() -> None:
    surface = Analytic(torus)
    extracted(surface, 96, coarsest=24)
    # 97 times 97 times 97 are 912,673; points of the coarsest lattice are 15,625 of those that are asked.
    assert surface.asked < 912_673 / 10


@pytest.mark.parametrize("values", [ball((0.6, 0.5, 0)), waves, lambda points: torch.ones(len(points))])
@pytest.mark.parametrize("resolution", [25, 32])
def test_what_the_box_cuts_is_closed_on_its_sides(values: Distances, resolution: int) -> None:
    surface = Analytic(values, CUT)
    found, expected = extracted(surface, resolution), full_lattice(surface, resolution)
    made = solid(found)
    assert made.is_watertight and made.is_winding_consistent
    assert made.volume == pytest.approx(solid(expected).volume, rel=1e-3)
    # On the box, not next to it; and no triangles without area along its edges.
    assert (found.vertices.max(axis=0) == CUT[1]).all() and (found.vertices >= CUT[0]).all()
    assert made.area_faces.min() > 0
    assert expected.faces.shape[0] * 0.9 < found.faces.shape[0] <= expected.faces.shape[0]


def test_a_full_field_is_its_box() -> None:
    made = solid(extracted(Analytic(lambda points: torch.full((len(points),), 5.0), CUT), 20))
    assert made.is_watertight and made.volume == pytest.approx(2 * 1.8 * 1.6, rel=1e-9)


@pytest.mark.parametrize("values", [lambda points: -torch.ones(len(points)), lambda points: torch.zeros(len(points))])
def test_an_empty_field_has_no_surface(values: Distances) -> None:
    assert len(extracted(Analytic(values), 32).faces) == 0


def test_a_plate_between_the_coarse_points_is_found_whole() -> None:
    surface = Analytic(PLATE)
    found, expected = extracted(surface, 96, coarsest=12), full_lattice(surface, 96)
    coarse = Lattice.of(UNIT, 96, 12)
    assert coarse.step == 8 and not (surface.values(_coarse_points(coarse)) > 0).any()
    assert len(found.faces) == len(expected.faces) > 5_000 and solid(found).is_watertight


def _coarse_points(lattice: Lattice) -> torch.Tensor:
    points = np.stack(np.meshgrid(*(np.arange(0, count, lattice.step) for count in lattice.shape)), axis=-1)
    return torch.from_numpy(lattice.world(points[~lattice.outside(points)])).float()


def test_a_piece_is_followed_out_of_the_cells_that_told_of_it() -> None:
    """A rod along which the field, flat elsewhere, tells of itself at one end only."""

    def rod(points: torch.Tensor) -> torch.Tensor:
        across = torch.hypot(points[:, 1] - 0.06, points[:, 2] - 0.06)
        steps = torch.where((across < 0.05) & (points[:, 0].abs() < 0.8), 1.0, -1.0)
        end = 0.25 - (points - torch.tensor([-0.8, 0.06, 0.06])).norm(dim=1)
        return torch.maximum(steps, (20 * end).clamp(-1, 1))

    surface = Analytic(rod)
    found, expected = extracted(surface, 64), full_lattice(surface, 64)
    assert len(found.faces) == len(expected.faces) and found.vertices[:, 0].max() > 0.78


def test_slabs_are_sewn_together(monkeypatch: pytest.MonkeyPatch) -> None:
    surface = Analytic(waves, CUT)
    whole = extracted(surface, 32)
    monkeypatch.setattr(marching, "SLAB", 5 * 33 * 33)
    sewn = extracted(surface, 32)
    assert solid(sewn).is_watertight
    assert sewn.faces.shape == whole.faces.shape and sewn.vertices.shape == whole.vertices.shape
    assert solid(sewn).volume == pytest.approx(solid(whole).volume, rel=1e-6)


def test_values_of_exactly_nothing_are_outside() -> None:
    """A ball through points of the lattice, and a block with sides on them."""

    def on_points(values: Distances) -> Callable[[torch.Tensor], torch.Tensor]:
        def rounded(points: torch.Tensor) -> torch.Tensor:
            exact = values(points)
            return torch.where(exact.abs() < 1e-6, 0.0, exact)

        return rounded

    for values, volume in ((ball(radius=0.75), 4 / 3 * np.pi * 0.75**3), (block((0.5, 0.75, 0.25)), 0.75)):
        # Marching cubes cuts edges off.
        made = solid(extracted(Analytic(on_points(values)), 32))
        # Readers that merge vertices in the same place must not tear it.
        assert made.is_watertight and Trimesh(made.vertices, made.faces).is_watertight
        assert made.volume == pytest.approx(volume, rel=0.04)


@pytest.mark.parametrize("scale", [1e-30, 1e-6, 1e30])
def test_the_scale_of_values_means_nothing(scale: float) -> None:
    plain = extracted(Analytic(torus), 32)
    scaled = extracted(Analytic(lambda points: scale * torus(points)), 32)
    np.testing.assert_array_equal(scaled.faces, plain.faces)
    np.testing.assert_allclose(scaled.vertices, plain.vertices, atol=1e-5)


@pytest.mark.parametrize(("unit", "at"), [(1e-4, 0.0), (1e3, -4e3)])
def test_units_and_places_mean_nothing(unit: float, at: float) -> None:
    plain = extracted(Analytic(torus), 32)
    moved = extracted(Analytic(lambda points: torus((points.double() - at) / unit), UNIT * unit + at), 32)
    assert moved.faces.shape == plain.faces.shape
    assert np.abs((moved.vertices - at) / unit - plain.vertices).max() < 1e-3


def test_a_flat_box_has_cells_that_are_about_as_long_as_wide() -> None:
    lattice = Lattice.of(np.array([[0.0, 0, 0], [10, 5.02, 0.01]]), 100, 32)
    assert lattice.cells == (100, 50, 2)
    made = solid(extracted(Analytic(ball((0, 0, 0), 0.6), np.array([[-1.0, -1, -0.02], [1, 1, 0.02]])), 50))
    assert made.is_watertight and made.volume == pytest.approx(np.pi * 0.36 * 0.04, rel=0.01)


def test_shares_grow_to_the_whole_and_a_stop_ends_it() -> None:
    shares: list[float] = []
    extract_iso_surface(field(Analytic(ball())), 64, shares.append, 16)
    assert shares == sorted(shares) and shares[0] < 0.2 and shares[-1] == pytest.approx(1)
    asked: list[None] = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        extract_iso_surface(SurfaceField(Analytic(ball()), "analytic", stop), 64, ignore, 16)
    assert len(asked) == 3


def test_what_is_no_number_is_said() -> None:
    with pytest.raises(UserError, match="not a number at"):
        extracted(Analytic(lambda points: torch.where(points[:, 0] > 0.5, torch.nan, ball()(points))), 32)
    infinite = extracted(Analytic(lambda points: torch.where(ball()(points) > 0, torch.inf, -torch.inf)), 32)
    assert solid(infinite).is_watertight


def test_normals_of_a_ball_are_its_places() -> None:
    surface = Analytic(ball())
    points = np.random.default_rng(0).normal(size=(50, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    values, gradients = field(surface).linear(0.7 * points, 1e-2)
    np.testing.assert_allclose(gradients, -points, atol=0.01)
    np.testing.assert_allclose(values, 0, atol=1e-3)
    corner: Array = np.array([[1.0, 1, 1]])
    np.testing.assert_allclose(field(surface).linear(corner, 1e-2)[0], 0.7 - np.sqrt(3), atol=1e-3)
