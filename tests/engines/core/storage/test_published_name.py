"""A file that is named by its own SHA-256 is compared with its name."""

import hashlib
from pathlib import Path

import pytest
import torch

from engines import registry
from engines.core.errors import UserError
from engines.core.storage.published_name import named_hash

CONTENT = b"weights"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize("digits", [8, 12, 64])
def test_whole_and_damaged_files_are_told_apart(tmp_path: Path, digits: int) -> None:
    path = tmp_path / f"ours_combined-{DIGEST[:digits]}.pt"
    path.write_bytes(CONTENT)
    named = named_hash(path)
    assert named is not None and named.intact and named.sha256 == DIGEST
    assert named.text == f"intact: its SHA-256 begins with {DIGEST[:digits]}, as its name says"
    path.write_bytes(CONTENT + b"!")
    named = named_hash(path)
    assert named is not None and not named.intact
    assert named.text.startswith("damaged: ") and DIGEST[:digits] in named.text and "\n" not in named.text


@pytest.mark.parametrize(
    "name",
    [
        *("model.pt", "model-abc.pt", "model-1234567.pt", f"{DIGEST[:8]}.pt", f"model_{DIGEST[:8]}.pt", "m-aaaabbbb"),
        *("run-20240229.pt", "run-20240229153000.pt", "step-00050000.pt", "step-12500000.pt", "m-ABCDEF01.pt"),
    ],
)
def test_other_names_say_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(CONTENT)
    assert named_hash(tmp_path / name) is None


def test_published_digits_without_letters_are_hashes(tmp_path: Path) -> None:
    for name in ("ours_rgb-23805118.pt", "ours_depth_sfm-85085749.pt"):
        (tmp_path / name).write_bytes(CONTENT)
        assert named_hash(tmp_path / name) is not None


def test_folders_and_missing_files_have_none(tmp_path: Path) -> None:
    (tmp_path / "run-abcdef01.d").mkdir()
    assert named_hash(tmp_path / "run-abcdef01.d") is None
    assert named_hash(tmp_path / "gone-abcdef01.pt") is None


def test_a_damaged_file_says_so_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "other-abcdef01.pt"
    torch.save({"weights": torch.zeros(3)}, path)
    with pytest.raises(UserError, match=r"not a checkpoint of a known method .*; damaged: its SHA-256 begins with"):
        registry.read_checkpoint(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match="damaged: its SHA-256 begins with"):
        registry.read_checkpoint(path)
