"""Files are replaced whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engines.core.errors import UserError
from engines.core.files import replacing
from tests.engines.core.examples import no_room_beyond


def test_takes_the_old_files_place(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "file.txt"
    for text in ("first", "second"):
        with replacing(path) as temporary:
            temporary.write_text(text)
            assert temporary.suffix == ".txt" and temporary.parent == path.parent
        assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, UserError])
def test_a_failure_in_the_middle_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(error), replacing(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_killed_process_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    code = (
        "import os, sys; from pathlib import Path; from engines.core.files import replacing\n"
        "with replacing(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half'); os._exit(9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)])
    assert done.returncode == 9 and path.read_text() == "old"


def test_a_full_disk_is_one_line_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    with pytest.raises(UserError, match=r"file\.bin: can't be written"), no_room_beyond(1000), replacing(path) as part:
        part.write_bytes(bytes(2000))
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_a_place_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(UserError, match="is a file and not a folder"), replacing(tmp_path / "file" / "a" / "b.txt"):
        pytest.fail("gave a place")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder; name a file"), replacing(tmp_path):
        pytest.fail("gave a place")
    assert tmp_path.is_dir()


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="not a plain file"), replacing(tmp_path / "pipe"):
        pytest.fail("gave a place")
    assert (tmp_path / "pipe").is_fifo()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    # Even root may not make files in /proc.
    where = Path("/proc") if Path("/proc/self").exists() else tmp_path / "locked"
    if where.parent == tmp_path:
        where.mkdir(mode=0o500)
    with pytest.raises(UserError, match="can't be written"), replacing(where / "file.txt"):
        pytest.fail("gave a place")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "elsewhere" / "file.txt", tmp_path / "link.txt"
    target.parent.mkdir()
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)
    with replacing(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink() and target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o600
