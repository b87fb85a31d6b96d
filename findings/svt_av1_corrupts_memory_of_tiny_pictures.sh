#!/usr/bin/env bash
# ffmpeg 9.0.2 with SVT-AV1: a video of 8x8 pixels ends in "corrupted size vs. prev_size" or "realloc(): invalid next size"
# and SIGABRT: the encoder writes beyond its memory. libaom and VP9 write the same pictures. It shows or not by what
# lies beside: of plain yuv420p most runs succeed; with the filter that converts colours all of some tens of runs ended so.
#
# Seen with imageio-ffmpeg 0.8.1 (ffmpeg n9.0.2-17, libsvtav1), Linux x86-64: 8x6 and 8x8 abort, 12x12 and more, 16x8 and
# 64x8 don't. So pictures of less than 16 pixels a side aren't given to it.
#
# Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 numpy
ffmpeg=$("$work/venv/bin/python" -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
colours="scale=in_range=full:out_range=limited:out_color_matrix=bt709:flags=accurate_rnd+full_chroma_int,format=yuv420p"
colours="$colours,setparams=color_primaries=bt709:color_trc=bt709"
encoded() { # side, encoder with its options
    side=$1
    shift
    code=0
    "$ffmpeg" -v error -y -f lavfi -i "testsrc=size=${side}x$side:rate=10:duration=0.3,format=rgb24" -vf "$colours" \
        -c:v "$@" "$work/film.mp4" > "$work/said.txt" 2>&1 || code=$?
    echo "$*, ${side}x$side: exit code $code $(grep -o -E 'corrupted.*|realloc.*|free.*|malloc.*' "$work/said.txt" | head -1)"
}
aborted=0
for _ in 1 2 3; do
    encoded 8 libsvtav1 -preset 8 -crf 28
    if [ "$code" = 134 ]; then aborted=1; fi
done
encoded 16 libsvtav1 -preset 8 -crf 28
large=$code
encoded 8 libaom-av1 -cpu-used 8 -crf 28
if [ "$aborted" != 1 ] || [ "$large" != 0 ] || [ "$code" != 0 ]; then
    echo "tiny pictures are no longer as they were" >&2
    exit 1
fi
