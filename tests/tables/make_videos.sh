#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tests/tables/make_videos.sh FOLDER: small videos of the kinds that people have, for compare_videos.py:
# containers, codecs, sample formats, turned, with pixels that are not square, with steady and unsteady
# times, changing size and format, behind sound, cut off, with something behind their end. Needs ffmpeg.
set -uo pipefail
mkdir -p "$1"
cd "$1" || exit 1
# make NAME ARGUMENT...: twenty moving pictures.
make() {
    local name=$1
    shift
    ffmpeg -v error -y -f lavfi -i testsrc2=size=176x144:rate=10:duration=2 "$@" "$name" || echo "left out: $name"
}
x264=(-c:v libx264 -preset ultrafast)
for pixels in yuv420p yuv422p yuv444p yuv420p10le yuvj420p gray; do make "h264-$pixels.mp4" "${x264[@]}" -pix_fmt $pixels; done
make h264-b-frames.mp4 -c:v libx264 -bf 3 -pix_fmt yuv420p
make h264-interlaced.ts "${x264[@]}" -flags +ildct+ilme -pix_fmt yuv420p
make h264-709.mkv "${x264[@]}" -pix_fmt yuv420p -colorspace bt709 -color_primaries bt709 -color_trc bt709
make h264-full-range.mkv "${x264[@]}" -vf scale=out_range=pc -pix_fmt yuv420p -color_range pc
make h264-odd.mkv "${x264[@]}" -vf crop=175:143:0:0 -pix_fmt yuv444p
make h264-sar.mkv "${x264[@]}" -vf setsar=16/11 -pix_fmt yuv420p
make hevc.mp4 -c:v libx265 -preset ultrafast -x265-params log-level=none
make hevc-10.mkv -c:v libx265 -preset ultrafast -x265-params log-level=none -pix_fmt yuv420p10le
make mpeg2.mpg -c:v mpeg2video
make mpeg2.ts -c:v mpeg2video
make mpeg4.avi -c:v mpeg4
make mjpeg.avi -c:v mjpeg
make mjpeg.mov -c:v mjpeg -pix_fmt yuvj422p
make vp8.webm -c:v libvpx
make vp9.webm -c:v libvpx-vp9 -speed 8
make av1.mkv -c:v libaom-av1 -cpu-used 8 -usage realtime
make prores.mov -c:v prores
make dnxhd.mov -vf scale=1280:720 -frames:v 4 -r 25 -c:v dnxhd -b:v 60M -pix_fmt yuv422p
make flv.flv -c:v flv
make wmv.wmv -c:v wmv2
make theora.ogv -c:v libtheora
make huffyuv.avi -c:v huffyuv
make ffv1.mkv -c:v ffv1 -pix_fmt rgb24
make raw.avi -c:v rawvideo -pix_fmt bgr24
make raw.y4m
make moving.gif
make moving.apng -f apng
make raw.m4v -c:v mpeg4 -f m4v
make raw.h265 -c:v libx265 -preset ultrafast -x265-params log-level=none -f hevc
make unsteady.mkv "${x264[@]}" -vf "setpts=N*N/200/TB" -fps_mode vfr -enc_time_base 1:1000 -pix_fmt yuv420p
make late.mp4 "${x264[@]}" -vf "setpts=PTS+3/TB" -pix_fmt yuv420p
make no-cues.mkv "${x264[@]}" -pix_fmt yuv420p -live 1
make fragments.mp4 "${x264[@]}" -pix_fmt yuv420p -movflags frag_keyframe+empty_moov
ffmpeg -v error -y -f lavfi -i testsrc2=size=176x144:rate=10:duration=2 -f lavfi -i sine=duration=2 "${x264[@]}" -pix_fmt yuv420p \
    -c:a aac -af adelay=0 sound.mp4
for turn in 90 180 270; do
    make base.mp4 "${x264[@]}" -pix_fmt yuv420p
    ffmpeg -v error -y -i base.mp4 -c copy -metadata:s:v:0 rotate=$turn "turned-$turn.mp4"
done
rm -f base.mp4
make part1.ts "${x264[@]}" -pix_fmt yuv420p
make part2.ts -vf scale=320:240 "${x264[@]}" -pix_fmt yuv422p
make part3.ts -vf setsar=2 "${x264[@]}" -pix_fmt yuv420p
cat part1.ts part2.ts part3.ts >changes.ts
rm -f part?.ts
{ cat h264-yuv420p.mp4; head -c 3000 /dev/zero; } >zeros-behind.mp4
ls | wc -l
