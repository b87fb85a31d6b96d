"""Sound files made unsound: by chance from a seed, and harmless."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engines.core.synthetic.sample import deepvoxels_sample, write_sample

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
