#!/bin/sh
# Runs the acceptance tests of the main job on platforms that behave otherwise: each quirk alone, and those that go together.
set -eu
cd "$(dirname "$0")/../.."
. tests/environment.sh
.venv/bin/python -m syncd.testing.quirk_cases | while IFS= read -r quirks
do
    echo "quirks: $quirks"
    SYNCD_TEST_QUIRKS=$quirks .venv/bin/pytest -q tests/acceptance/test_commands.py tests/acceptance/test_guards.py \
        tests/acceptance/test_interruptions.py tests/acceptance/test_output.py tests/acceptance/test_directory_faults.py </dev/null
done
