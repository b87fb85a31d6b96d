"""Mesh files of other programs and of ours, sound and unsound."""

from __future__ import annotations

import random
import socket
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from app.mesh.axes import file_axes, said_axes
from app.mesh.mesh_file import MESH_SUFFIXES, write_mesh
from app.mesh.mesh_reading import READ_SUFFIXES, is_mesh_file, read_mesh
from engines.core.camera import Array
from engines.core.errors import UserError
from tests.app.damaging import cut, head_overwritten, noise
from tests.app.mesh.shapes import cube, sphere, write

ASKEW = np.array([0.3, -0.9, 0.4])
HEADER = "ply\nformat ascii 1.0\nelement vertex {}\nproperty float x\nproperty float y\nproperty float z\n"
FACES = "element face {}\nproperty list uchar int vertex_indices\n"


def sorted_rows(values: Array) -> Array:
    return values[np.lexsort(np.round(values, 4).T)]


@pytest.mark.parametrize("suffix", READ_SUFFIXES)
def test_every_kind_of_file_gives_the_same_triangles(suffix: str, tmp_path: Path) -> None:
    good = cube(at=(1.0, 2.0, 3.0))
    surface = read_mesh(write(tmp_path / f"cube{suffix}", good)).surface
    corners = surface.vertices[surface.faces].reshape(-1, 9)
    np.testing.assert_allclose(sorted_rows(corners), sorted_rows(good.vertices[good.faces].reshape(-1, 9)), atol=1e-6)


@pytest.mark.parametrize("suffix", MESH_SUFFIXES)
@pytest.mark.parametrize("axes", ["world", "y-up", "z-up"])
def test_ours_come_back_into_the_world_with_their_colours(suffix: str, axes: str, tmp_path: Path) -> None:
    good = cube(at=(1.0, 2.0, 3.0))
    colours = np.random.default_rng(0).integers(0, 256, (8, 3)).astype(np.uint8)
    file = tmp_path / f"cube{suffix}"
    write_mesh(file, good, colours, ASKEW, axes)
    read = read_mesh(file)
    # The direction stands in the file with six digits.
    np.testing.assert_allclose(read.surface.vertices, good.vertices, atol=2e-5)
    assert read.colours is not None
    # Of a GLB they are proportional to light, in the 8 bits of the library that reads it.
    lightest = colours > 99
    assert np.abs(read.colours.astype(int) - colours)[lightest].max() <= (3 if suffix == ".glb" else 0)
    assert bool(read.notes) == (axes != "world")


@pytest.mark.parametrize("up", [(0.0, 0.0, 1.0), (0.0, -1.0, 0.0), (0.3, -0.9, 0.4), (-1.0, 0.0, 0.0)])
@pytest.mark.parametrize("name", ["y-up", "z-up"])
def test_a_sentence_is_read_as_it_was_meant(name: str, up: tuple[float, float, float]) -> None:
    meant = file_axes(name, ".ply", np.array(up))
    said = said_axes(f"# made by Vantage\n# {meant.sentence()}\nv 1 2 3")
    if said is None:
        assert not meant.turned
    else:
        np.testing.assert_allclose(said.rotation, meant.rotation, atol=2e-6)


@pytest.mark.parametrize("text", ["(0, 0, 0)", "(x, 0, 1)", "(1, 2)", "(inf, 0, 1)", "(" + "9" * 500 + ", 0, 0)"])
def test_a_sentence_that_says_no_direction_is_passed_over(text: str) -> None:
    assert said_axes(f"+y is up, turned from the scene's world, in which up is {text}; units of the scene") is None


def test_a_cloud_has_points_and_maybe_normals(tmp_path: Path) -> None:
    file = tmp_path / "cloud.ply"
    rows = "0 0 1 0 0 1\n1 0 2 0 1 0\n"
    file.write_text(HEADER.format(2) + "".join(f"property float n{axis}\n" for axis in "xyz") + "end_header\n" + rows)
    read = read_mesh(file)
    assert read.surface.vertices.tolist() == [[0, 0, 1], [1, 0, 2]] and not len(read.surface.faces)
    assert read.normals is not None and read.normals.tolist() == [[0, 0, 1], [0, 1, 0]]
    file.write_text(HEADER.format(1) + "end_header\n3 4 5\n")
    assert read_mesh(file).normals is None


def test_squares_become_triangles(tmp_path: Path) -> None:
    file = tmp_path / "square.ply"
    file.write_text(HEADER.format(4) + FACES.format(1) + "end_header\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3\n")
    assert read_mesh(file).surface.faces.shape == (2, 3)


def test_places_of_a_scene_of_several_parts_are_those_of_its_nodes(tmp_path: Path) -> None:
    scene = trimesh.Scene()
    for x in (0.0, 5.0):
        scene.add_geometry(
            trimesh.creation.box((1, 1, 1)), transform=trimesh.transformations.translation_matrix([x, 0, 0])
        )
    scene.export(tmp_path / "two.glb")
    vertices = read_mesh(tmp_path / "two.glb").surface.vertices
    assert vertices[:, 0].min() == -0.5 and vertices[:, 0].max() == 5.5


def test_nothing_beside_the_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cube.obj"
    write(file, cube())
    (tmp_path / "own.mtl").write_text("newmtl a\nmap_Kd https://example.com/a.png\n")
    text = file.read_text()
    file.write_text(f"mtllib own.mtl\nmtllib /etc/passwd\nmtllib https://example.com/b.mtl\nusemtl a\n{text}")
    opened: list[Path] = []
    whole = Path.open

    def watched(path: Path, *rest: Any, **more: Any) -> Any:
        opened.append(path)
        return whole(path, *rest, **more)

    def no_network(*rest: object, **more: object) -> None:
        raise AssertionError("a mesh file reached for the network")

    monkeypatch.setattr(Path, "open", watched)
    monkeypatch.setattr(socket, "socket", no_network)
    assert len(read_mesh(file).surface.faces) == 12
    assert set(opened) == {file}


def test_what_can_not_be_read_is_one_line_that_names_it(tmp_path: Path) -> None:
    cases = {
        "a.txt": ("x", "is no mesh file that is read here"),
        "b.ply": (HEADER.format(10**15) + "end_header\n1 2 3\n", "is cut short"),
        "g.ply": (HEADER.format(3) + FACES.format(2) + "end_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n", "is cut short"),
        "c.ply": (
            HEADER.format(3) + FACES.format(1) + "end_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 7\n",
            "that are not there",
        ),
        "d.ply": (HEADER.format(1) + "end_header\nnan 0 0\n", "no numbers"),
        "e.off": ("OFF\n3 1 0\n0 0 0\n", "damaged"),
        "f.glb": ("glTF", "damaged"),
        "h.ply": ("ply\nformat binary_little_endian 1.0\nelement vertex 9\nend_header\n", "is damaged"),
    }
    for name, (text, said) in cases.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(UserError, match=said) as raised:
            read_mesh(tmp_path / name)
        assert str(raised.value).startswith(str(tmp_path / name)) and len(str(raised.value).splitlines()) == 1
    with pytest.raises(UserError, match="no such file"):
        read_mesh(tmp_path / "missing.ply")
    with pytest.raises(UserError, match="folder"):
        (tmp_path / "folder.ply").mkdir()
        read_mesh(tmp_path / "folder.ply")


def test_names_in_another_encoding_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "cube.obj"
    write(file, cube())
    file.write_bytes("# Würfel\no Würfel\n".encode("latin-1") + file.read_bytes())
    assert len(read_mesh(file).surface.faces) == 12


def test_polygons_of_uneven_corners_in_a_binary_file_are_told_with_the_way_out(tmp_path: Path) -> None:
    places = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [2, 2, 2]], "<f4").tobytes()
    polygons = struct.pack("<B4i", 4, 0, 1, 2, 3) + struct.pack("<B3i", 3, 0, 1, 4)
    head = (HEADER.format(5) + FACES.format(2)).replace("ascii", "binary_little_endian") + "end_header\n"
    (tmp_path / "mixed.ply").write_bytes(head.encode() + places + polygons)
    with pytest.raises(UserError, match="save it as triangles"):
        read_mesh(tmp_path / "mixed.ply")


@pytest.mark.parametrize("suffix", READ_SUFFIXES)
def test_damaged_files_are_read_or_refused(suffix: str, tmp_path: Path) -> None:
    chance = random.Random(5)
    sound = write(tmp_path / f"sound{suffix}", sphere(finer=1)).read_bytes()

    def changed(content: bytes, chance: random.Random) -> bytes:
        spoilt = bytearray(content)
        for _ in range(8):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        return bytes(spoilt)

    refused = 0
    for damage in [cut, head_overwritten, noise, *[changed] * 12]:
        file = tmp_path / f"unsound{suffix}"
        file.write_bytes(damage(sound, chance))
        try:
            surface = read_mesh(file).surface
            assert not len(surface.faces) or surface.faces.max() < len(surface.vertices)
        except UserError as error:
            refused += 1
            assert str(file) in str(error)
    assert refused


def test_names_are_told_by_their_suffix() -> None:
    assert is_mesh_file(Path("a/B.PLY")) and not is_mesh_file(Path("a.npz")) and not is_mesh_file(Path("ply"))
