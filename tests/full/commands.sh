#!/bin/sh
# Runs the acceptance tests with an interpreter of its own for each command, where `make test` forks them.
set -eu
cd "$(dirname "$0")/../.."
. tests/environment.sh
SYNCD_TEST_COMMANDS=started .venv/bin/pytest -q -n "${WORKERS:-2}" --dist loadgroup tests/acceptance tests/docs
