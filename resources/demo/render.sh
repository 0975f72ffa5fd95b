#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Renders scene.pov into demo.mkv (needs Debian's povray and ffmpeg; about ten minutes on one core).
# The camera's whole way takes 168 frames. The clip begins where the orange is whole: EfficientNet-Lite0 is
# unsure of rendered bananas. It ends after 148 of them, because POV-Ray 3.7 does not get done with the one
# after that (a sphere sweep seen end-on).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
first=24 end=${1:-148} whole_way=168 fps=14
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for ((i = first; i < end; i++)); do
    clock=$(awk "BEGIN { printf \"%.5f\", $i / ($whole_way - 1) }")
    povray +Iscene.pov +O"$(printf '%s/%04d.png' "$work" $((i - first)))" +W640 +H480 +A0.3 +K"$clock" -D \
        >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
    printf '\rframe %d of %d' $((i - first + 1)) $((end - first)) >&2
done
printf '\n' >&2
ffmpeg -v error -y -framerate "$fps" -i "$work/%04d.png" \
    -c:v libx264 -preset slow -crf 23 -pix_fmt yuv420p demo.mkv
ls -l demo.mkv >&2
