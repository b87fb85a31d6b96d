"""Animated glTF cameras: files that were put together by hand to the specification, and what is written."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from engines.core.camera import Array
from engines.core.data.origin import in_world
from engines.core.errors import UserError
from engines.core.paths.exchange.formats import write_content
from engines.core.paths.path_content import PathContent
from engines.core.paths.path_files import read_content, read_path
from tests.engines.core.cameras_around import LIKE, around, assert_same_poses

HALF = float(np.sqrt(0.5))
TYPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}


Track: TypeAlias = tuple[dict[str, Any], str, list[float], Any]
"""Target, interpolation, times, values [N, D]."""


def document(*tracks: Track, **more: Any) -> dict[str, Any]:
    """A camera at node 1, below node 0."""
    blocks: list[Array] = []
    channels, samplers = [], []
    for target, way, times, values in tracks:
        samplers.append({"input": len(blocks), "output": len(blocks) + 1, "interpolation": way})
        channels.append({"sampler": len(samplers) - 1, "target": target})
        blocks += [np.array(times, "<f4")[:, None], np.array(values, "<f4")]
    starts = np.cumsum([0, *(block.nbytes for block in blocks)]).tolist()
    data = base64.b64encode(b"".join(block.tobytes() for block in blocks)).decode()
    return {
        "asset": {"version": "2.0", "generator": "a hand"},
        "nodes": [{"children": [1], "translation": [1, 2, 3]}, {"camera": 0}],
        "cameras": [{"type": "perspective", "perspective": {"yfov": np.pi / 2, "znear": 0.1, "aspectRatio": 2.0}}],
        "animations": [{"channels": channels, "samplers": samplers}] if tracks else [],
        "accessors": [
            {"bufferView": i, "componentType": 5126, "count": len(block), "type": TYPES[block.shape[1]]}
            for i, block in enumerate(blocks)
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": start, "byteLength": block.nbytes}
            for start, block in zip(starts, blocks, strict=False)
        ],
        "buffers": [{"byteLength": starts[-1], "uri": f"data:application/octet-stream;base64,{data}"}]
        if blocks
        else [],
        **more,
    }


def write(path: Path, data: dict[str, Any]) -> Path:
    path.write_text(json.dumps(data))
    return path


TURN: Track = ({"node": 1, "path": "rotation"}, "LINEAR", [0.0, 1.0], [[0, 0, 0, 1], [0, HALF, 0, HALF]])
MOVE: Track = ({"node": 1, "path": "translation"}, "LINEAR", [0.0, 1.0], [[0, 0, 0], [4, 0, 0]])


def test_a_camera_looks_along_its_minus_z_below_its_parents(tmp_path: Path) -> None:
    """glTF 2.0, 3.10 and 3.11: the camera looks along the node's -z with +y up; rotations are x y z w; lines between
    keys, rotations by the shortest turn; yfov is vertical, in radians.

    A quarter turn about y takes -z to -x. Half of it, at half a second, takes it to (-sqrt(1/2), 0, -sqrt(1/2)); the
    node has gone 2 by then, and stands at (1 + 2, 2, 3) below its parent. A yfov of pi / 2 is a focal length of half
    the height: with 64 rows at hand 32, and a picture twice as wide. 30 frames/s, where neither keys nor file say more.
    """
    content = read_content(write(tmp_path / "a.gltf", document(TURN, MOVE)), LIKE)
    assert len(content.cameras) == 31 and content.fps == 30
    middle, last = content.cameras[15], content.cameras[-1]
    np.testing.assert_allclose(middle.forward, [-HALF, 0, -HALF], atol=1e-7)
    np.testing.assert_allclose(middle.position, [3, 2, 3], atol=1e-7)
    np.testing.assert_allclose(last.forward, [-1, 0, 0], atol=1e-7)
    np.testing.assert_allclose(last.down, [0, -1, 0], atol=1e-7)
    assert middle.focal_px == pytest.approx((32, 32)) and middle.size_px == (128, 64)


def test_steps_cubics_and_fields_of_view_move_as_the_specification_has_it(tmp_path: Path) -> None:
    """Appendix C: a step stays at the key before. A cubic is that of Hermite, its slopes times the seconds of the leg:
    with slopes 0 at the ends from 0 to 4 within 2 s it is 4 (3 s^2 - 2 s^3), which is 0.625 at s = 1/4; a slope of 2/s
    at the beginning adds s (1 - s)^2 * 2 * 2 = 0.5625. KHR_animation_pointer: from 90 to 60 degrees, half way 75."""
    slopes, rest = [2.0, 0, 0], [0.0, 0, 0]
    cubic: Track = (
        {"node": 1, "path": "translation"},
        "CUBICSPLINE",
        [0.0, 2.0],
        [rest, rest, slopes, rest, [4, 0, 0], rest],
    )
    step: Track = ({"node": 0, "path": "translation"}, "STEP", [0.0, 2.0], [[0, 0, 7], [0, 0, 9]])
    pointer = {"KHR_animation_pointer": {"pointer": "/cameras/0/perspective/yfov"}}
    angle: Track = ({"path": "pointer", "extensions": pointer}, "LINEAR", [0.0, 2.0], [[np.pi / 2], [np.pi / 3]])
    content = read_content(write(tmp_path / "a.gltf", document(cubic, step, angle)), LIKE)
    at_half, at_one = content.cameras[15], content.cameras[30]
    np.testing.assert_allclose(at_half.position, [0.625 + 0.5625, 0, 7], atol=1e-6)
    assert at_one.fov_y_deg == pytest.approx(75, abs=1e-5)
    assert content.cameras[-1].position[2] == 9 and len(content.cameras) == 61


def test_keys_of_every_frame_are_the_frames(tmp_path: Path) -> None:
    """Blender writes a key for every frame of its scene, here 24 a second."""
    times = [i / 24 for i in range(10)]
    move: Track = ({"node": 0, "path": "translation"}, "LINEAR", times, [[i, 0, 0] for i in range(10)])
    content = read_content(write(tmp_path / "a.gltf", document(move)), LIKE)
    assert content.fps == 24 and [round(camera.position[0], 5) for camera in content.cameras] == list(range(10))


def test_cameras_that_stand_are_a_frame_each(tmp_path: Path) -> None:
    nodes = [{"camera": 0, "translation": [i, 0, 0], "scale": [2, 2, 2]} for i in range(3)]
    data = document(nodes=[*nodes, {"matrix": np.eye(4).ravel().tolist()}])
    cameras = read_path(write(tmp_path / "a.gltf", data), LIKE)
    assert [camera.position[0] for camera in cameras] == [0, 1, 2]


@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
@pytest.mark.parametrize("up", [None, [0, 0, 1], [0.1, -1, 0.2]])
def test_what_is_written_is_read_back(tmp_path: Path, suffix: str, up: list[float] | None) -> None:
    cameras = [camera.zoomed(1 + 0.1 * i) for i, camera in enumerate(around())]
    direction = None if up is None else np.array(up) / np.linalg.norm(up)
    assert write_content(tmp_path / f"a{suffix}", PathContent(tuple(cameras), 24.0, up=direction)) == ()
    content = read_content(tmp_path / f"a{suffix}", LIKE)
    assert content.fps == 24
    assert_same_poses(content.cameras, cameras, 5e-7)
    for found, camera in zip(content.cameras, cameras, strict=True):
        assert found.size_px == (96, 72) and found.fov_y_deg == pytest.approx(camera.fov_y_deg, abs=1e-5)


def test_a_scenes_up_is_the_files_y(tmp_path: Path) -> None:
    """glTF 2.0, 3.4: +y is up. A camera at (2.2, 0, 1) of a world with +z up stands at (2.2, 1, 0); Blender puts (x, y,
    z) of a file at (x, -z, y) and has it where it was."""
    write_content(tmp_path / "a.gltf", PathContent(tuple(around()), up=np.array([0.0, 0, 1])))
    (node,) = json.loads((tmp_path / "a.gltf").read_text())["nodes"]
    np.testing.assert_allclose(node["translation"], [2.2, 1, 0], atol=1e-6)


def test_a_path_far_away_is_as_fine_as_it_is_small(tmp_path: Path) -> None:
    far = list(in_world(around(), np.array([5e5, 4e6, 0])))
    write_content(tmp_path / "a.glb", PathContent(tuple(far)))
    assert_same_poses(read_path(tmp_path / "a.glb", LIKE), far, 1e-6)


def test_the_binary_part_is_where_the_specification_has_it(tmp_path: Path) -> None:
    """4.4: magic, version 2, length of all; chunks of length, kind and data, each a multiple of four bytes."""
    write_content(tmp_path / "a.glb", PathContent(tuple(around())))
    content = (tmp_path / "a.glb").read_bytes()
    magic, version, length, first, kind = struct.unpack_from("<4sIIII", content)
    assert (magic, version, length, kind) == (b"glTF", 2, len(content), 0x4E4F534A) and first % 4 == 0
    found = json.loads(content[20 : 20 + first])
    rest, binary = struct.unpack_from("<II", content, 20 + first)
    assert binary == 0x004E4942 and rest % 4 == 0 and 28 + first + rest == len(content)
    assert found["buffers"] == [{"byteLength": 12 * (1 + 3 + 4) * 4}]
    times = np.frombuffer(content, "<f4", 12, 28 + first)
    np.testing.assert_allclose(times, np.arange(12) / 30, atol=1e-7)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (document(asset={"version": "1.0"}), r"is glTF 1\.0; 2\.0 is read"),
        (document(nodes=[{}]), "a glTF scene without a camera"),
        (document(cameras=[{"type": "orthographic"}]), "its camera is 'orthographic'"),
        (document(nodes=[{"children": [1]}, {"children": [0], "camera": 0}]), "nested in a circle"),
        (document(TURN, accessors=[]), r"has no accessors\[0\]"),
        (document(TURN, buffers=[{"uri": "../secret.bin", "byteLength": 9}]), "only files beside it are read"),
        (document(TURN, buffers=[{"uri": "data:,!!", "byteLength": 9}]), "has a buffer that can't be read"),
        (document(TURN, bufferViews=[{"buffer": 0, "byteOffset": 99}, {"buffer": 0}]), "reaches beyond its buffer"),
        (document((TURN[0], "BEZIER", *TURN[2:])), "interpolation is 'BEZIER'"),
        (document((TURN[0], "LINEAR", [0.0, 0.0], TURN[3])), "its times don't rise"),
        (document((TURN[0], "LINEAR", [0.0, 1.0, 2.0], TURN[3])), "3 times, but 2 values"),
        (document((MOVE[0], "LINEAR", [0.0, 1e6], MOVE[3])), "an animation of 1,000,000 seconds"),
        ({"asset": 3}, "is no glTF"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, data: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=rf"a\.gltf: .*{message}|a\.gltf: {message}"):
        read_path(write(tmp_path / "a.gltf", data), LIKE)
