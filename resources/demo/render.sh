#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Renders scene.pov into demo.mkv (needs Debian's povray and ffmpeg; some four minutes on one core).
# The camera rests where the clip begins, goes its way, rests, and comes back, so that the clip can be
# repeated without a jump; each place of the way is rendered once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
rest=18 way=44 fps=14
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for ((i = 0; i <= way; i++)); do
    clock=$(awk "BEGIN { printf \"%.5f\", $i / $way }")
    povray +Iscene.pov +O"$(printf '%s/place%04d.png' "$work" $i)" +W640 +H480 +A0.3 +R2 +K"$clock" -D \
        </dev/null >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
    printf '\rplace %d of %d' $((i + 1)) $((way + 1)) >&2
done
printf '\n' >&2
count=0
show() { ln -s "$(printf 'place%04d.png' "$1")" "$(printf '%s/frame%04d.png' "$work" $count)" && count=$((count + 1)); }
for ((i = 0; i < rest; i++)); do show 0; done
for ((i = 1; i <= way; i++)); do show $i; done
for ((i = 1; i < rest; i++)); do show $way; done
for ((i = way; i > 0; i--)); do show $i; done
ffmpeg -v error -y -framerate "$fps" -i "$work/frame%04d.png" \
    -c:v libx264 -preset slow -crf 23 -pix_fmt yuv420p demo.mkv </dev/null
ls -l demo.mkv >&2
