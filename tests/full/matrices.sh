#!/bin/sh
# Runs the matrices whole of which `make test` runs a part: every fault on every call, and every quirk alone.
set -eu
cd "$(dirname "$0")/../.."
. tests/environment.sh
SYNCD_TEST_WHOLE=1 .venv/bin/pytest -q tests/integration/platform/test_faults_midway.py \
    tests/integration/platform/test_quirk_matrix.py
