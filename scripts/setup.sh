# Shared by scripts/demo and scripts/test: Python, virtual environment, system libraries.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
        [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "Python 3.11 or newer is needed; install it or name it with PYTHON=/path/to/python."
    return 2
}

# Qt needs these on a bare Debian or Ubuntu; "screen" adds a virtual one.
libraries="libgl1 libegl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libxkbcommon-x11-0 \
libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 \
libxcb-shape0 libxcb-xinerama0 fonts-dejavu-core"
screen="xvfb xauth"

# Install what is missing when we may; otherwise say it in one line that can be pasted.
system_libraries() {
    command -v apt-get >/dev/null 2>&1 || return 0
    local missing="" package
    for package in "$@"; do
        # Ubuntu 24.04 renamed some packages with the ending t64.
        dpkg -s "$package" >/dev/null 2>&1 || dpkg -s "${package}t64" >/dev/null 2>&1 ||
            missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    local prefix=""
    if [ "$(id -u)" != 0 ]; then
        if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
            prefix="sudo"
        else
            say "These system libraries are missing; paste: sudo apt-get install -y$missing"
            return 0
        fi
    fi
    say "Installing system libraries:$missing"
    # shellcheck disable=SC2086
    { $prefix apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        $prefix apt-get install -y -qq --no-install-recommends $missing; } >/dev/null 2>&1 ||
        say "That failed; paste: sudo apt-get install -y$missing"
}

# A virtual environment without python3-venv installed: pip of the system fills it.
make_environment() {
    local python=$1 folder=$2
    [ -x "$folder/bin/python" ] && "$folder/bin/python" -c '' 2>/dev/null && return 0
    rm -rf "$folder"
    "$python" -m venv --without-pip "$folder"
}

install_into() {
    local python=$1 folder=$2
    shift 2
    # Not PIP_CONSTRAINT, which pip splits at spaces.
    "$python" -m pip --python "$folder/bin/python" install --quiet --disable-pip-version-check \
        --root-user-action ignore --constraint "$root/constraints.txt" "$@"
}
