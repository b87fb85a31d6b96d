"""Video codecs: which file holds which, ffmpeg's encoder and options for each, and whether that encoder is there.

Colours are those of BT.709, in limited range, and said so: matrix, primaries, transfer and range. The matrix is
converted to as well as named, because players guess it by the size of the picture where it is not.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import imageio_ffmpeg

from engines.core.errors import UserError

QUALITIES = range(1, 11)
# Players draw a GIF with shorter delays than 2/100 s at 10 frames/s.
MOST_GIF_FPS = 50.0
COLOURS = (
    "scale=in_range=full:out_range=limited:out_color_matrix=bt709:flags=accurate_rnd+full_chroma_int,"
    "format={pixels},setparams=color_primaries=bt709:color_trc=bt709"
)
OPAQUE = COLOURS.format(pixels="yuv420p")
# Alpha goes by a way of its own: by that of the colours it is rounded to the limited range.
VP9_TRANSPARENT = f"split[c][a];[c]{OPAQUE}[c];[a]alphaextract,format=gray[a];[c][a]alphamerge"
FAST_START = ("-movflags", "+faststart")


@dataclass(frozen=True)
class Codec:
    """A video codec.

    Attributes:
        title: for people.
        encoders: of ffmpeg, the best first.
        suffixes: of the files that hold it; first the one that it is usual for.
        options: ffmpeg's, by quality (1 to 10).
        is_halved: whether colours are kept at half the resolution, so that sides must be even.
        keeps_alpha: whether it can be transparent.
        has_quality: whether `quality` says anything.
        least_px: the smallest side of a picture.
    """

    title: str
    encoders: tuple[str, ...]
    suffixes: tuple[str, ...]
    options: Callable[[int], list[str]]
    is_halved: bool = True
    keeps_alpha: bool = False
    has_quality: bool = True
    least_px: int = 1


def _crf(quality_10: int, step: int, *options: str) -> Callable[[int], list[str]]:
    """Options of an encoder whose constant rate factor is `quality_10` at the best quality."""
    return lambda quality: [*options, "-crf", str(quality_10 + step * (10 - quality))]


CODECS: Mapping[str, Codec] = {
    "h264": Codec("H.264", ("libx264",), (".mp4", ".mov"), _crf(14, 2, "-preset", "veryfast")),
    "h265": Codec(
        "H.265",
        ("libx265",),
        (".mp4", ".mov"),
        # hvc1: as QuickTime wants it; x265 prints a page of its own settings.
        _crf(16, 2, "-preset", "veryfast", "-tag:v", "hvc1", "-x265-params", "log-level=error"),
        least_px=16,
    ),
    "vp9": Codec(
        "VP9",
        ("libvpx-vp9",),
        (".webm", ".mp4"),
        _crf(18, 3, "-deadline", "realtime", "-cpu-used", "6", "-row-mt", "1", "-b:v", "0"),
        keeps_alpha=True,
    ),
    # Of less than 12 pixels SVT-AV1 writes beyond its memory.
    "av1": Codec("AV1", ("libsvtav1",), (".mp4", ".webm"), _crf(20, 4, "-preset", "8"), least_px=16),
    "prores": Codec(
        "ProRes 4444",
        ("prores_ks",),
        (".mov",),
        lambda _: ["-profile:v", "4444", "-vendor", "apl0"],
        is_halved=False,
        keeps_alpha=True,
        has_quality=False,
    ),
    "gif": Codec("GIF", ("gif",), (".gif",), lambda _: ["-loop", "0"], is_halved=False, has_quality=False),
}
USUAL_CODECS: Mapping[str, str] = {".mp4": "h264", ".webm": "vp9", ".mov": "prores", ".gif": "gif"}
VIDEO_SUFFIXES = tuple(USUAL_CODECS)


def codec_names(path: Path) -> tuple[str, ...]:
    """The codecs that a file of this suffix can hold, the usual one first; none where it is no video."""
    suffix = path.suffix.lower()
    return tuple(sorted((n for n, c in CODECS.items() if suffix in c.suffixes), key=USUAL_CODECS.get(suffix).__ne__))


def keeps_alpha(codec: Codec, suffix: str) -> bool:
    """Whether a video of this suffix can be transparent."""
    return codec.keeps_alpha and suffix in (".mov", ".webm")


def codec_of(path: Path, name: str | None = None, transparent: bool = False) -> Codec:
    """The codec that a video is written with, which is asked of ffmpeg.

    Args:
        name: of `CODECS`; None: the suffix's usual one.

    Raises:
        UserError: no such video, codec or encoder, or one that can't be transparent.
    """
    suffix, names = path.suffix.lower(), codec_names(path)
    if not names:
        raise UserError(f"{path}: videos are written as {', '.join(VIDEO_SUFFIXES)}")
    if name is not None and name not in names:
        where = f"; it goes into {' or '.join(CODECS[name].suffixes)}" if name in CODECS else ""
        raise UserError(f"codec {name}: a {suffix} holds {', '.join(names)}{where}")
    codec = CODECS[name or names[0]]
    if transparent and not keeps_alpha(codec, suffix):
        raise UserError(
            f"{path}: {codec.title} in a {suffix} can't be transparent; name a .mov (ProRes 4444), a .webm (VP9), or a "
            "folder"
        )
    if not any(encoder in encoders_there() for encoder in codec.encoders):
        raise UserError(f"codec {name or names[0]}: this ffmpeg has no encoder {codec.encoders[0]}; name another codec")
    return codec


@lru_cache(1)
def encoders_there() -> frozenset[str]:
    """The names of all video encoders that ffmpeg has."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-encoders"]
    said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace").stdout
    lines = (line.split() for line in said.partition("------")[2].splitlines())
    return frozenset(words[1] for words in lines if len(words) > 1 and words[0].startswith("V"))


def encoding(codec: Codec, suffix: str, quality: int, fps: float, transparent: bool) -> list[str]:
    """ffmpeg's options from the picture to the file."""
    encoder = next((name for name in codec.encoders if name in encoders_there()), codec.encoders[0])
    chosen = codec.options(quality)
    if encoder == "gif":
        # A palette for each frame: one for all would need the whole video in memory.
        palette = "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1:dither=sierra2_4a"
        rate = f"fps={MOST_GIF_FPS:g}," if fps > MOST_GIF_FPS else ""
        return ["-vf", rate + palette, *chosen]
    start = FAST_START if suffix in (".mp4", ".mov") else ()
    if encoder == "prores_ks":
        pixels = "yuva444p12le" if transparent else "yuv444p12le"
        return ["-vf", COLOURS.format(pixels=pixels), "-c:v", encoder, *chosen, *start]
    colours = ["-filter_complex", VP9_TRANSPARENT] if transparent else ["-vf", OPAQUE]
    return [*colours, "-c:v", encoder, *chosen, *start]
