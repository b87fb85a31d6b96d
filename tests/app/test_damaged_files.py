"""Hundreds of damaged files of all kinds through the commands: each is one line that names it, and nothing runs.

All are made here by chance from a seed, out of sound ones, and are harmless.
"""

from __future__ import annotations

import json
import os
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from engines.core.formats import open_dataset
from engines.core.paths.exchange.formats import PATH_FORMATS, write_content
from engines.core.paths.keyframes import KeyedPath, Keyframe
from engines.core.paths.path_content import PathContent
from engines.core.storage.run_folder import write_run_config
from engines.core.storage.scene_file import write_scene_file
from engines.core.storage.tensor_bundle import write_bundle
from engines.registry import find_engine
from tests.app.damaging import (
    BYTES,
    TEXTS,
    TORCH_COMMANDS,
    Case,
    Workshop,
    cut,
    deeply_nested,
    filled,
    noise,
    not_utf8,
    nothing,
    scene_files,
    torch_contents,
    try_cases,
)

GRID = torch.rand(1, 4, 6, 6, 6, generator=torch.Generator().manual_seed(5))
DEMOS = Path(__file__).resolve().parents[2] / "checkpoints"


def scene_file(shop: Workshop) -> Path:
    """A sound one, made once."""
    path = shop.root / "sound.safetensors"
    if not path.exists():
        engine, dataset = find_engine("colour_grid"), open_dataset(shop.sound)
        write_scene_file(path, engine.train(dataset, engine.Config(), torch.device("cpu"), 0).checkpoint())
    return path


class Runs:
    """Would make a file, were it loaded."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.canary,))


def torch_files(shop: Workshop, canary: Path) -> Iterator[Case]:
    """Of an author's code, and of something else."""
    sound = shop.root / "sound.pth"
    torch.save({"colour_grid": torch.zeros(1, 4, 6, 6, 6)}, sound)
    for command in TORCH_COMMANDS:
        yield from shop.damaged("torch bytes", "a.pth", sound.read_bytes(), BYTES, *command)
    contents: tuple[object, ...] = (
        [1, 2], {}, {"model": 3}, {"colour_grid": 3}, {"colour_grid": torch.zeros(4)}, {"state_dict": {}},
        {"model": Runs(canary)}, {"colour_grid": Runs(canary)}, {"model": {"a": Runs(canary)}},
    )  # fmt: skip
    yield from torch_contents(shop, contents)


def tensorflow_files(shop: Workshop) -> Iterator[Case]:
    """The index of a TensorFlow checkpoint, and its numbers, each beside the other as it should be."""
    sound = {path.name: path.read_bytes() for path in write_bundle(shop.root / "a.index", {"colour_grid": GRID})}
    for words in TORCH_COMMANDS:
        for name, content in sound.items():
            other = next(beside for beside in sound if beside != name)
            for way in BYTES:
                for _ in range(shop.scale):
                    folder = shop.folder()
                    (folder / name).write_bytes(way(content, shop.chance))
                    (folder / other).write_bytes(sound[other])
                    yield Case("TensorFlow bytes", folder / name, filled(words, folder, folder / "a.index"))
        yield shop.written("TensorFlow index alone", "a.index", sound["a.index"], *words)
        folder = shop.folder()
        index, _ = write_bundle(folder / "a.index", {"colour_grid": torch.zeros(4)})
        yield Case("TensorFlow content", index, filled(words, folder, index))


def run_folders(shop: Workshop) -> Iterator[Case]:
    """A training's state, looked at and gone on with."""
    header = {"engine": "colour_grid", "config": {}, "step": 3, "scene": None}
    contents: tuple[Any, ...] = (
        {"header": 3, "weights": {}, "training": {}},
        {"header": json.dumps(header), "weights": {"a": 3}, "training": {}},
        {"header": json.dumps(header), "weights": [], "training": {}},
        {"header": json.dumps(header), "weights": {}, "training": [1]},
        {"header": json.dumps({**header, "config": [1]}), "weights": {}, "training": {}},
        {"header": json.dumps({**header, "engine": "nope"}), "weights": {}, "training": {}},
        {"header": json.dumps({**header, "config": {"grid_dim": "x"}}), "weights": {}, "training": {}},
        {"header": json.dumps({**header, "step": 10**400}), "weights": {}, "training": {}},
        {"header": json.dumps(header), "weights": {"a": torch.tensor([torch.nan])}, "training": {}},
    )
    goes_on = ("train", str(shop.sound), "--method", "colour_grid", "--out", "FOLDER", "--resume")
    for command in (("info", "FOLDER"), goes_on):
        for content in contents:
            folder = shop.folder()
            torch.save(content, folder / "training.pt")
            write_run_config(folder, "colour_grid", shop.sound, {})
            yield Case("run folder", folder, filled(command, folder, folder / "training.pt"))
        good = shop.root / "state.pt"
        torch.save(contents[1], good)
        for case in shop.damaged("run bytes", "training.pt", good.read_bytes(), BYTES, *command):
            yield replace(case, file=case.file.parent)


def camera_paths(shop: Workshop) -> Iterator[Case]:
    """Everything that `--path` takes."""
    render = ("render", str(scene_file(shop)), "--frames", "1", "--out", "OUT.mp4", "--path", "FILE")
    made = shop.root / "made.npz"
    np.savez_compressed(made, c2w=np.tile(np.eye(4), (4, 1, 1)), K=np.eye(3), hw=np.array([8, 8]))
    array = shop.root / "made.npy"
    np.save(array, np.zeros((4, 17)))
    yield from shop.damaged("path .npz", "a.npz", made.read_bytes(), BYTES, *render)
    yield from shop.damaged("path .npy", "a.npy", array.read_bytes(), BYTES, *render)
    claim = b"{'descr': '<f8', 'fortran_order': False, 'shape': (%s,), }"
    for header in (b"(((", b"{[]:1}", b"\0", claim % b"10**12", claim % b"1000000000000", b"{'descr': '|O'}"):
        content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) + 1) + header + b"\n" + bytes(100)
        yield shop.written("npy header", "a.npy", content, *render)
    yield shop.written("npz that is npy", "a.npz", array.read_bytes(), *render)
    camera = {"camera_to_world": np.eye(4).tolist(), "focal_px": [9, 9], "centre_px": [4, 4], "size_px": [8, 8]}
    texts: tuple[Any, ...] = (
        3, [], {}, [3], [{}], [{**camera, "focal_px": "x"}], [{**camera, "size_px": [10**400, 1]}],
        [{**camera, "camera_to_world": [[1]]}], {"camera_path": [3]}, {"camera_path": [{}]},
        {"camera_path": [{"camera_to_world": np.eye(4).ravel().tolist(), "fov": float("nan")}]},
        {"camera_path": [{"camera_to_world": [10**400] * 16, "fov": 50}]}, {"frames": 3}, {"frames": [{}]},
    )  # fmt: skip
    for text in texts:
        yield shop.written("path .json", "a.json", json.dumps(text).encode(), *render)
    yield from shop.damaged("path .json", "a.json", json.dumps([camera]).encode(), TEXTS, *render)
    for line in (b"1 2 3", b"x " * 16, b"9" * 10**6, b"nan " * 16, b"3\n" + b"1 " * 15):
        yield shop.written("path .txt", "a.txt", line, *render)
    yield from exchanged_paths(shop, render)


def exchanged_paths(shop: Workshop, render: tuple[str, ...]) -> Iterator[Case]:
    """Paths of other programs, which are read by `--path` and by `convert`."""
    cameras = tuple(view.camera for view in open_dataset(shop.sound).views)[:4]
    keys = tuple(Keyframe(camera, 2.0 * index) for index, camera in enumerate(cameras))
    content = PathContent(cameras, 24.0, keyed=KeyedPath(keys, 24.0))
    convert = ("convert", "FILE", "--to", "vantage", "--out", "OUT.json")
    for name, form in PATH_FORMATS.items():
        if form.is_folder:
            continue
        for suffix in form.suffixes:
            sound = shop.root / f"{name}{suffix}"
            write_content(sound, content, name)
            ways = BYTES if suffix in (".npy", ".glb") else TEXTS
            if suffix not in (".npy", ".glb", ".json", ".gltf"):
                # Of lines that were cut off the first ones are a path still.
                ways = tuple(way for way in ways if way != cut)
            for number, command in enumerate((render, convert)):
                yield from shop.damaged(f"path {name}", f"a{suffix}", sound.read_bytes(), ways[number::2], *command)
    node = {"camera": 0}
    lens = {"type": "perspective", "perspective": {"yfov": 1.0, "znear": 0.1}}
    whole: dict[str, Any] = {"asset": {"version": "2.0"}, "nodes": [node], "cameras": [lens]}
    changes: tuple[dict[str, Any], ...] = (
        {"nodes": 3}, {"nodes": [3]}, {"nodes": [{"camera": 7}]}, {"nodes": [{"camera": True}]}, {"cameras": [3]},
        {"nodes": [{**node, "children": [0]}]}, {"nodes": [{**node, "matrix": [1]}]}, {"asset": {"version": 10**400}},
        {"nodes": [{**node, "rotation": [10**400] * 4}]}, {"nodes": [{**node, "scale": [0, 0, 0]}]},
        {"nodes": [{**node, "translation": ["x", 0, 0]}]}, {"cameras": [{"type": "perspective"}]},
        {"cameras": [{**lens, "perspective": {"yfov": 10**400}}]}, {"animations": [{"channels": [{"target": {
            "node": 0, "path": "rotation"}, "sampler": 5}]}]},
        {"animations": [{"channels": [{"target": {"node": 0, "path": "rotation"}, "sampler": 0}], "samplers": [
            {"input": 0, "output": 0}]}], "accessors": [{"bufferView": 0, "componentType": 5126, "count": 10**12,
            "type": "VEC4"}], "bufferViews": [{"buffer": 0}], "buffers": [{"uri": "/dev/zero", "byteLength": 9}]},
    )  # fmt: skip
    for change in changes:
        yield shop.written("path glTF", "a.gltf", json.dumps({**whole, **change}).encode(), *convert)
    for line in (b"1 2 3", b"x " * 8, b"nan " * 8, b"1e400 " * 8, b"1 0 0 0 0 0 0 400"):
        yield shop.written("path .chan", "a.chan", line, *convert)
    for text in ({"path": [3]}, {"path": [{"R": [1, 0, 0, 0], "T": [0, 0, 0], "fov": 10**400}]},
                 {"keyframes": [{"matrix": "[[" * 9, "fov": 3}]}, {"keyframes": [{"time": 1e300, "position": [1]}]},
                 {"camera_path": [], "keyframes": [{"matrix": [1] * 16, "fov": 50}], "fps": 10**400}):  # fmt: skip
        yield shop.written("path .json", "a.json", json.dumps(text).encode(), *convert)


def presets(shop: Workshop) -> Iterator[Case]:
    """YAML."""
    train = ("train", str(shop.sound), "--method", "colour_grid", "--out", "OUT", "--config", "FILE")
    bomb = "a0: &a0 [x, x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    texts = (
        "grid_dim: 1000000000", "grid_dim: many", "nope: 1", "[1, 2]", "3", "a: [", "seed: 2024-99-99", "? [1]\n: 2",
        "engine: colour_film", "engine: [1]", f"sampling: {'x' * 10**6}", "!!python/name:os.system", "config: 3",
        bomb, bomb + "lr: *a8", "lr: .nan", "lr: -1", "max_steps: 1e400",
    )  # fmt: skip
    for text in texts:
        yield shop.written("preset", "a.yaml", text.encode(), *train)
    for way in (noise, deeply_nested, not_utf8):
        yield from shop.damaged("preset", "a.yaml", b"lr: 0.1\n", (way,), *train)


def text_datasets(shop: Workshop) -> Iterator[Case]:
    """Data folders whose cameras stand in text."""
    pictures = (shop.sound / "train" / "rgb").glob("*.png")
    picture = next(iter(sorted(pictures))).read_bytes()
    intrinsics = (shop.sound / "train" / "intrinsics.txt").read_bytes()
    pose = next(iter(sorted((shop.sound / "train" / "pose").glob("*.txt")))).read_bytes()

    def deepvoxels(change: str, content: bytes) -> Case:
        folder = shop.folder()
        for name, sound in (("intrinsics.txt", intrinsics), ("pose/0.txt", pose), ("rgb/0.png", picture)):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content if name == change else sound)
        return Case(f"deepvoxels {change}", folder / change, ("info", str(folder)))

    for way in (cut, noise, not_utf8, nothing):
        for _ in range(3 * shop.scale):
            yield deepvoxels("intrinsics.txt", way(intrinsics[:40], shop.chance))
            yield deepvoxels("pose/0.txt", way(pose[:80], shop.chance))
            yield deepvoxels("rgb/0.png", b"\x89PNG" + way(picture, shop.chance)[8:60][:40])
    yield deepvoxels("intrinsics.txt", b"9" * 10**6)
    yield deepvoxels("pose/0.txt", b"nan " * 16)
    frame = {"file_path": "0.png", "transform_matrix": np.eye(4).tolist()}
    whole: dict[str, Any] = {"camera_angle_x": 0.8, "frames": [frame]}
    changes: tuple[dict[str, Any], ...] = (
        {"frames": 3}, {"frames": []}, {"frames": [3]}, {"camera_angle_x": 1e9}, {"camera_angle_x": "x"},
        {"camera_angle_x": None}, {"frames": [{**frame, "file_path": 3}]}, {"frames": [{**frame, "file_path": ""}]},
        {"frames": [{**frame, "file_path": "/etc/hostname"}]}, {"frames": [{**frame, "file_path": "../sound.png"}]},
        {"frames": [{**frame, "file_path": "/dev/zero"}]}, {"frames": [{**frame, "file_path": "\ud800"}]},
        {"frames": [{**frame, "file_path": "a\0b.png"}]}, {"frames": [{**frame, "transform_matrix": 3}]},
        {"frames": [{**frame, "transform_matrix": [[10**400] * 4] * 4}]},
        {"frames": [{**frame, "transform_matrix": [[1, 2], [3]]}]}, {"fl_x": "x", "camera_angle_x": None},
    )  # fmt: skip
    for change in changes:
        case = shop.written(
            "transforms.json", "transforms.json", json.dumps({**whole, **change}).encode(), "info", "FOLDER"
        )
        (case.file.parent / "0.png").write_bytes(picture)
        yield replace(case, file=case.file.parent)
    for case in shop.damaged("transforms.json", "transforms.json", json.dumps(whole).encode(), TEXTS, "info", "FOLDER"):
        (case.file.parent / "0.png").write_bytes(picture)
        yield case


def binary_datasets(shop: Workshop) -> Iterator[Case]:
    """Data folders whose cameras stand in arrays, archives and COLMAP's files."""
    picture = next(iter(sorted((shop.sound / "train" / "rgb").glob("*.png")))).read_bytes()

    def beside(case: Case, *places: str) -> Case:
        for place in places:
            (case.file.parent / place).parent.mkdir(exist_ok=True, parents=True)
            (case.file.parent / place).write_bytes(picture)
        return case

    rows = shop.root / "rows.npy"
    np.save(rows, np.zeros((2, 17)))
    for case in shop.damaged("poses_bounds.npy", "poses_bounds.npy", rows.read_bytes(), BYTES, "info", "FOLDER"):
        yield beside(case, "images/0.png", "images/1.png")
    matrices = shop.root / "matrices.npz"
    np.savez_compressed(matrices, world_mat_0=np.eye(4), scale_mat_0=np.eye(4))
    for case in shop.damaged("cameras.npz", "cameras.npz", matrices.read_bytes(), BYTES, "info", "FOLDER"):
        yield beside(case, "image/0.png", "mask/0.png")
    for name in ("cameras", "images", "points3D"):
        for way in BYTES:
            folder = shop.folder()
            (folder / "sparse/0").mkdir(parents=True)
            (folder / "images").mkdir()
            (folder / "images/0.png").write_bytes(picture)
            for other in ("cameras", "images", "points3D"):
                content = struct.pack("<Q", 1) + bytes(60)
                (folder / f"sparse/0/{other}.bin").write_bytes(way(content, shop.chance) if other == name else content)
            yield Case("COLMAP", folder / "sparse/0", ("info", str(folder)))
    video = shop.root / "video.h5"
    with h5py.File(video, "w") as file:
        file["data"] = np.zeros((2, 2, 16, 16, 4), np.uint8)
    for case in shop.damaged("HDF5", "a.h5", video.read_bytes(), BYTES, "info", "FOLDER"):
        np.save(case.file.parent / "a_pb.npy", np.zeros((2, 17)))
        yield replace(case, file=case.file.parent)
    clip = (DEMOS / "street/cam00.mp4").read_bytes()[:50_000]
    yield from shop.damaged("video", "a.mp4", clip, BYTES, "info", "FILE")


def all_cases(root: Path, scale: int, canary: Path) -> list[Case]:
    """`scale`: how many of each kind of damage by chance."""
    shop = Workshop(root, scale)
    configs: list[dict[str, object]] = [
        {"grid_dim": "x"},
        {"grid_dim": 10**9},
        {"sampling": "x" * 10**6},
        {"rays_per_step": []},
    ]
    made = [
        *scene_files(shop, scene_file(shop), "values", configs),
        *torch_files(shop, canary),
        *tensorflow_files(shop),
        *run_folders(shop),
        *camera_paths(shop),
    ]
    return [*made, *presets(shop), *text_datasets(shop), *binary_datasets(shop)]


def try_all(tmp_path: Path, scale: int, capsys: pytest.CaptureFixture[str]) -> Counter[str]:
    canary = tmp_path / "canary"
    kinds = try_cases(all_cases(tmp_path, scale, canary), capsys)
    assert not canary.exists(), "something that a file holds was executed"
    return kinds


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="names of devices are POSIX's")
def test_damaged_files_are_each_one_line_that_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert try_all(tmp_path, 2, capsys).total() >= 400


@pytest.mark.damaged_files
@pytest.mark.timeout(3000)
def test_many_more_damaged_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert try_all(tmp_path, 20, capsys).total() >= 2000
