"""What the program itself left, and photographs, damaged: read as far as they go, or one line, and never more.

The readers are asked themselves, since a command reads no settings, and says of a folder's one damaged photograph only
that it is one.
"""

from __future__ import annotations

import io
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.settings import FILE_NAME, Settings, load_settings, save_settings
from app.training.presets import read_preset
from app.training.runs.library import CurveReader, read_run
from engines.core.data.images import exif_orientation, has_alpha, image_size, read_image
from engines.core.errors import UserError
from engines.core.storage.run_folder import HISTORY_NAME, read_history, read_run_config, write_run_config
from tests.app.damaging import BYTES, SEED, TEXTS, Damage, deeply_nested, nothing

EACH = 12
"""How many of each kind of damage by chance."""
FEW = 2
"""The same, of what is slow to be read."""
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "PPM")
LONGEST = 2000


def bits_turned(content: bytes, chance: random.Random) -> bytes:
    turned = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        # Most of what decides stands at the beginning.
        turned[min(len(turned) - 1, int(chance.expovariate(1 / 40)))] ^= 1 << chance.randrange(8)
    return bytes(turned)


def another_number(content: bytes, chance: random.Random) -> bytes:
    digits = [at for at, sign in enumerate(content) if chr(sign).isdigit()]
    at = chance.choice(digits) if digits else 0
    other = chance.choice([b"1e999", b"-1", b"NaN", b"1" * 500, b'"x"', b"null", b"[]", b"{}", b"0"])
    return content[:at] + other + content[at + 1 :]


def damaged(content: bytes, ways: tuple[Damage, ...], each: int = EACH) -> list[bytes]:
    chance = random.Random(SEED)
    once = (nothing, deeply_nested)
    return [way(content, chance) for way in ways for _ in range(1 if way in once else each)]


def told(error: UserError, file: Path) -> bool:
    """Whether it is one line, not too long, that names the file."""
    return str(file) in str(error) and "\n" not in str(error) and len(str(error)) < LONGEST


@pytest.mark.parametrize("kind", FORMATS)
def test_a_damaged_photograph_is_read_or_is_one_line(
    tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    stored = io.BytesIO()
    picture = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    exif = {} if kind in ("BMP", "PPM") else {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"}
    Image.fromarray(picture).save(stored, kind, **exif)
    refused, cases = Counter[bool](), damaged(stored.getvalue(), (*BYTES, *[bits_turned] * 6))
    path = tmp_path / f"a.{kind.lower()}"
    for content in cases:
        path.write_bytes(content)
        assert 1 <= exif_orientation(path) <= 8 and has_alpha(path) in (True, False)
        for read in (image_size, read_image):
            try:
                read(path)
                refused[False] += 1
            except UserError as error:
                assert told(error, path), error
                refused[True] += 1
    with capfd.disabled():
        print(f"\n{kind}: {len(cases)} damaged files, read twice; {refused[True]} refused, {refused[False]} read")  # noqa: T201
    assert refused[True] >= len(cases) / 2


def test_damaged_settings_begin_anew_or_are_those_that_can_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = Settings(overlays=("a",), folders={"open": "/scenes"}, runs=("/run",)).with_recent(tmp_path, None)
    content = json.dumps(asdict(sound)).encode()
    wrong: tuple[Any, ...] = (None, -1, 1e999, 10**400, "\ud800", [3], {"a": {}}, [[[]]], [{"path": "x"}], True)
    by_field = [json.dumps({name: value}).encode() for name in asdict(sound) for value in wrong]
    cases = [*damaged(content, (*TEXTS, *BYTES, bits_turned, *[another_number] * 4)), *by_field]
    path, anew = tmp_path / FILE_NAME, 0
    for case in cases:
        path.write_bytes(case)
        settings = load_settings(tmp_path)
        assert 0 < settings.fps < 1e7 and 0 < settings.fly_speed < 1e7 and 0 <= settings.panel_width < 1e7
        assert settings.theme in ("system", "light", "dark")
        assert all(isinstance(folder, str) for folder in settings.folders.values())
        anew += not path.exists()
        save_settings(settings, tmp_path)
        assert load_settings(tmp_path) == settings
    with capsys.disabled():
        print(f"\nsettings: {len(cases)} damaged files, {anew} kept beside and begun anew")  # noqa: T201


@pytest.mark.slow
def test_a_damaged_run_is_listed_or_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run_config(tmp_path, "colour_grid", tmp_path, {"max_steps": 9})
    config = (tmp_path / "config.yaml").read_bytes()
    lines = [{"step": step, "time": time.time(), "losses": {"total": 0.5}, "psnr": 20.0 + step} for step in range(1, 6)]
    history = "".join(json.dumps(line) + "\n" for line in lines).encode()
    ways = (*TEXTS, *BYTES, *[bits_turned] * 4, *[another_number] * 4)
    histories = damaged(history, ways, FEW)
    for case in histories:
        (tmp_path / HISTORY_NAME).write_bytes(case)
        CurveReader(tmp_path).read()
        assert all(isinstance(entry, dict) for entry in read_history(tmp_path))
        assert read_run(tmp_path) is not None
    (tmp_path / HISTORY_NAME).write_bytes(history)
    configs, left_out = damaged(config, ways, FEW), 0
    for case in configs:
        (tmp_path / "config.yaml").write_bytes(case)
        left_out += read_run(tmp_path) is None
        reads: tuple[Callable[[], object], ...] = (
            lambda: read_run_config(tmp_path),
            lambda: read_preset(str(tmp_path / "config.yaml"), "colour_grid"),
        )
        for read in reads:
            try:
                read()
            except UserError as error:
                assert told(error, tmp_path / "config.yaml"), error
    with capsys.disabled():
        print(f"\nruns: {len(histories)} damaged histories, {len(configs)} configurations, {left_out} runs left out")  # noqa: T201
    assert left_out
