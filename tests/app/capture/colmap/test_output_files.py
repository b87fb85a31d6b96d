"""Nothing of the user's is replaced unasked, and nothing is lost at whatever rename the process is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.capture.colmap.output_files import check_places, not_ours, put_in_place, recover
from engines.core.errors import UserError


def made(folder: Path, text: str, bounds: bool = True) -> dict[str, Path]:
    """New files, as the work folder has them."""
    work = folder / "colmap"
    (work / "new").mkdir(parents=True)
    (work / "new" / "cameras.txt").write_text(text)
    found = {"sparse/0": work / "new"}
    for name in ("transforms.json", *(("poses_bounds.npy",) if bounds else ())):
        (work / f"new-{name}").write_text(text)
        found[name] = work / f"new-{name}"
    return found


def texts(folder: Path) -> dict[str, str]:
    names = ("sparse/0/cameras.txt", "transforms.json", "poses_bounds.npy")
    return {name: (folder / name).read_text() for name in names if (folder / name).exists()}


def test_what_was_written_here_is_renewed_and_what_was_changed_since_is_not(tmp_path: Path) -> None:
    work = tmp_path / "colmap"
    put_in_place(tmp_path, work, made(tmp_path, "one"), False)
    put_in_place(tmp_path, work, made(tmp_path, "two", bounds=False), False)
    assert texts(tmp_path) == {"sparse/0/cameras.txt": "two", "transforms.json": "two"}
    assert not (work / "replaced").exists()
    (tmp_path / "sparse" / "0" / "cameras.txt").write_text("mine")
    assert not_ours(tmp_path, work) == (tmp_path / "sparse" / "0",)
    with pytest.raises(UserError, match=r"has sparse/0 already, not written by this command; --overwrite"):
        check_places(tmp_path, work, False)


def test_what_is_replaced_when_told_is_kept(tmp_path: Path) -> None:
    work = tmp_path / "colmap"
    for name in ("one", "two"):
        (tmp_path / "poses_bounds.npy").write_text(name)
        put_in_place(tmp_path, work, made(tmp_path, "found", bounds=False), True)
    assert texts(tmp_path) == {"sparse/0/cameras.txt": "found", "transforms.json": "found"}
    kept = [(work / "replaced" / number / "poses_bounds.npy").read_text() for number in ("1", "2")]
    assert kept == ["one", "two"]


@pytest.mark.parametrize("renames", range(7))
def test_killed_at_any_rename_the_old_is_there_or_comes_back(
    tmp_path: Path, renames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "colmap"
    (tmp_path / "sparse" / "0").mkdir(parents=True)
    old = dict.fromkeys(("sparse/0/cameras.txt", "transforms.json", "poses_bounds.npy"), "mine")
    for name, text in old.items():
        (tmp_path / name).write_text(text)
    new, left, rename = made(tmp_path, "found"), [renames], Path.rename

    def rename_or_die(path: Path, other: Path) -> Path:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return rename(path, other)

    with monkeypatch.context() as killed:
        killed.setattr(Path, "rename", rename_or_die)
        with pytest.raises(KeyboardInterrupt):
            put_in_place(tmp_path, work, new, True)
    recover(tmp_path, work)
    there = texts(tmp_path)
    assert set(there) == set(old)
    # Where the new is in place already, the old is kept.
    kept = work / "replaced" / "1"
    for name, text in there.items():
        place = kept / ("sparse-0/cameras.txt" if name.startswith("sparse") else name)
        assert text == "mine" or (text == "found" and place.read_text() == "mine")


def test_a_list_of_what_was_written_that_is_damaged_protects_all(tmp_path: Path) -> None:
    work = tmp_path / "colmap"
    put_in_place(tmp_path, work, made(tmp_path, "one"), False)
    for damage in ("", "[1]", '{"transforms.json": 3}', "[" * 5000):
        (work / "written.json").write_text(damage)
        assert len(not_ours(tmp_path, work)) == 3
