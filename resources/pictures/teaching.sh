#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes teaching.webp anew: the program is taught by mouse and keyboard and filmed meanwhile.
# usage: resources/pictures/teaching.sh [BUILD_FOLDER]   (with the target live_teaching_pictures)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../../build/test}
frames=$(mktemp -d)
trap 'rm -rf "$frames"' EXIT
QT_QPA_PLATFORM=offscreen LC_ALL=C.UTF-8 "$build/tests/app/live/live_teaching_pictures" \
    "$here/../demo/demo.mkv" "$frames"
img2webp -loop 0 -d 125 -lossy -q 60 -m 6 "$frames"/*.png -o "$here/teaching.webp"
