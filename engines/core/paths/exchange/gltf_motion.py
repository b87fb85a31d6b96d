"""Animated cameras in glTF 2.0: what is read, of any program's files.

A path is the one camera that moves, itself or by a node above it; where none does, every camera of the scene is a
frame. Between keys the file says how it goes on (steps, straight lines and shortest turns, cubics): frames follow that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import Array, Camera, quaternion_rotation
from engines.core.errors import UserError
from engines.core.formats.transforms_frames import OPENGL_TO_OPENCV
from engines.core.paths.exchange.gltf import GENERATOR, POINTER
from engines.core.paths.exchange.gltf_file import GltfFile
from engines.core.paths.path_camera import camera_of_angle, numbers_of
from engines.core.paths.path_content import USUAL_FPS, PathContent, frame_rate
from engines.core.reading import quoted

PATHS = {"translation": 3, "rotation": 4, "scale": 3}
RESTS = {"translation": (0.0, 0.0, 0.0), "rotation": (0.0, 0.0, 0.0, 1.0), "scale": (1.0, 1.0, 1.0)}
DEEPEST = 1000
MOST_FRAMES = 1_000_000
SAME_SHAPE = 1e-3
"""Of width to height: the size in a file's extras is that of its camera."""


@dataclass(frozen=True, eq=False)
class _Track:
    """One thing that moves: `values` [N, D] at `times` [N] rising; of cubics [N, 3, D]: slope, value, slope."""

    times: Array
    values: Array
    way: str

    def at(self, time: float, *, turns: bool) -> Array:
        """[D] at a time; before the first key and after the last as there."""
        after = int(np.searchsorted(self.times, time, side="right"))
        here = self.values if self.way != "CUBICSPLINE" else self.values[:, 1]
        if after == 0 or after == len(self.times):
            return np.asarray(here[max(after - 1, 0)])
        before, step = after - 1, float(self.times[after] - self.times[after - 1])
        share = (time - float(self.times[before])) / step
        if self.way == "STEP" or share == 0:
            return np.asarray(here[before])
        if self.way == "CUBICSPLINE":
            s, into, out = share, self.values[before, 2] * step, self.values[after, 0] * step
            found = (1 + 2 * s) * (1 - s) ** 2 * here[before] + s * (1 - s) ** 2 * into
            found = found + s * s * (3 - 2 * s) * here[after] + s * s * (s - 1) * out
            return np.asarray(found)
        return (
            _slerp(here[before], here[after], share) if turns else here[before] + share * (here[after] - here[before])
        )


def _slerp(start: Array, end: Array, share: float) -> Array:
    cosine = float(start @ end)
    end, cosine = (-end, -cosine) if cosine < 0 else (end, cosine)
    angle = np.arccos(min(cosine, 1.0))
    if angle < 1e-6:
        return np.asarray(start + share * (end - start))
    return np.asarray((np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle))


def read_gltf(path: Path, like: Camera) -> PathContent:
    """The frames of the camera that moves, by the file's frame rate where its keys or its extras have one.

    Raises:
        UserError: no camera, or several that move, or names what is wrong.
    """
    scene = _Scene(GltfFile(path))
    moving = [chain for chain in scene.chains if scene.times(chain) is not None]
    if len(moving) > 1:
        raise UserError(f"{path}: {len(moving)} cameras move in it; a path is one camera's")
    if not moving:
        return PathContent(tuple(scene.camera(chain, 0.0, like) for chain in scene.chains))
    (chain,) = moving
    times = scene.times(chain)
    keys = np.empty(0) if times is None else times
    fps = frame_rate(keys.tolist())
    if fps is None:
        fps = scene.stated_fps(chain) or USUAL_FPS
        span = float(keys[-1] - keys[0])
        if span * fps > MOST_FRAMES:
            raise UserError(f"{path}: an animation of {span:,.0f} seconds; at most {MOST_FRAMES:,} frames are drawn")
        keys = keys[0] + np.arange(int(np.floor(span * fps + 1e-3)) + 1) / fps
    return PathContent(tuple(scene.camera(chain, float(time), like) for time in keys), fps)


class _Scene:
    """The cameras of a file, and what moves them.

    Attributes:
        chains: of each node that has a camera, the nodes above it, the uppermost first, and it.
    """

    def __init__(self, file: GltfFile) -> None:
        self._file = file
        self.chains = self._camera_chains()
        if not self.chains:
            raise UserError(f"{file.path}: a glTF scene without a camera")
        self._tracks = dict[tuple[str, int, str], _Track]()
        for number, animation in enumerate(file.listed("animations")):
            if isinstance(animation, Mapping):
                self._take(number, animation)
        self._to_world = self._file_to_world()

    def _camera_chains(self) -> list[list[int]]:
        nodes = self._file.listed("nodes")
        above = dict[int, int]()
        for number, node in enumerate(nodes):
            children = node.get("children") if isinstance(node, Mapping) else None
            for child in children if isinstance(children, list) else []:
                self._file.entry("nodes", child)
                above[child] = number
        chains = []
        for number, node in enumerate(nodes):
            if isinstance(node, Mapping) and node.get("camera") is not None:
                chain = [number]
                while chain[0] in above:
                    chain.insert(0, above[chain[0]])
                    if len(chain) > DEEPEST:
                        raise UserError(f"{self._file.path}: its nodes are nested in a circle, or too deeply")
                chains.append(chain)
        return chains

    def _file_to_world(self) -> Array:
        """Of our own files, which say so; those of other programs are taken as they stand."""
        asset = self._file.document["asset"]
        extras = asset.get("extras")
        if asset.get("generator") != GENERATOR or not isinstance(extras, Mapping) or "file_to_world" not in extras:
            return np.eye(4)
        return numbers_of(f"{self._file.path}: asset.extras", extras, "file_to_world", 4, 4)

    def _take(self, number: int, animation: Mapping[str, Any]) -> None:
        samplers = animation.get("samplers")
        channels = animation.get("channels")
        for channel in channels if isinstance(channels, list) else []:
            target = channel.get("target") if isinstance(channel, Mapping) else None
            about = self._about(target) if isinstance(target, Mapping) else None
            if about is None or about in self._tracks:
                continue
            where = f"{self._file.path}: animations[{number}]"
            sampler = channel.get("sampler")
            if not isinstance(samplers, list) or not isinstance(sampler, int) or not 0 <= sampler < len(samplers):
                raise UserError(f"{where} has no samplers[{quoted(sampler)}]")
            self._tracks[about] = self._track(where, samplers[sampler], PATHS.get(about[2], 1))

    def _about(self, target: Mapping[str, Any]) -> tuple[str, int, str] | None:
        """What a channel moves, if it concerns a camera: a node's place, turn or size, or a field of view."""
        node, what = target.get("node"), target.get("path")
        if isinstance(node, int) and what in PATHS:
            return "node", node, str(what)
        extensions = target.get("extensions")
        pointer = extensions.get(POINTER) if isinstance(extensions, Mapping) else None
        words = str(pointer.get("pointer")).split("/") if isinstance(pointer, Mapping) else []
        if len(words) == 4 and words[1] == "nodes" and words[2].isdecimal() and words[3] in PATHS:
            return "node", int(words[2]), words[3]
        if len(words) == 5 and words[1] == "cameras" and words[2].isdecimal() and words[3:] == ["perspective", "yfov"]:
            return "camera", int(words[2]), "yfov"
        return None

    def _track(self, where: str, sampler: Any, width: int) -> _Track:
        if not isinstance(sampler, Mapping):
            raise UserError(f"{where} has a sampler that is no object")
        times, values = self._file.accessor(sampler.get("input")), self._file.accessor(sampler.get("output"))
        way = str(sampler.get("interpolation", "LINEAR"))
        if way not in ("LINEAR", "STEP", "CUBICSPLINE"):
            raise UserError(f"{where}: interpolation is {quoted(way)}; there are LINEAR, STEP and CUBICSPLINE")
        many = 3 if way == "CUBICSPLINE" else 1
        if not len(times) or times.shape[1] != 1 or values.shape != (len(times) * many, width):
            raise UserError(f"{where} has {len(times)} times, but {len(values)} values of {values.shape[1]} numbers")
        seconds = times[:, 0]
        if (np.diff(seconds) <= 0).any():
            raise UserError(f"{where}: its times don't rise")
        return _Track(seconds, values.reshape(len(times), 3, width) if many == 3 else values, way)

    def times(self, chain: Sequence[int]) -> Array | None:
        """All keys' times of what moves a camera; None where nothing does."""
        camera = self._file.entry("nodes", chain[-1]).get("camera")
        mine = [
            track.times
            for (kind, number, _), track in self._tracks.items()
            if (number in chain if kind == "node" else number == camera)
        ]
        return np.unique(np.concatenate(mine)) if mine else None

    def stated_fps(self, chain: Sequence[int]) -> float | None:
        """The frame rate that our own files say in the camera's extras."""
        extras = self._entry_of(chain).get("extras")
        fps = extras.get("fps") if isinstance(extras, Mapping) else None
        return float(fps) if isinstance(fps, int | float) and 0 < fps <= 1000 else None

    def _entry_of(self, chain: Sequence[int]) -> Mapping[str, Any]:
        return self._file.entry("cameras", self._file.entry("nodes", chain[-1]).get("camera"))

    def camera(self, chain: Sequence[int], time: float, like: Camera) -> Camera:
        """The camera at the end of a chain of nodes, at a time in seconds."""
        where = f"{self._file.path}: nodes[{chain[-1]}]"
        pose = self._to_world
        for node in chain:
            pose = pose @ self._matrix(node, time)
        lengths = np.linalg.norm(pose[:3, :3], axis=0)
        if not (lengths > 1e-12).all() or not np.isfinite(pose).all():
            raise UserError(f"{where}: its camera is shrunk to nothing")
        rigid = np.eye(4)
        rigid[:3, :3], rigid[:3, 3] = pose[:3, :3] / lengths, pose[:3, 3]
        entry = self._entry_of(chain)
        lens = entry.get("perspective")
        if entry.get("type") != "perspective" or not isinstance(lens, Mapping):
            raise UserError(f"{where}: its camera is {quoted(entry.get('type'))}; only perspective ones can be drawn")
        camera = self._file.entry("nodes", chain[-1])["camera"]
        track = self._tracks.get(("camera", camera, "yfov"))
        angle = float(numbers_of(where, lens, "yfov")) if track is None else float(track.at(time, turns=False)[0])
        size_px = self._size(entry, lens, like)
        return camera_of_angle(where, rigid * OPENGL_TO_OPENCV, like, float(np.degrees(angle)), size_px)

    def _size(self, entry: Mapping[str, Any], lens: Mapping[str, Any], like: Camera) -> tuple[int, int]:
        """That of our extras, if the camera still has that shape; else the height at hand, in the camera's shape."""
        aspect = lens.get("aspectRatio")
        if not isinstance(aspect, int | float) or not 1e-3 < aspect < 1e3:
            return like.size_px
        extras = entry.get("extras")
        size = extras.get("size_px") if isinstance(extras, Mapping) else None
        if isinstance(size, list) and len(size) == 2 and all(isinstance(side, int) and side > 0 for side in size):
            width, height = size
            if abs(width / height / aspect - 1) < SAME_SHAPE:
                return width, height
        return max(1, round(like.size_px[1] * aspect)), like.size_px[1]

    def _matrix(self, number: int, time: float) -> Array:
        """[4, 4] of a node at a time."""
        node = self._file.entry("nodes", number)
        where = f"{self._file.path}: nodes[{number}]"
        if "matrix" in node:
            # Column by column.
            return numbers_of(where, node, "matrix", 4, 4).T
        parts = dict[str, Array]()
        for name, width in PATHS.items():
            track = self._tracks.get(("node", number, name))
            parts[name] = (
                track.at(time, turns=name == "rotation") if track is not None
                else numbers_of(where, {name: node.get(name, RESTS[name])}, name, width)
            )  # fmt: skip
        x, y, z, w = parts["rotation"] / max(float(np.linalg.norm(parts["rotation"])), 1e-12)
        matrix = np.eye(4)
        matrix[:3, :3] = quaternion_rotation(w, x, y, z) * parts["scale"]
        matrix[:3, 3] = parts["translation"]
        return matrix
