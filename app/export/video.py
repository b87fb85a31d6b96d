"""Videos, written frame by frame by the ffmpeg that imageio-ffmpeg brings, while the next frame is made."""

from __future__ import annotations

import contextlib
import errno
import re
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import imageio_ffmpeg
import numpy as np

from app.export.codecs import QUALITIES, codec_of, encoding
from app.export.spherical import FLAT, SPATIAL_SUFFIXES, Spatial, add_spatial
from app.rendering.display import Pixels
from app.thread_priority import step_back
from engines.core.errors import UserError
from engines.core.files import replacing, unwritable

ENCODER_NICE = 10
"""It takes what drawing leaves: a thread that it interrupts holds up all that draw with it."""


class VideoWriter:
    """Writes frames into a video that appears when it is complete, and not at all if the block is left by an error.

    Most codecs need even sides: an odd one gets its last row or column twice.

    Args:
        path: .mp4, .webm, .mov or .gif.
        size_px: (width, height) of every frame.
        fps: frames a second.
        quality: 1 (small file) to 10 (hardly a difference to be seen); ProRes and GIF have no choice.
        codec: of `CODECS`; None: the usual one of the suffix.
        transparent: whether frames have an alpha; colours are not multiplied by it.
        spatial: how the pictures lie in space, which the file is to say.

    Raises:
        UserError: another suffix, no such codec, a size or rate out of range, or the place can't be written.
    """

    def __init__(
        self,
        path: Path,
        size_px: tuple[int, int],
        fps: float = 30.0,
        quality: int = 8,
        codec: str | None = None,
        transparent: bool = False,
        spatial: Spatial = FLAT,
    ) -> None:
        self._path = Path(path)
        self._codec = codec_of(self._path, codec, transparent)
        if quality not in QUALITIES:
            raise UserError(f"video quality {quality}: must be 1 to 10")
        if not 0 < fps <= 1000:
            raise UserError(f"{fps:g} frames/s: must be above 0 and at most 1000")
        self._size_px, self._fps, self._quality = size_px, fps, quality
        if min(size_px) < self._codec.least_px:
            least, (width, height) = self._codec.least_px, size_px
            raise UserError(f"size {width}x{height}: {self._codec.title} begins at {least} pixels a side")
        self._transparent, self._spatial = transparent, spatial
        self._temporary = self._path
        self._frames = 0
        self._exits = contextlib.ExitStack()
        self._encoder: subprocess.Popen[bytes] | None = None
        self._messages: IO[bytes] | None = None

    def __enter__(self) -> VideoWriter:
        with contextlib.ExitStack() as exits:
            self._temporary = temporary = exits.enter_context(replacing(self._path))
            self._messages = exits.enter_context(tempfile.TemporaryFile())
            self._encoder = self._start(temporary, self._messages)
            exits.callback(self._end)
            self._exits = exits.pop_all()
        return self

    def _start(self, temporary: Path, messages: IO[bytes]) -> subprocess.Popen[bytes]:
        width, height = self._stored_size()
        pixels = "rgba" if self._transparent else "rgb24"
        source = ["-f", "rawvideo", "-pix_fmt", pixels, "-s", f"{width}x{height}", "-r", f"{self._fps:.6g}", "-i", "-"]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-nostdin", "-loglevel", "error", *source]
        command += encoding(self._codec, self._path.suffix.lower(), self._quality, self._fps, self._transparent)
        # bitexact: no version and no random identifier in the file, so equal frames give equal bytes.
        command += [
            "-an",
            "-map_metadata",
            "-1",
            "-fflags",
            "+bitexact",
            "-flags",
            "+bitexact",
            str(temporary.absolute()),
        ]
        # Ctrl+C must reach us alone, or the encoder dies before it can be told to stop. Rather a group than a session:
        # Linux gives each session as much of the processor as ours, whatever its priority.
        apart: dict[str, Any] = {"process_group": 0} if sys.version_info >= (3, 11) else {"start_new_session": True}
        encoder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=messages, **apart)
        step_back(ENCODER_NICE, encoder.pid)
        return encoder

    def _stored_size(self) -> tuple[int, int]:
        width, height = self._size_px
        return (width + width % 2, height + height % 2) if self._codec.is_halved else (width, height)

    def write(self, pixels: Pixels) -> None:
        """Adds one frame, bytes [H, W, 3] of RGB, or [H, W, 4] of RGBA where it is transparent.

        Raises:
            UserError: the encoder ended, for example because the disk is full.
        """
        width, height = self._size_px
        if pixels.shape != (height, width, 4 if self._transparent else 3) or pixels.dtype != np.uint8:
            raise ValueError(f"a frame of {pixels.shape} {pixels.dtype} in a video of {width}x{height}")
        stored = self._stored_size()
        if stored != self._size_px:
            pixels = np.pad(pixels, ((0, stored[1] - height), (0, stored[0] - width), (0, 0)), mode="edge")
        if self._encoder is None or self._encoder.stdin is None:
            raise ValueError("write belongs inside the with block")
        try:
            self._encoder.stdin.write(np.ascontiguousarray(pixels).data)
        except OSError as error:
            raise self._failure() from error
        self._frames += 1

    @property
    def written_bytes(self) -> int:
        """On the disk by now; the encoder keeps some frames back."""
        with contextlib.suppress(OSError):
            return self._temporary.stat().st_size
        return 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        except BaseException:
            self._exits.__exit__(*sys.exc_info())
            raise
        self._exits.__exit__(kind, error, trace)

    def _finish(self) -> None:
        if self._encoder is None or self._encoder.stdin is None:
            return
        if self._frames == 0:
            raise UserError(f"{self._path}: no frames, so no video")
        try:
            self._encoder.stdin.close()
        except OSError as error:
            raise self._failure() from error
        if self._encoder.wait() != 0:
            raise self._failure()
        if self._spatial != FLAT and self._path.suffix.lower() in SPATIAL_SUFFIXES:
            add_spatial(self._temporary, self._spatial)

    def _failure(self) -> UserError:
        """What the encoder said last."""
        if self._encoder is None or self._messages is None:
            return UserError(f"{self._path}: the video was not begun")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._encoder.wait(timeout=5)
        self._messages.seek(0)
        lines = self._messages.read().decode(errors="replace").strip().splitlines()
        said = lines[-1].strip() if lines else f"exit code {self._encoder.returncode}"
        # A full disk is named in one of the first lines; the last is only that the conversion failed.
        if any("No space left" in line for line in lines):
            return unwritable(self._path, OSError(errno.ENOSPC, ""))
        # "[out#0/mp4 @ 0x5581c0]" before a message is for those who debug the encoder.
        said = re.sub(r"^(\[[^]]*\]\s*)+", "", said)
        return UserError(f"{self._path}: the video encoder stopped: {said}")

    def _end(self) -> None:
        """Leaves no process and no pipe behind."""
        if self._encoder is None:
            return
        self._encoder.kill()
        self._encoder.wait()
        if self._encoder.stdin is not None:
            with contextlib.suppress(OSError):
                self._encoder.stdin.close()


class ThreadedCalls:
    """Runs calls on other threads while the caller goes on; `submit` waits while `ahead` of them are not done.

    Left by an error, what waits is dropped; left well, all is done. One thread keeps the order.
    """

    def __init__(self, threads: int = 1, ahead: int = 2) -> None:
        self._ahead = ahead
        self._pending: deque[Future[None]] = deque()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="export")

    def submit(self, call: Callable[..., None], *arguments: Any) -> None:
        """Queues a call.

        Raises:
            Exception: what an earlier call raised.
        """
        while len(self._pending) >= self._ahead:
            self._pending.popleft().result()
        self._pending.append(self._pool.submit(call, *arguments))

    def __enter__(self) -> ThreadedCalls:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while kind is None and self._pending:
                self._pending.popleft().result()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)
