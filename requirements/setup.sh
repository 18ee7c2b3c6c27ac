#!/bin/sh
# Makes .venv and fills it from a lock file. Run by make: setup.sh run|test
#
# Only git, make and a Python >= 3.11 need to be there. What is missing of the system is installed
# when this runs as root; otherwise the one apt line is printed and nothing is changed.
# All output goes to stderr, so that a command behind it owns stdout.
set -eu
exec >&2
cd "$(dirname "$0")/.."

say() { echo "tallydock: $*"; }
fail() { say "$@"; exit 1; }

# The first Python that is new enough, unless PYTHON names one.
find_python() {
    for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

# Names of the Debian packages whose program or file is absent; on Ubuntu, Chromium has another name.
missing_for_tests() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
        if apt-cache show chromium >/dev/null 2>&1; then echo chromium; else echo chromium-browser; fi
    ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1 || echo fonts-noto-cjk
    command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || echo mosquitto
    command -v mosquitto_sub >/dev/null || echo mosquitto-clients
    command -v strace >/dev/null || echo strace
}

# Installs Debian packages, or says how.
apt_install() {
    line="apt-get install -y --no-install-recommends $*"
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        fail "these system packages are missing. Install them, then run make again:
    sudo $line"
    fi
    say "installing system packages: $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    $line
}

venv_works() { [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1; }

fill_venv() { # LOCK
    say "installing from requirements/$1.lock (a minute or two the first time)"
    .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off \
        --require-hashes --requirement "requirements/$1.lock"
    .venv/bin/python -m pip install --disable-pip-version-check --quiet \
        --no-deps --no-build-isolation --editable .
    say "installed"
}

case "${1:-}" in
run | test) kind=$1 ;;
*) fail "usage: setup.sh run|test" ;;
esac

missing=
if ! venv_works; then
    python=$(find_python)
    [ -n "$python" ] ||
        fail "no Python >= 3.11 was found. Install one, or name one: make PYTHON=/path/to/python3.11"
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        missing=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
fi
[ "$kind" = run ] || missing="$missing $(missing_for_tests)"
# shellcheck disable=SC2086,SC2116  # one word a package
[ -z "$(echo $missing)" ] || apt_install $missing

if ! venv_works; then
    say "making .venv with $("$python" --version)"
    "$python" -m venv .venv
fi
fill_venv "$kind"
touch .venv/.run.stamp
if [ "$kind" = test ]; then touch .venv/.test.stamp; fi
