# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Shared by packaging/bare-debian and packaging/try-packages: a Debian or Ubuntu with nothing installed, in a folder.
# What was downloaded is kept for a week in this user's cache, below overfeat-live/bare.

bare_cache=${XDG_CACHE_HOME:-$HOME/.cache}/overfeat-live/bare

# bare_check RELEASE: says what is missing to make one.
bare_check() {
    case $1 in
        bookworm | trixie | noble) ;;
        *) fail "'$1' is none of the releases this program is for: bookworm, trixie, noble." ;;
    esac
    [[ $1 != noble || -f /usr/share/keyrings/ubuntu-archive-keyring.gpg ]] ||
        fail "Ubuntu's keys are missing; install ubuntu-keyring (a package of Debian 13)."
    ((EUID == 0)) || fail "only root may make a Debian inside this one; run it with sudo."
    command -v debootstrap >/dev/null || fail "debootstrap is missing; run: apt-get install debootstrap"
}

# bare_make RELEASE FOLDER: the system, in an empty folder.
bare_make() {
    local release=$1 folder=$2 kept=$bare_cache/$1.tar options=() script=()
    chmod 755 "$folder" # users other than root live in it, too
    mkdir -p "$bare_cache/apt-$release"
    # Two of one release would share what apt locks; the lock ends with the system, or this process.
    exec {bare_lock}>"$bare_cache/$release.lock"
    flock --nonblock "$bare_lock" || {
        say "Waiting for another bare $release to end"
        flock "$bare_lock"
    }
    if [[ -n $(find "$kept" -mtime -7 2>/dev/null) ]]; then
        say "A bare $release in $folder, from what was kept"
        tar -xpf "$kept" -C "$folder" --numeric-owner
    else
        if [[ $release == noble ]]; then
            script=("" gutsy) # no mirror but the usual one; the script that all of Ubuntu's releases share
            options=("--components=main,universe" --keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg)
        fi
        say "Making a bare $release in $folder"
        debootstrap --variant=minbase "${options[@]}" "$release" "$folder" "${script[@]}" >"$folder.log" 2>&1 ||
            { tail "$folder.log" >&2; rm -f "$folder.log"; fail "debootstrap failed, see above."; }
        rm -f "$folder.log"
        tar -cpf "$kept.new" -C "$folder" --numeric-owner --exclude './var/cache/apt/archives/*.deb' .
        mv "$kept.new" "$kept"
    fi
    echo force-unsafe-io >"$folder/etc/dpkg/dpkg.cfg.d/bare" # it need not outlive a power cut
    cp /etc/resolv.conf "$folder/etc/resolv.conf"
    printf '127.0.0.1 localhost %s\n' "$(uname -n)" >"$folder/etc/hosts" # or sudo complains
    mount --rbind /proc "$folder/proc"
    mount --rbind /dev "$folder/dev"
    mkdir -p "$folder/var/cache/apt/archives" "$folder/var/ccache"
    mount --bind "$bare_cache/apt-$release" "$folder/var/cache/apt/archives"
}

# bare_compiler_cache FOLDER: this machine's, in the system, which can fill it.
bare_compiler_cache() {
    local ours
    ours=$(ccache --get-config cache_dir 2>/dev/null) || return 0
    [[ ! -d $ours ]] || mount --bind "$ours" "$1/var/ccache"
}

# bare_hand_over_pip FOLDER: pip asks there whom it asks here, and trusts whom it trusts here.
bare_hand_over_pip() {
    # The environment counts before the configuration, as it does for pip.
    local certificates=${PIP_CERT:-$(python3 -m pip config get global.cert 2>/dev/null)} \
        index=${PIP_INDEX_URL:-$(python3 -m pip config get global.index-url 2>/dev/null)}
    {
        echo "[global]"
        [[ -z $index ]] || echo "index-url = $index"
        [[ -z $certificates ]] || echo "cert = /etc/pip-certificates.crt"
    } >"$1/etc/pip.conf"
    [[ -z $certificates ]] || cp "$certificates" "$1/etc/pip-certificates.crt"
}

# bare_inside FOLDER USER COMMAND... : in the user's clone, where there is one.
bare_inside() {
    local folder=$1 who=$2 variables=(PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb
        CCACHE_DIR=/var/ccache HOME=/root DEBIAN_FRONTEND=noninteractive)
    shift 2
    [[ $who == root ]] || variables+=(HOME="/home/$who")
    # shellcheck disable=SC2016 # HOME is the one inside
    env -i "${variables[@]}" chroot --userspec="$who" "$folder" \
        sh -c 'cd "$HOME/overfeat-live" 2>/dev/null || cd; exec "$@"' sh "$@"
}

# bare_remove FOLDER
bare_remove() {
    local point
    for point in proc dev var/ccache var/cache/apt/archives; do # what is still mounted must not be deleted
        umount -Rl "$1/$point" 2>/dev/null || ! mountpoint -q "$1/$point" || return 0
    done
    rm -rf --one-file-system "$1"
    # What is started from here on may make another one; it would inherit the lock and wait for itself.
    [[ -z ${bare_lock:-} ]] || exec {bare_lock}>&-
    bare_lock=
}
