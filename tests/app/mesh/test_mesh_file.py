"""What other programs read out of the files: axes, colours, places far from the origin."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from app.mesh.axes import AXES, file_axes
from app.mesh.mesh_file import MESH_SUFFIXES, write_mesh
from app.mesh.surface import Surface, simplified
from engines.core.camera import Array
from tests.app.mesh.shapes import vertex_colours

CORNERS = np.array([[0.0, 0, 0], [3, 0, 0], [0, 2, 0], [0, 0, 1]])
TETRAHEDRON = Surface(CORNERS, np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]))
GREY = np.full((4, 3), 99, dtype=np.uint8)
UPS = {"z": (0.0, 0, 1), "y": (0.0, 1, 0), "-y": (0.0, -1, 0), "-z": (0.0, 0, -1), "x": (1.0, 0, 0)}
ASKEW = np.array([0.3, -0.9, 0.4])
MAP = np.array([456_789.0, 5_432_100.0, 321.0])


def read(path: Path) -> trimesh.Trimesh:
    found = trimesh.load(path, process=False, force="mesh")
    assert isinstance(found, trimesh.Trimesh)
    return found


def glb(path: Path) -> tuple[dict[str, Any], bytes]:
    """The JSON and the binary part."""
    data = path.read_bytes()
    length = struct.unpack("<I", data[12:16])[0]
    assert struct.unpack("<I", data[8:12])[0] == len(data)
    return json.loads(data[20 : 20 + length]), data[20 + length + 8 :]


def glb_colours(path: Path) -> Array:
    """[N, C] in [0, 1], proportional to light, as the specification has it."""
    document, binary = glb(path)
    accessor = document["accessors"][document["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"]]
    kind, full = {5123: ("<u2", 65535), 5126: ("<f4", 1)}[accessor["componentType"]]
    start = document["bufferViews"][accessor["bufferView"]]["byteOffset"]
    width = int(accessor["type"][-1])
    return np.frombuffer(binary, kind, accessor["count"] * width, start).reshape(-1, width) / full


def test_all_256_greys_of_a_glb_are_shown_as_they_were(tmp_path: Path) -> None:
    greys = np.repeat(np.tile(np.arange(256), 2)[:, None], 3, axis=1).astype(np.uint8)
    greys[256:, 1] = 0
    strip = np.array([[i, row, 0] for row in (0, 1) for i in range(256)], dtype=float)
    faces = np.array([[i, i + 1, 256 + i] for i in range(255)])
    write_mesh(tmp_path / "grey.glb", Surface(strip, faces), greys)
    light = glb_colours(tmp_path / "grey.glb")[:, :3]
    shown = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255
    assert len(np.unique(light[:256, 0])) == 256
    assert np.abs(shown - greys).max() < 0.1


@pytest.mark.parametrize("suffix", [".ply", ".obj"])
def test_other_files_keep_every_colour(tmp_path: Path, suffix: str) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (4, 3)).astype(np.uint8)
    write_mesh(tmp_path / f"a{suffix}", TETRAHEDRON, colours)
    np.testing.assert_array_equal(vertex_colours(read(tmp_path / f"a{suffix}"))[:, :3], colours)


@pytest.mark.parametrize("up", [*UPS.values(), ASKEW])
@pytest.mark.parametrize("suffix", MESH_SUFFIXES)
@pytest.mark.parametrize("axes", AXES)
def test_the_scenes_up_stands_where_the_axes_say(tmp_path: Path, suffix: str, axes: str, up: Array) -> None:
    up, path = np.asarray(up), tmp_path / f"a{suffix}"
    notes = write_mesh(path, TETRAHEDRON, GREY, up, axes)
    mesh = read(path)
    vertices = np.asarray(mesh.vertices)
    name = axes if axes != "auto" else "world" if suffix == ".ply" else "y-up"
    if name == "world":
        np.testing.assert_allclose(vertices, CORNERS, atol=1e-6)
        assert axes == "auto" or notes == ()
    else:
        # Heights along the scene's up are heights along the file's, and nothing is mirrored or stretched.
        heights = CORNERS @ up / np.linalg.norm(up)
        np.testing.assert_allclose(vertices[:, "xyz".index(name[0])], heights, atol=1e-6)
        assert mesh.volume == pytest.approx(1.0, rel=1e-5)
    text = path.read_bytes()[:2000].decode("latin-1")
    assert ("world" in text) and (f"+{name[0]} is up" in text) == (name != "world")


@pytest.mark.parametrize(
    ("up", "axes", "askew"),
    [
        ((0, -0.4, -0.9), "auto", True),
        ((0, -1, 0), "auto", True),
        ((0, -0.4, -0.9), "world", False),
        ((0.05, 0, 1), "auto", False),
        ((0, 1, 0), "auto", False),
    ],
)
def test_a_file_that_stands_upright_nowhere_is_said_to_unless_it_was_asked_for(
    tmp_path: Path, up: tuple[float, float, float], axes: str, askew: bool
) -> None:
    notes = write_mesh(tmp_path / "a.ply", TETRAHEDRON, GREY, np.array(up), axes)
    assert ["axes z-up (for Blender)" in note for note in notes] == [True] * askew


def test_a_glb_of_a_scene_with_z_up_is_in_blender_as_it_was(tmp_path: Path) -> None:
    """Blender reads (x, y, z) of glTF, and of OBJ unless told otherwise, as (x, -z, y)."""
    for suffix in (".glb", ".obj"):
        write_mesh(tmp_path / f"a{suffix}", TETRAHEDRON, GREY, np.array([0.0, 0, 1]))
        x, y, z = np.asarray(read(tmp_path / f"a{suffix}").vertices).T
        np.testing.assert_allclose(np.stack([x, -z, y], axis=1), CORNERS, atol=1e-6)


def test_the_way_back_to_the_world_is_in_the_glb(tmp_path: Path) -> None:
    path = tmp_path / "a.glb"
    write_mesh(path, TETRAHEDRON, GREY, ASKEW)
    back = np.array(glb(path)[0]["asset"]["extras"]["file_to_world"])
    np.testing.assert_allclose(read(path).vertices @ back[:3, :3].T + back[:3, 3], CORNERS, atol=1e-6)


@pytest.mark.parametrize("suffix", MESH_SUFFIXES)
@pytest.mark.parametrize(("scale", "at"), [(1.0, MAP), (1e-4, np.zeros(3)), (1e-4, np.full(3, 7.0)), (1e5, MAP)])
def test_a_surface_far_away_or_tiny_keeps_its_shape(tmp_path: Path, suffix: str, scale: float, at: Array) -> None:
    path = tmp_path / f"a{suffix}"
    notes = write_mesh(path, Surface(CORNERS * scale + at, TETRAHEDRON.faces), GREY, axes="world")
    if suffix == ".glb":
        document, binary = glb(path)
        stored = np.frombuffer(binary, "<f4", 12).reshape(4, 3)
        places = stored.astype(float) + document["nodes"][0].get("translation", 0.0)
    elif suffix == ".ply":
        kind = "<f8" if b"property double x" in path.read_bytes() else "<f4"
        row = np.dtype([("place", kind, 3), ("normal", "<f4", 3), ("colour", "u1", 3)])
        places = np.frombuffer(path.read_bytes().partition(b"end_header\n")[2], row, 4)["place"]
    else:
        lines = [line.split()[1:4] for line in path.read_text().splitlines() if line.startswith("v ")]
        places = np.array(lines, dtype=float)
    assert np.abs(places - at - CORNERS * scale).max() < 1e-5 * scale
    np.testing.assert_allclose(np.asarray(read(path).bounds).mean(axis=0), CORNERS.mean(0) * 0 + [
        1.5 * scale + at[0], scale + at[1], scale / 2 + at[2]
    ], rtol=1e-6, atol=1e-5 * scale)  # fmt: skip
    # A scale of 1e-4 at 7 needs more than single precision has, as a map's coordinates do.
    assert any("coordinates are large" in note for note in notes) == (scale / np.abs(at).max(initial=0) < 1e-2
                                                                     if at.any() else False)  # fmt: skip


def wavy(count: int = 40) -> Surface:
    """A sheet with hills, of the size 1 about the origin."""
    x, y = (values.ravel() for values in np.meshgrid(*[np.linspace(-0.5, 0.5, count)] * 2, indexing="ij"))
    corner = (np.arange(count - 1)[:, None] * count + np.arange(count - 1)).ravel()
    first = np.stack([corner, corner + count, corner + 1], axis=1)
    second = np.stack([corner + 1, corner + count, corner + count + 1], axis=1)
    return Surface(np.stack([x, y, 0.1 * np.sin(9 * x) * np.cos(7 * y)], axis=1), np.concatenate([first, second]))


@pytest.mark.parametrize(("scale", "at"), [(1e-5, 0.0), (1e-2, 300.0), (1e3, 0.0), (1e6, -4e6), (1.0, 5e6)])
def test_simplifying_does_not_depend_on_the_unit_or_the_place(scale: float, at: float) -> None:
    sheet = wavy()
    expected = simplified(sheet, 600)
    moved = simplified(Surface(sheet.vertices * scale + at, sheet.faces), 600)
    assert 500 <= len(expected.faces) <= 600 and len(moved.faces) == pytest.approx(len(expected.faces), abs=6)
    heights = (moved.vertices[:, 2] - at) / scale
    x, y = ((moved.vertices[:, axis] - at) / scale for axis in (0, 1))
    assert np.abs(heights - 0.1 * np.sin(9 * x) * np.cos(7 * y)).max() < 0.02


def test_a_turn_is_the_shortest() -> None:
    assert not file_axes("y-up", ".glb", np.array([0.0, 2, 0])).turned
    for up in (*map(np.array, UPS.values()), ASKEW):
        rotation = file_axes("y-up", ".obj", up).rotation
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1)
        angle = np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))
        assert angle == pytest.approx(np.arccos(up[1] / np.linalg.norm(up)), abs=1e-6)
