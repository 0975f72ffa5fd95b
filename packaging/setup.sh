# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is who sources it
# Shared by packaging/run and packaging/test: says what it does, installs what is missing.

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# install_packages KIND... : the packages of packaging/packages.txt of these kinds that are missing.
install_packages() {
    local kinds=" $* " missing=() name kind rest
    while read -r name kind rest; do
        [[ -z $name || $name == \#* || $kinds != *" $kind "* ]] && continue
        dpkg-query -W -f='${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^ii' ||
            missing+=("$name")
    done <"$root/packaging/packages.txt"
    if ((${#missing[@]} == 0)); then
        say "All packages are installed."
        return
    fi
    command -v apt-get >/dev/null ||
        fail "these packages are missing and there is no apt-get to install them: ${missing[*]}"
    local as_root=() online=1
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            fail "these packages are missing; as root, run: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "Installing ${#missing[@]} missing packages: ${missing[*]}"
    "${as_root[@]}" true || # asks for the password, if there is one
        fail "sudo does not let you install the missing packages; as root, run: apt-get install ${missing[*]}"
    # A source out of reach is no failure yet: it may be one that is not needed.
    local filter=(cat)
    "${as_root[@]}" apt-get update -qq -o APT::Update::Error-Mode=any >&2 || {
        online=0
        filter=(grep --line-buffered -Ev '^(Ign:|Err:|  |E: Failed to fetch)') # hundreds of lines
    }
    # Says what it downloads, because that can take minutes.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "${missing[@]}" 2>&1 | "${filter[@]}" >&2 || {
        ((online)) ||
            fail "the missing packages cannot be installed, because Debian's archive cannot be reached (see above)."
        fail "apt-get could not install the packages above; see its message."
    }
}

# build_preset PRESET [TARGET...]: configures once and builds, with ninja's progress line.
build_preset() {
    local preset=$1 started=$SECONDS
    shift
    if [[ ! -f $root/build/$preset/build.ninja ]]; then
        say "Configuring the $preset preset"
        cmake --preset "$preset" >"$root/build-$preset.log" 2>&1 || {
            cat "$root/build-$preset.log" >&2
            rm -f "$root/build-$preset.log"
            fail "CMake could not configure; its last lines above say why."
        }
        rm -f "$root/build-$preset.log"
    fi
    say "Building the $preset preset (the first time takes some minutes, later ones seconds)"
    cmake --build --preset "$preset" ${1:+--target "$@"} >&2 || fail "the build failed, see above."
    say "Built in $((SECONDS - started)) s."
}
