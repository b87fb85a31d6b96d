"""Clouds and occupancies as data sets keep them, and the ways in which they can be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.mesh import references
from app.mesh.alignment import alignment
from app.mesh.references import read_reference
from app.mesh.scored_files import holds_meshes, pairs_of
from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint, SceneInfo
from tests.app.ball_scene import ring
from tests.app.mesh.shapes import cube, write, write_archive

POINTS = np.random.default_rng(0).uniform(-1, 1, (21, 3))
OCCUPIED = np.abs(POINTS).max(axis=1) < 0.5


@pytest.mark.parametrize(
    "occupancies",
    [np.packbits(OCCUPIED), OCCUPIED, OCCUPIED.astype(np.uint8), OCCUPIED * 0.9, OCCUPIED[:, None]],
    ids=["bits", "bool", "bytes", "probabilities", "column"],
)
def test_occupancies_in_every_form(occupancies: Any, tmp_path: Path) -> None:
    reference = read_reference(write_archive(tmp_path / "points.npz", points=POINTS, occupancies=occupancies))
    assert reference.occupied is not None and np.array_equal(reference.occupied, OCCUPIED)
    assert reference.points is None and "21 points known" in reference.described()


def test_half_precision_and_other_arrays_beside_are_taken(tmp_path: Path) -> None:
    file = write_archive(
        tmp_path / "points.npz",
        points=POINTS.astype(np.float16),
        occupancies=np.packbits(OCCUPIED),
        loc=np.zeros(3),
        scale=np.array(1.0),
    )
    points = read_reference(file).occupancy_points
    assert points is not None and points.dtype == np.float64 and np.abs(points - POINTS).max() < 1e-3


def test_a_cloud_with_and_without_normals(tmp_path: Path) -> None:
    reference = read_reference(write_archive(tmp_path / "a.npz", points=POINTS, normals=POINTS))
    assert reference.normals is not None and np.array_equal(reference.normals, POINTS)
    assert read_reference(write_archive(tmp_path / "b.npz", points=POINTS)).normals is None
    np.testing.assert_array_equal(reference.box, [POINTS.min(axis=0), POINTS.max(axis=0)])


def test_a_folder_gives_both(tmp_path: Path) -> None:
    write_archive(tmp_path / "points.npz", points=POINTS, occupancies=np.packbits(OCCUPIED))
    assert read_reference(tmp_path).points is None
    write_archive(tmp_path / "pointcloud.npz", points=2 * POINTS, normals=POINTS)
    both = read_reference(tmp_path)
    assert both.points is not None and both.normals is not None and both.occupied is not None
    np.testing.assert_array_equal(both.points, 2 * POINTS)
    np.testing.assert_array_equal(both.occupancy_points, POINTS)


def test_very_many_points_are_thinned_and_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "MOST_POINTS", 10)
    reference = read_reference(write_archive(tmp_path / "a.npz", points=POINTS, normals=POINTS))
    assert reference.points is not None and len(reference.points) == 10 and "10 of its 21 points" in reference.notes[0]
    np.testing.assert_array_equal(reference.points, reference.normals)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"normals": POINTS}, "holds no array points"),
        ({"points": POINTS[:, :2]}, r"must be numbers \[N, 3\]"),
        ({"points": POINTS[:0]}, r"must be numbers \[N, 3\]"),
        ({"points": np.full((4, 3), np.nan)}, "no numbers"),
        ({"points": np.full((4, 3), "x")}, r"must be numbers \[N, 3\]"),
        ({"points": POINTS, "normals": POINTS[:3]}, "21 points but 3 normals"),
        ({"points": POINTS, "occupancies": np.zeros(5)}, "fits 21 points neither as bits nor as numbers"),
        ({"points": POINTS, "occupancies": np.full(21, "x")}, "fits 21 points neither"),
    ],
)
def test_archives_that_are_none(arrays: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said) as raised:
        read_reference(write_archive(tmp_path / "a.npz", **arrays))
    assert str(raised.value).startswith(str(tmp_path / "a.npz"))


def test_objects_in_an_archive_are_not_made(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", points=np.array([{}], dtype=object))
    with pytest.raises(UserError, match=r"can't be read as \.npz"):
        read_reference(tmp_path / "a.npz")


def test_what_is_no_reference(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"neither pointcloud\.npz nor points\.npz"):
        read_reference(tmp_path)
    with pytest.raises(UserError, match="no reference for a mesh"):
        read_reference(tmp_path / "a.jpg")
    file = tmp_path / "empty.ply"
    head = "".join(f"property float {axis}\n" for axis in "xyz")
    file.write_text(f"ply\nformat ascii 1.0\nelement vertex 0\n{head}end_header\n")
    with pytest.raises(UserError, match="neither triangles nor points"):
        read_reference(file)
    flat = tmp_path / "flat.obj"
    flat.write_text("v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n")
    with pytest.raises(UserError, match=r"flat\.obj: its triangles have no area"):
        read_reference(flat)


@pytest.mark.parametrize("count", [1, 50])
def test_points_in_one_place_are_no_surface(tmp_path: Path, count: int) -> None:
    with pytest.raises(UserError, match=r"a\.npz: its points lie in one place"):
        read_reference(write_archive(tmp_path / "a.npz", points=np.full((count, 3), 2.0)))


def test_a_mesh_without_triangles_is_said_to_be_taken_as_points(tmp_path: Path) -> None:
    file = tmp_path / "a.obj"
    file.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n")
    reference = read_reference(file)
    assert reference.points is not None and len(reference.points) == 3
    assert reference.notes == ("a.obj: has no triangles; its 3 vertices are taken as points of a surface",)


def test_meshes_find_their_references_by_name(tmp_path: Path) -> None:
    meshes, references_ = tmp_path / "meshes", tmp_path / "data"
    for name in ("car/a", "car/b", "boat/c", "boat/d"):
        (meshes / name).parent.mkdir(parents=True, exist_ok=True)
        write(meshes / f"{name}.off", cube())
    write_archive(references_ / "car/a/pointcloud.npz", points=POINTS)
    write_archive(references_ / "boat/c.npz", points=POINTS)
    write(references_ / "car/b.ply", cube())
    assert holds_meshes(meshes) and not holds_meshes(references_ / "boat")
    pairs, notes = pairs_of(meshes, references_)
    assert [(pair.name, pair.reference.relative_to(references_).as_posix()) for pair in pairs] == [
        ("boat/c", "boat/c.npz"),
        ("car/a", "car/a"),
        ("car/b", "car/b.ply"),
    ]
    assert notes == ("1 meshes without a reference are left out: boat/d",)
    write(meshes / "car/a.ply", cube())
    with pytest.raises(UserError, match="has the same name"):
        pairs_of(meshes, references_)


def test_folders_that_do_not_go_together(tmp_path: Path) -> None:
    write(tmp_path / "a.ply", cube())
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="must be one, too"):
        pairs_of(tmp_path, tmp_path / "a.ply")
    with pytest.raises(UserError, match="holds no reference of any mesh"):
        pairs_of(tmp_path, tmp_path / "empty")


def info(**more: Any) -> Checkpoint:
    camera = ring(1)[0]
    scene = SceneInfo(camera, (camera,), np.zeros((2, 3)), np.array([0.0, 0, 1]), **more)
    return Checkpoint("ball", {}, 0, {}, scene)


def test_a_mesh_is_brought_into_the_measured_world() -> None:
    scale = np.diag([100.0, 100.0, 100.0, 1.0])
    scale[:3, 3] = (1, 2, 3)
    point = np.array([1.0, 1.0, 1.0, 1.0])
    np.testing.assert_allclose(alignment("scale_mat", None, info(hints={"scale_mat": scale.tolist()})) @ point,
                               [101, 102, 103, 1])  # fmt: skip
    moved = info(hints={"scale_mat": scale.tolist()}, origin=np.array([1.0, 0.0, 0.0]))
    np.testing.assert_allclose(alignment("scale_mat", None, moved) @ point, [1, 102, 103, 1])
    np.testing.assert_array_equal(alignment(None, None, moved), np.eye(4))


def test_a_matrix_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "m.txt"
    file.write_text("0 -1 0 5\n1 0 0 0\n0 0 1 0\n0 0 0 1\n")
    np.testing.assert_array_equal(alignment(str(file), None, None) @ [1, 0, 0, 1], [5, 1, 0, 1])
    for text, said in [
        ("1 2 3", "has 3 numbers"),
        ("x " * 16, "could not convert"),
        ("1 0 0 0 " * 4, "last row"),
        ("1 0 0 0  1 0 0 0  0 0 1 0  0 0 0 1", "singular"),
        ("nan " * 16, "finite"),
    ]:
        file.write_text(text)
        with pytest.raises(UserError, match=said):
            alignment(str(file), None, None)


def test_where_nobody_knows_the_measured_world() -> None:
    with pytest.raises(UserError, match="neither the data folder nor the scene has one"):
        alignment("scale_mat", None, info())
    several = info(hints={"scale_mat": np.eye(4).tolist(), "instances": ["a", "b"]})
    with pytest.raises(UserError, match="each object of a class has its own"):
        alignment("scale_mat", None, several)
