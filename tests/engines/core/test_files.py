"""Files are replaced whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from engines.core.errors import UserError
from engines.core.files import free_name, holding, remove_leftovers, replacing, unfinished
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


HOLD = (
    "import sys, time; from pathlib import Path; from engines.core.files import holding\n"
    "with holding(Path(sys.argv[1])):\n"
    "    print('held', flush=True); time.sleep(60)\n"
)


def test_an_output_that_another_process_writes_is_refused_until_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "new" / "video.mp4"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(UserError, match=r"video\.mp4: is being written by another command"), holding(path):
            pytest.fail("held twice")
        with holding(path.with_name("other.mp4")):
            assert path.parent.is_dir()
        other.kill()
        other.wait()
    assert [path.name for path in path.parent.iterdir()] == [".video.mp4.claim.part"]
    with holding(path):
        pass
    assert list(path.parent.iterdir()) == []


def test_an_output_is_held_from_other_threads_and_through_links(tmp_path: Path) -> None:
    path, link = tmp_path / "a.glb", tmp_path / "b.glb"
    path.touch()
    link.symlink_to(path)
    refused: list[UserError] = []

    def hold() -> None:
        try:
            with holding(link):
                pass
        except UserError as error:
            refused.append(error)

    with holding(path):
        thread = threading.Thread(target=hold)
        thread.start()
        thread.join()
        assert len(refused) == 1
    hold()
    assert len(refused) == 1 and sorted(tmp_path.iterdir()) == [path, link]


def test_leftovers_of_other_outputs_are_removed_unless_they_are_being_written(tmp_path: Path) -> None:
    left = tmp_path / ".old.mp4.claim.part"
    left.touch()
    with holding(tmp_path / "a.mp4"), holding(tmp_path / "b.mp4"):
        assert sorted(path.name for path in tmp_path.iterdir()) == [".a.mp4.claim.part", ".b.mp4.claim.part"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="processes that ended are gone there")
def test_a_process_that_was_killed_owns_nothing_before_its_parent_heard_of_it(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    machine = unfinished(tmp_path / "a.png", ".png").name.split(".")[2]
    path = tmp_path / f".a.{machine}.{writer.pid}.part.png"
    path.touch()
    remove_leftovers(tmp_path)
    assert path.exists()
    writer.kill()
    while psutil.Process(writer.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    remove_leftovers(tmp_path)
    assert not path.exists()
    writer.communicate()


def test_folders_made_for_an_output_that_fails_are_removed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no scene"), holding(tmp_path / "a" / "b" / "video.mp4"):
        raise UserError("no scene")
    with pytest.raises(UserError, match="can't be written"), replacing(tmp_path / "a" / "b" / "c.json"):
        raise OSError("no room")
    assert list(tmp_path.iterdir()) == []


def test_many_that_begin_at_once_are_held_one_at_a_time(tmp_path: Path) -> None:
    path, inside, together = tmp_path / "a.ply", [0], [0]

    def hold(_: int) -> bool:
        try:
            with holding(path):
                inside[0] += 1
                together[0] = max(together[0], inside[0])
                time.sleep(0.001)
                inside[0] -= 1
        except UserError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(hold, range(64)))
    assert together == [1] and any(done) and list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no /proc, in which nobody can make a file")
def test_a_place_where_no_file_can_be_made_is_not_taken_for_a_busy_one() -> None:
    with pytest.raises(UserError, match=r"/proc/orbit\.mp4: can't be written"), holding(Path("/proc/orbit.mp4")):
        pass


def test_names_that_are_free(tmp_path: Path) -> None:
    assert free_name(tmp_path, "car") == tmp_path / "car"
    (tmp_path / "car").mkdir()
    (tmp_path / "car-3").touch()
    assert free_name(tmp_path, "car") == tmp_path / "car-2"
    assert free_name(tmp_path, "car", {tmp_path / "car-2"}) == tmp_path / "car-4"
    assert free_name(tmp_path, "car", suffix=".mp4") == tmp_path / "car.mp4"
    (tmp_path / "car.mp4").touch()
    assert free_name(tmp_path, "car", suffix=".mp4") == tmp_path / "car-2.mp4"
