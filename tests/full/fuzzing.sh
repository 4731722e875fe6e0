#!/bin/sh
# Lets each reader of what others wrote read generated payloads, an hour unless SECONDS_EACH says otherwise.
set -eu
cd "$(dirname "$0")/../.."
. tests/environment.sh
[ "$(uname -sm)" = "Linux x86_64" ] || { echo "fuzzing: atheris has wheels for Linux on x86_64 alone"; exit "${SYNCD_TEST_STRICT:-0}"; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The fuzzer has 35 MB and is wanted here alone.
.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --target "$work" \
    -r requirements/fuzzing.lock
PYTHONPATH=$work .venv/bin/python -m tests.full.fuzzing "${SECONDS_EACH:-3600}"
