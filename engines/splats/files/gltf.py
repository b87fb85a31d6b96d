"""glTF (`.glb`, `.gltf`) with `KHR_gaussian_splatting`: points whose attributes are those of splats, +y up.

Scales are standard deviations (in drafts of the extension their logarithms: where some are negative), opacities in
[0, 1], quaternions x y z w, harmonics an attribute for each coefficient. All primitives of the scene are read, moved as
their nodes say. SPZ within glTF (`KHR_gaussian_splatting_compression_spz_2`) is read, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import Array, quaternion_rotation
from engines.core.errors import UserError
from engines.core.paths.exchange.gltf_file import FLOAT, MAGIC, GltfFile, gltf_bytes
from engines.core.reading import quoted
from engines.splats.files.axes import LEFT_UP, UP_BACK, mirrored, turned
from engines.splats.files.content import SplatContent, empty
from engines.splats.files.encodings import CONSTANT, log_scales_of, logits_of, opacities_of
from engines.splats.files.spz import unpacked
from engines.splats.splats import ARRAYS, MOST_DEGREE, Splats

EXTENSION = "KHR_gaussian_splatting"
SPZ = tuple(f"{EXTENSION}_compression_spz{version}" for version in ("", "_2"))
POINTS = 0
DEEPEST = 1000
SKEW = 1e-4
MOST_JSON_BYTES = 2**26
"""That are looked through for the name of the extension."""
GENERATOR = "Vantage"


def has_splats(path: Path) -> bool:
    """Whether a glTF file says that there are splats in it; of a `.glb` only the JSON part is read."""
    with path.open("rb") as file:
        head = file.read(20)
        if head[:4] != MAGIC:
            return f'"{EXTENSION}"'.encode() in head + file.read(MOST_JSON_BYTES)
        length = int.from_bytes(head[12:16], "little")
        return f'"{EXTENSION}"'.encode() in file.read(min(length, MOST_JSON_BYTES))


def read_gltf_splats(path: Path) -> SplatContent:
    """Reads all splats of a file's scene.

    Raises:
        UserError: there are none, an attribute is missing, or a node skews them.
    """
    file = GltfFile(path)
    parts, notes = list[Splats](), dict[str, None]()
    for mesh, to_scene in _placed_meshes(file):
        for primitive in mesh.get("primitives", []):
            extension = (primitive.get("extensions") or {}).get(EXTENSION)
            if not isinstance(extension, Mapping):
                continue
            found = _primitive(file, primitive, extension)
            parts.append(_moved(path, found, to_scene))
            notes |= dict.fromkeys(_unlike(extension))
    if not parts:
        raise UserError(f"{path}: a glTF scene without Gaussian splats ({EXTENSION})")
    # Back to the axes that all forms are read into.
    return SplatContent(mirrored(_joined(parts), LEFT_UP), tuple(notes))


def _placed_meshes(file: GltfFile) -> Iterator[tuple[Mapping[str, Any], Array]]:
    """The meshes of the scene, and [4, 4] where each is."""
    if not file.listed("nodes"):
        yield from ((file.entry("meshes", index), np.eye(4)) for index in range(len(file.listed("meshes"))))
        return
    scene = file.entry("scenes", file.document.get("scene", 0)) if file.listed("scenes") else {}
    waiting = [(node, np.eye(4), 0) for node in scene.get("nodes", range(len(file.listed("nodes"))))]
    visited = 0
    while waiting:
        index, above, depth = waiting.pop(0)
        node = file.entry("nodes", index)
        visited += 1
        if depth > DEEPEST or visited > 100 * DEEPEST:
            raise UserError(f"{file.path}: its nodes are nested in a circle, or too deeply")
        here = above @ _matrix_of(node)
        if node.get("mesh") is not None:
            yield file.entry("meshes", node["mesh"]), here
        waiting += [(child, here, depth + 1) for child in node.get("children", [])]


def _matrix_of(node: Mapping[str, Any]) -> Array:
    """[4, 4] of a node within the one above."""
    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T
    matrix = np.eye(4)
    x, y, z, w = (float(value) for value in node.get("rotation", (0, 0, 0, 1)))
    matrix[:3, :3] = quaternion_rotation(w, x, y, z) * np.array(node.get("scale", (1, 1, 1)), np.float64)
    matrix[:3, 3] = node.get("translation", (0, 0, 0))
    return matrix


def _moved(path: Path, splats: Splats, to_scene: Array) -> Splats:
    if np.array_equal(to_scene, np.eye(4)):
        return splats
    size = float(np.cbrt(abs(np.linalg.det(to_scene[:3, :3]))))
    if not np.isfinite(size) or size == 0:
        raise UserError(f"{path}: a node makes nothing of its splats (its scale is {size:g})")
    rotation = to_scene[:3, :3] / size
    if np.abs(rotation @ rotation.T - np.eye(3)).max() > SKEW or np.linalg.det(rotation) < 0:
        raise UserError(f"{path}: a node stretches or mirrors its splats; apply its scale before it is exported")
    found = turned(splats, rotation)
    return replace(
        found,
        positions=(found.positions * np.float32(size) + to_scene[:3, 3]).astype(np.float32),
        log_scales=found.log_scales + np.float32(np.log(size)),
    )


def _primitive(file: GltfFile, primitive: Mapping[str, Any], extension: Mapping[str, Any]) -> Splats:
    for name in SPZ:
        packed = (extension.get("extensions") or {}).get(name)
        if isinstance(packed, Mapping):
            found = unpacked(file.path, file.buffer_view(packed.get("bufferView"))).splats
            # It is in glTF's axes, and was taken for right, up, back.
            return mirrored(found, UP_BACK)
    attributes = primitive.get("attributes", {})

    def numbers(name: str, width: int, index: object = None) -> Array:
        if name not in attributes and index is None:
            raise UserError(f"{file.path}: its splats have no {name}")
        found = file.numbers(attributes[name], np.dtype(np.float32))
        if found.shape[1] != width or len(found) != len(positions if positions is not None else found):
            raise UserError(f"{file.path}: {name} is {list(found.shape)}, of {len(positions)} splats")
        return found

    positions: Any = None
    positions = numbers("POSITION", 3)
    degree = _degree(attributes)
    splats = empty(file.path, len(positions), degree)
    splats.positions[:] = positions
    scales = numbers(f"{EXTENSION}:SCALE", 3)
    splats.log_scales[:] = scales if (scales < 0).any() else log_scales_of(scales)
    splats.quaternions[:] = np.roll(numbers(f"{EXTENSION}:ROTATION", 4), 1, axis=1)
    splats.opacity_logits[:] = logits_of(numbers(f"{EXTENSION}:OPACITY", 1)[:, 0])
    for index, name in enumerate(_coefficients(degree)):
        splats.harmonics[:, index] = numbers(name, 3)
    return splats


def _coefficients(degree: int) -> list[str]:
    return [f"{EXTENSION}:SH_DEGREE_{each}_COEF_{n}" for each in range(degree + 1) for n in range(2 * each + 1)]


def _degree(attributes: Mapping[str, Any]) -> int:
    """The highest of which there is any; that it is whole is seen when it is read."""
    there = [each for each in range(MOST_DEGREE + 1) if f"{EXTENSION}:SH_DEGREE_{each}_COEF_0" in attributes]
    return max(there, default=0)


def _unlike(extension: Mapping[str, Any]) -> Iterator[str]:
    """What a file asks for that is drawn otherwise, in plain words."""
    if extension.get("kernel", "ellipse") != "ellipse":
        yield f"its kernel {quoted(extension['kernel'])} is drawn as ellipses"
    if extension.get("colorSpace", "srgb_rec709_display") != "srgb_rec709_display":
        yield f"its colours, of {quoted(extension['colorSpace'])}, are shown as they stand"


def _joined(parts: list[Splats]) -> Splats:
    """All in one; those of a lower degree have zeros above it."""
    if len(parts) == 1:
        return parts[0]
    most = max(part.harmonics.shape[1] for part in parts)
    even = [
        replace(part, harmonics=np.pad(part.harmonics, ((0, 0), (0, most - part.harmonics.shape[1]), (0, 0))))
        for part in parts
    ]
    joined = {name: np.concatenate([getattr(part, name) for part in even]) for name in ARRAYS}
    return Splats(**joined, antialiased=all(part.antialiased for part in parts))


def write_gltf_splats(path: Path, content: SplatContent) -> list[str]:
    """Writes a `.glb` or `.gltf`, +y up, with colours that viewers of points show."""
    splats = mirrored(content.splats, LEFT_UP)
    opacities = opacities_of(splats.opacity_logits)
    colours = np.clip(splats.harmonics[:, 0] * np.float32(CONSTANT) + np.float32(0.5), 0, 1)
    scales = np.exp(splats.log_scales)
    scales = np.pad(scales, ((0, 0), (0, 3 - scales.shape[1])))
    unit = splats.quaternions / np.linalg.norm(splats.quaternions, axis=1, keepdims=True)
    blocks = {
        "POSITION": splats.positions,
        "COLOR_0": np.rint(np.concatenate([_linear(colours), opacities[:, None]], axis=1) * 255).astype(np.uint8),
        f"{EXTENSION}:ROTATION": np.roll(unit, -1, axis=1),
        f"{EXTENSION}:SCALE": scales,
        f"{EXTENSION}:OPACITY": opacities[:, None],
        **{name: splats.harmonics[:, index] for index, name in enumerate(_coefficients(splats.degree))},
    }
    document, binary = _document(blocks)
    path.write_bytes(gltf_bytes(document, binary, one_file=path.suffix.lower() != ".gltf"))
    return ["that it is antialiased"] if splats.antialiased else []


def _linear(colours: Array) -> Array:
    """[N, 3] of sRGB as light, as glTF has colours of points."""
    return np.asarray(np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4))


def _document(blocks: Mapping[str, Array]) -> tuple[dict[str, Any], bytes]:
    views, accessors, attributes, parts, at = list[Any](), list[Any](), dict[str, int](), list[bytes](), 0
    for number, (name, block) in enumerate(blocks.items()):
        kind = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}[block.shape[1]]
        part = block.tobytes() if block.dtype == np.uint8 else block.astype("<f4").tobytes()
        views.append({"buffer": 0, "byteOffset": at, "byteLength": len(part)})
        accessor: dict[str, Any] = {"bufferView": number, "componentType": FLOAT, "count": len(block), "type": kind}
        if block.dtype == np.uint8:
            accessor |= {"componentType": 5121, "normalized": True}
        if name == "POSITION":
            accessor |= {"min": block.min(axis=0).tolist(), "max": block.max(axis=0).tolist()}
        accessors.append(accessor)
        attributes[name] = number
        parts.append(part)
        at += len(part)
    extension = {
        "kernel": "ellipse", "colorSpace": "srgb_rec709_display", "sortingMethod": "cameraDistance",
        "projection": "perspective",
    }  # fmt: skip
    primitive = {"mode": POINTS, "attributes": attributes, "extensions": {EXTENSION: extension}}
    document = {
        "asset": {"version": "2.0", "generator": GENERATOR},
        "extensionsUsed": [EXTENSION],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [primitive]}],
        "bufferViews": views,
        "accessors": accessors,
    }
    return document, b"".join(parts)
