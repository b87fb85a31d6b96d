"""Sound files made unsound, by chance from a seed, and harmless; and what the commands must say of them."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from app.cli import main
from app.synthetic.sample import deepvoxels_sample, write_sample
from engines.core.storage.scene_file import read_scene_header

SEED = 12


@dataclass(frozen=True)
class Case:
    """What is to be tried.

    Attributes:
        kind: of file.
        file: the damaged one.
        words: the command.
    """

    kind: str
    file: Path
    words: tuple[str, ...]


Damage = Callable[[bytes, random.Random], bytes]


def cut(content: bytes, chance: random.Random) -> bytes:
    return content[: int(len(content) * chance.uniform(0, 0.9))]


def head_overwritten(content: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(min(64, len(content))) + content[64:]


def nothing(content: bytes, chance: random.Random) -> bytes:
    return b""


def noise(content: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(200)


def another_kind(content: bytes, chance: random.Random) -> bytes:
    return chance.choice(
        [b"%PDF-1.4\n", b"<html><b>not here</b></html>", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", bytes(500)]
    )


def deeply_nested(content: bytes, chance: random.Random) -> bytes:
    return b"[" * 100_000


def not_utf8(content: bytes, chance: random.Random) -> bytes:
    return b"\xff\xfe\xfa" + content


BYTES: tuple[Damage, ...] = (cut, head_overwritten, nothing, noise, another_kind)
TEXTS: tuple[Damage, ...] = (cut, nothing, noise, deeply_nested, not_utf8)


class Workshop:
    """Makes damaged files in folders of their own."""

    def __init__(self, root: Path, scale: int) -> None:
        self.root, self.scale, self._number = root, scale, 0
        self.chance = random.Random(SEED)
        self.sound = root / "sound"
        write_sample(self.sound, deepvoxels_sample(0, 32, 3, 1, 1), samples=1)

    def folder(self) -> Path:
        self._number += 1
        made = self.root / f"{self._number:04d}"
        made.mkdir()
        return made

    def damaged(self, kind: str, name: str, content: bytes, ways: tuple[Damage, ...], *words: str) -> Iterator[Case]:
        """`FILE` and `FOLDER` among the words stand for where the file is."""
        for way in ways:
            for _ in range(1 if way in (nothing, deeply_nested) else self.scale):
                folder = self.folder()
                (folder / name).write_bytes(way(content, self.chance))
                yield Case(kind, folder / name, filled(words, folder, folder / name))

    def written(self, kind: str, name: str, content: bytes, *words: str) -> Case:
        folder = self.folder()
        (folder / name).write_bytes(content)
        return Case(kind, folder / name, filled(words, folder, folder / name))


def filled(words: tuple[str, ...], folder: Path, file: Path) -> tuple[str, ...]:
    places = {"FILE": str(file), "FOLDER": str(folder), "OUT": str(folder / "out")}
    return tuple(places.get(word.split(".")[0], word) + word[len(word.split(".")[0]) :]
                 if word.split(".")[0] in places else word for word in words)  # fmt: skip


LONGEST = 2000
"""Characters of a line of error."""
INTERNALS = ("pydantic", "errors.pydantic", "aten::", "ATen", "enforce fail", "NoneType", "Traceback", "numpy._core")
TORCH_COMMANDS = (("info", "FILE"), ("convert", "FILE", "--to", "scene", "--out", "OUT.safetensors"))


def scene_files(shop: Workshop, source: Path, name: str, configs: Sequence[Mapping[str, Any]]) -> Iterator[Case]:
    """Bytes, headers and weights of scene files.

    Args:
        source: a sound one.
        name: of a tensor that can't be left out, and has at least 3 columns.
        configs: fields of its engine's configuration that can't be, one mapping for each case.
    """
    content, header, weights = source.read_bytes(), read_scene_header(source), load_file(source)
    commands = (
        ("info", "FILE"),
        ("render", "FILE", "--path", "orbit", "--frames", "1", "--out", "OUT.mp4"),
        ("convert", "FILE", "--to", "scene", "--out", "OUT.safetensors"),
        ("convert", "FILE", "--to", "upstream", "--out", "OUT.pth"),
        ("mesh", "FILE", "--out", "OUT.ply"),
        ("evaluate", "FILE", "--data", str(shop.sound)),
        ("bench", "FILE"),
    )
    small = content[:200_000]
    for command in commands:
        yield from shop.damaged("scene bytes", "a.safetensors", small, BYTES, *command)
    wrong: tuple[dict[str, Any], ...] = (
        {"engine": "nope"},
        {"engine": 3},
        {"config": []},
        *({"config": {**header["config"], **config}} for config in ({"unknown": 1}, *configs)),
        {"step": "many"},
        {"scene": {}},
        {"scene": {**header["scene"], "bounds": [[float("nan")] * 3] * 2}},
        {"scene": {**header["scene"], "up": [0, 0]}},
        {"scene": {**header["scene"], "hints": {"near_plane": "x", "scale": 1.0, "grid_barycenter": [0, 0, 0]}}},
        {"scene": {**header["scene"], "hints": {"grid_barycenter": [1]}}},
        {"scene": {**header["scene"], "start": {**header["scene"]["start"], "size_px": [10**400, 3]}}},
        {"scene": {**header["scene"], "start": {**header["scene"]["start"], "focal_px": [0, 0]}}},
        {"format": 99},
        {"dtypes": {name: "load"}},
    )
    emptied, narrowed = torch.full_like(weights[name], torch.nan), weights[name][..., :2].contiguous()
    tensors: tuple[dict[str, Tensor], ...] = {name: emptied}, {name: narrowed}, {}
    for command in commands[:3]:
        for change in wrong:
            file = shop.folder() / "a.safetensors"
            save_file(weights, file, metadata={"vantage": json.dumps({**header, **change})})
            yield Case("scene header", file, filled(command, file.parent, file))
        for tensor in tensors:
            file = shop.folder() / "a.safetensors"
            kept = weights | tensor if tensor else {key: value for key, value in weights.items() if key != name}
            save_file(kept, file, metadata={"vantage": json.dumps(header)})
            yield Case("scene weights", file, filled(command, file.parent, file))
        file = shop.folder() / "a.safetensors"
        save_file({name: torch.zeros(1)}, file, metadata={"vantage": '{"a":' * 50_000})
        yield Case("scene header", file, filled(command, file.parent, file))


def torch_contents(shop: Workshop, contents: Sequence[Any]) -> Iterator[Case]:
    """Torch files that hold these."""
    for command in TORCH_COMMANDS:
        for content in contents:
            file = shop.folder() / "a.pth"
            torch.save(content, file)
            yield Case("torch content", file, filled(command, file.parent, file))


def wrong_with(case: Case, code: int, said: str) -> str:
    """What is wrong with an answer; "" where it is as it must be."""
    lines = [line for line in said.splitlines() if line.startswith("vantage: ")]
    if "Traceback" in said or code == 70:
        return "a traceback: " + said.strip().splitlines()[-2][:200]
    if code == 0:
        return "exit 0"
    if len(lines) != 1 or len(lines[0]) > LONGEST:
        return f"{len(lines)} lines, the longest of {max(map(len, lines), default=0)} characters"
    if str(case.file) not in lines[0]:
        return f"doesn't name the file: {lines[0][:250]}"
    return next((f"shows {word}: {lines[0][:250]}" for word in INTERNALS if word in lines[0]), "")


def try_cases(cases: Sequence[Case], capsys: pytest.CaptureFixture[str]) -> Counter[str]:
    """Runs them all, and counts them by kind."""
    faults, kinds = [], Counter[str]()
    for case in cases:
        code = main(list(case.words))
        said = capsys.readouterr().err
        kinds[case.kind] += 1
        if found := wrong_with(case, code, said):
            faults.append(f"{case.kind} {' '.join(case.words)[:160]}: {found}")
    with capsys.disabled():
        print(f"\n{len(cases)} damaged files of {len(kinds)} kinds, {len(faults)} faults")  # noqa: T201
    assert not faults, "\n".join(faults)
    return kinds
