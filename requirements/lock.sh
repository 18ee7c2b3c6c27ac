#!/bin/sh
# Writes the lock files anew from pyproject.toml. Run by `make lock`, with the interpreter as $1.
#
# run.lock is what the product needs, test.lock the same and all extras. Each holds the hashes of
# every file of a release, so one lock serves all platforms, and names no host: where packages
# come from is the affair of the machine that installs. The machine's own pip configuration is
# left out of it here, or its indexes and constraints would leak into the locks.
set -eu
cd "$(dirname "$0")/.."

python=$1
venv=build/lock-venv
unset PIP_FIND_LINKS PIP_EXTRA_INDEX_URL PIP_INDEX_URL PIP_CONSTRAINT PIP_NO_INDEX PIP_REQUIREMENT || true
export PIP_CONFIG_FILE=/dev/null
export CUSTOM_COMPILE_COMMAND="make lock"

[ -x "$venv/bin/pip-compile" ] || {
    "$python" -m venv "$venv"
    "$venv/bin/pip" install --quiet pip-tools==7.6.2 >&2
}

compile() { # OUTPUT [OPTION...]
    output=$1
    shift
    "$venv/bin/pip-compile" --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
        --no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
        --build-deps-for editable --output-file "$output" "$@" pyproject.toml
}

compile requirements/run.lock
compile requirements/test.lock --constraint requirements/run.lock --all-extras
