"""TensorFlow's checkpoints: found by any of their files, read, written byte for byte, and refused where damaged."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.checkpoint_file import read_any
from engines.core.storage.crc32c import masked_crc32c
from engines.core.storage.sorted_table import read_table, table
from engines.core.storage.tensor_bundle import find_bundle, holds_bundle, read_bundle, write_bundle
from engines.core.storage.varints import field
from tests.engines.core.tensorflow_checkpoint import CONTENT, DATA, INDEX, write_tensorflow_checkpoint


def entry(kind: int = 1, shape: tuple[int, ...] = (2,), offset: int = 0, size: int = 8, checksum: int = 0) -> bytes:
    sides = b"".join(field(2, field(1, side)) for side in shape)
    place = field(4, offset) + field(5, size) + field(6, checksum, fixed32=True)
    return field(1, kind) + field(2, sides) + place


HEADER = field(1, 1) + field(3, field(1, 1))


def made(folder: Path, data: bytes, header: bytes = HEADER, **entries: bytes) -> Path:
    """A checkpoint with any entries."""
    named = sorted((name.encode(), value) for name, value in entries.items())
    (folder / "a.index").write_bytes(table([(b"", header), *named]))
    (folder / "a.data-00000-of-00001").write_bytes(data)
    return folder / "a.index"


def test_tensorflows_own_is_read(tmp_path: Path) -> None:
    found = read_bundle(write_tensorflow_checkpoint(tmp_path))
    assert list(found) == sorted(CONTENT, key=str.encode)
    for name, tensor in CONTENT.items():
        assert found[name].dtype == tensor.dtype and torch.equal(found[name], tensor)


def test_what_is_written_is_tensorflows_byte_for_byte(tmp_path: Path) -> None:
    # The same bytes were read by TensorFlow 2.21 (`tf.train.load_checkpoint`), bit for bit.
    files = write_bundle(tmp_path / "new" / "net.index", dict(reversed(CONTENT.items())))
    assert [path.name for path in files] == ["net.index", "net.data-00000-of-00001"]
    assert [path.read_bytes() for path in files] == [INDEX, DATA]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["net.data-00000-of-00001", "net.index"]


def test_what_can_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"net\.index: b is of torch\.complex64, which TensorFlow does not have"):
        write_bundle(tmp_path / "net.index", {"a": torch.ones(2), "b": torch.ones(2, dtype=torch.complex64)})
    with pytest.raises(UserError, match=r"net\.pth: the index of a TensorFlow checkpoint ends in \.index"):
        write_bundle(tmp_path / "net.pth", {})
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_is_found_by_any_of_its_names(tmp_path: Path) -> None:
    index = write_tensorflow_checkpoint(tmp_path)
    (tmp_path / "mvnet-501.meta").write_bytes(b"graph")
    for name in ("", "mvnet-501", "mvnet-501.index", "mvnet-501.data-00000-of-00001", "mvnet-501.meta", "checkpoint"):
        assert find_bundle(tmp_path / name) == index
    assert holds_bundle(tmp_path)
    (tmp_path / "args.json").write_text("{}")
    for name in ("args.json", "mvnet-502", "none.index"):
        assert find_bundle(tmp_path / name) is None


def test_the_latest_is_taken_from_its_own_folder_only(tmp_path: Path) -> None:
    write_tensorflow_checkpoint(tmp_path / "other", "net-3")
    write_tensorflow_checkpoint(tmp_path / "log", "net-1")
    index = write_tensorflow_checkpoint(tmp_path / "log", "net-2")
    assert find_bundle(tmp_path / "log") == index
    for said in ("../other/net-3", str(tmp_path / "other" / "net-3"), r"..\\other\\net-3"):
        (tmp_path / "log" / "checkpoint").write_text(f'model_checkpoint_path: "{said}"\n')
        with pytest.raises(UserError, match=r"checkpoint: tells of net-3, which is not there; there are net-1, net-2"):
            find_bundle(tmp_path / "log")


def test_without_a_text_there_must_be_one_only(tmp_path: Path) -> None:
    index = write_tensorflow_checkpoint(tmp_path, "net-1")
    (tmp_path / "checkpoint").unlink()
    assert find_bundle(tmp_path) == index
    write_tensorflow_checkpoint(tmp_path, "net-2")
    (tmp_path / "checkpoint").unlink()
    with pytest.raises(UserError, match="holds net-1, net-2, and no text checkpoint that tells which; name one"):
        find_bundle(tmp_path)


def test_folders_and_files_of_others_are_none(tmp_path: Path) -> None:
    assert not holds_bundle(tmp_path) and not holds_bundle(tmp_path / "none") and find_bundle(tmp_path) is None
    (tmp_path / "checkpoint").write_bytes(b"\xff\x00 not a text")
    assert not holds_bundle(tmp_path) and find_bundle(tmp_path / "checkpoint") is None


def test_whoever_opens_files_opens_these(tmp_path: Path) -> None:
    index = write_tensorflow_checkpoint(tmp_path)

    def read(content: Mapping[str, Any], path: Path) -> Checkpoint:
        return Checkpoint("own", {"path": path}, int(content["global_step"]), content)

    for path in (tmp_path, index, tmp_path / "mvnet-501", tmp_path / "checkpoint"):
        checkpoint = read_any(path, read)
        assert checkpoint.step == 501 and checkpoint.config["path"] == index


def test_text_and_other_things_without_numbers_are_left_out(tmp_path: Path) -> None:
    checksum = masked_crc32c(bytes(8))
    index = made(tmp_path, bytes(15), a=entry(checksum=checksum), b=entry(7, (1,), 8, 7))
    assert list(read_bundle(index)) == ["a"]


def test_several_files_of_data(tmp_path: Path) -> None:
    checksum = masked_crc32c(bytes(8))
    entries = [(b"", field(1, 2)), (b"a", entry(checksum=checksum)), (b"b", entry(checksum=checksum) + field(3, 1))]
    (tmp_path / "a.index").write_bytes(table(entries))
    (tmp_path / "a.data-00000-of-00002").write_bytes(bytes(8))
    with pytest.raises(UserError, match=r"a\.index: its data a\.data-00001-of-00002 is not beside it"):
        read_bundle(tmp_path / "a.index")
    (tmp_path / "a.data-00001-of-00002").write_bytes(bytes(8))
    assert list(read_bundle(tmp_path / "a.index")) == ["a", "b"]


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"a": entry(shape=(3,))}, r"a is \[3\] of float32 and takes 8 bytes, which don't agree"),
        ({"a": entry(shape=(2**63,))}, "a has a shape that can't be"),
        ({"a": entry(shape=(1,) * 65)}, "a has a shape that can't be"),
        ({"a": entry() + field(7, b"")}, "a is saved in slices"),
        ({"a": entry() + field(3, 1)}, "a is in file 1, of 1"),
        ({"a": entry() + field(1, b"x")}, "what it tells of a is not as it should be"),
        ({"a": b"\x0c"}, r"of a kind that is not known \(4\)"),
        ({"a": b"\x12\x7f"}, "a field in it is cut short"),
        ({"a": entry(), "b": entry(offset=4)}, "b overlaps another tensor"),
        ({"a": entry(offset=16)}, "is cut short: a ends at byte 24, the file at 16"),
        ({"a": entry(shape=(2**40,), size=2**42)}, "is cut short: a ends at byte 4,398,046,511,104"),
        ({"a": entry(checksum=1)}, "a has another checksum than was written with it"),
    ],
)
def test_what_can_not_be_is_told(tmp_path: Path, entries: dict[str, bytes], said: str) -> None:
    with pytest.raises(UserError, match=said) as told:
        read_bundle(made(tmp_path, bytes(16), **entries))
    assert "\n" not in str(told.value) and str(tmp_path) in str(told.value)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (field(1, 1) + field(2, 1), "big-endian"),
        (field(1, 100_000), "not as it should be"),
        (field(1, 1) + field(3, field(2, 2)), "of a newer format"),
    ],
)
def test_headers_that_can_not_be_read(tmp_path: Path, header: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_bundle(made(tmp_path, b"", header))


def test_files_that_are_missing_or_cut(tmp_path: Path) -> None:
    index = write_tensorflow_checkpoint(tmp_path)
    data = tmp_path / "mvnet-501.data-00000-of-00001"
    data.write_bytes(DATA[:-1])
    with pytest.raises(UserError, match="is cut short: wide ends at byte 93, the file at 92"):
        read_bundle(index)
    data.write_bytes(DATA[:20] + b"?" + DATA[21:])
    with pytest.raises(UserError, match="net/conv/weights has another checksum than was written with it"):
        read_bundle(index)
    data.unlink()
    with pytest.raises(UserError, match=r"its data mvnet-501\.data-00000-of-00001 is not beside it"):
        read_bundle(index)
    data.write_bytes(DATA)
    index.unlink()
    with pytest.raises(UserError, match=r"its index mvnet-501\.index is not beside it; a checkpoint is both"):
        find_bundle(data)
    index.write_bytes(INDEX[:100])
    with pytest.raises(UserError, match=r"not the index of a TensorFlow checkpoint, or damaged \(it has not the end"):
        read_bundle(index)


def test_bytes_by_chance_are_one_line(tmp_path: Path) -> None:
    chance = random.Random(2)
    # Entries that have right checksums, so that what is behind these is tried as well.
    ways: tuple[Callable[[bytearray], None], ...] = (
        lambda content: content.__setitem__(chance.randrange(len(content)), chance.randrange(256)),
        lambda content: content.__delitem__(slice(chance.randrange(len(content)), None)),
        lambda content: content.extend(chance.randbytes(5)),
    )
    sound = dict(read_table(INDEX))
    for _ in range(150):
        name = chance.choice(list(sound))
        value = bytearray(sound[name])
        chance.choice(ways)(value)
        (tmp_path / "a.index").write_bytes(table(sorted({**sound, name: bytes(value)}.items())))
        (tmp_path / "a.data-00000-of-00001").write_bytes(DATA)
        try:
            found = read_bundle(tmp_path / "a.index")
            assert sum(math.prod(tensor.shape) for tensor in found.values()) <= len(DATA)
        except UserError as error:
            assert "\n" not in str(error) and str(tmp_path) in str(error)
