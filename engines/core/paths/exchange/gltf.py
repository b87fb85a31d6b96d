"""Animated cameras in glTF 2.0 (`.glb`, `.gltf`), as Blender imports and exports them: what is written.

A node's translation and rotation (x y z w) go by seconds; the camera at it looks along its -z with +y up, and has a
vertical field of view in radians (`yfov`), which `KHR_animation_pointer` moves where it changes. In glTF +y is up: a
path that is written with its scene is turned so, as a mesh is, and the file says how it lies to the world.

Numbers of animations are single precision. A path far from the origin stands at a node of its own, so that they are
as fine as the path is small. The size of the picture and the frame rate stand in `extras`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import Array, Camera, shortest_turn
from engines.core.formats.transforms_frames import OPENGL_TO_OPENCV
from engines.core.paths.exchange.gltf_file import FLOAT, gltf_bytes
from engines.core.paths.interpolation import quaternion_of
from engines.core.paths.path_content import USUAL_FPS, Keeps, PathContent

KEEPS = Keeps(lens="angle", size=True, fps=True)
GLTF_UP = np.array([0.0, 1.0, 0.0])
POINTER = "KHR_animation_pointer"
YFOV_POINTER = "/cameras/0/perspective/yfov"
GENERATOR = "Vantage"
COARSE = 2.5e-7
"""World units by which single precision may move a camera before the path gets a node of its own."""
NEAR, FAR = 0.01, 1000.0
"""Of the world that is drawn in the other program, which can't be left out there; in units of the scene."""


def write_gltf(path: Path, content: PathContent) -> list[str]:
    """Writes all frames as keys with straight lines between; without a known up in the world's own axes."""
    fps = content.fps or USUAL_FPS
    turn = np.eye(4)
    if content.up is not None:
        turn[:3, :3] = shortest_turn(content.up, GLTF_UP)
    poses = np.stack([turn @ camera.camera_to_world * OPENGL_TO_OPENCV for camera in content.cameras])
    places = poses[:, :3, 3]
    middle = np.zeros(3)
    if np.abs(places.astype(np.float32) - places).max() > COARSE:
        middle = np.round((places.min(axis=0) + places.max(axis=0)) / 2)
    turns = _without_flips(np.roll([quaternion_of(pose[:3, :3]) for pose in poses], -1, axis=1))
    times = np.arange(len(poses))[:, None] / fps
    angles = np.radians([[camera.fov_y_deg] for camera in content.cameras])
    blocks = [times, places - middle, turns, *([angles] if np.ptp(angles) > 0 else [])]
    document = _document(content.cameras[0], [block.astype("<f4") for block in blocks], middle, turn, fps)
    binary = b"".join(block.astype("<f4").tobytes() for block in blocks)
    path.write_bytes(gltf_bytes(document, binary, one_file=path.suffix.lower() != ".gltf"))
    sizes = {camera.size_px for camera in content.cameras}
    return ["one size for all frames (the first one's)"] if len(sizes) > 1 else []


def _without_flips(quaternions: Array) -> Array:
    """[N, 4] of which none is farther from the one before than its negative: lines between them go the short way."""
    turned = quaternions.copy()
    for index in range(1, len(turned)):
        if turned[index] @ turned[index - 1] < 0:
            turned[index] = -turned[index]
    return turned


def _document(first: Camera, blocks: list[Array], middle: Array, turn: Array, fps: float) -> dict[str, Any]:
    """The JSON part. `blocks`: times, translations, rotations, and angles where they change."""
    width, height = first.size_px
    camera = {
        "name": "camera",
        "type": "perspective",
        "perspective": {
            "yfov": float(np.radians(first.fov_y_deg)), "aspectRatio": width / height, "znear": NEAR, "zfar": FAR,
        },
        "extras": {"size_px": [width, height], "fps": fps},
    }  # fmt: skip
    node = {"name": "camera", "camera": 0, "translation": blocks[1][0].tolist(), "rotation": blocks[2][0].tolist()}
    nodes: list[dict[str, Any]] = [node]
    if middle.any():
        nodes.append({"name": "path", "translation": middle.tolist(), "children": [0]})
    targets: list[dict[str, Any]] = [{"node": 0, "path": "translation"}, {"node": 0, "path": "rotation"}]
    if len(blocks) > len(targets) + 1:
        targets.append({"path": "pointer", "extensions": {POINTER: {"pointer": YFOV_POINTER}}})
    document: dict[str, Any] = {
        "asset": {
            "version": "2.0", "generator": GENERATOR, "extras": {"file_to_world": np.linalg.inv(turn).tolist()},
        },
        "scene": 0,
        "scenes": [{"nodes": [len(nodes) - 1]}],
        "nodes": nodes,
        "cameras": [camera],
        "animations": [
            {
                "name": "camera path",
                "samplers": [
                    {"input": 0, "interpolation": "LINEAR", "output": number}
                    for number, _ in enumerate(targets, 1)
                ],
                "channels": [{"sampler": number, "target": target} for number, target in enumerate(targets)],
            }
        ],
        **_numbers(blocks),
    }  # fmt: skip
    if len(targets) > 2:
        # Only used, not required: who does not know it still moves the camera.
        document["extensionsUsed"] = [POINTER]
    return document


def _numbers(blocks: list[Array]) -> dict[str, Any]:
    starts = np.cumsum([0, *(block.nbytes for block in blocks)]).tolist()
    kinds = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}
    accessors: list[dict[str, Any]] = [
        {"bufferView": number, "componentType": FLOAT, "count": len(block), "type": kinds[block.shape[1]]}
        for number, block in enumerate(blocks)
    ]
    # glTF wants these of times.
    accessors[0] |= {"min": blocks[0].min(axis=0).tolist(), "max": blocks[0].max(axis=0).tolist()}
    views = [
        {"buffer": 0, "byteOffset": start, "byteLength": block.nbytes}
        for start, block in zip(starts, blocks, strict=False)
    ]
    return {"accessors": accessors, "bufferViews": views}
