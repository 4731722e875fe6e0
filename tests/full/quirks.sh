#!/bin/sh
# Runs the acceptance tests of the main job on platforms that behave otherwise: each quirk alone, and several together.
set -eu
cd "$(dirname "$0")/../.."
. tests/environment.sh
for quirks in \
    admin_field=isAdmin admin_field=both admin_field=none first_is_admin=false root=0 root=null root=missing \
    empty_fields=null empty_fields=missing extra_fields=true 'field_errors=[]' field_errors=objects field_errors=missing \
    codes_as_text=true numeric_ids=true list_seconds=false volatile_times=false echo=true body=form body=json \
    ignores_ids=true existing_id=answered removed_ids=refused one_token=true token_dies_after=2 \
    trimmed=account,email,name,position lower_case=account,email digits_only=phone width_folded=name,position \
    bmp_only=name,position cut=position:10 empty_ignored=position department_names=unique mail_code=71001 \
    case_matters=true error_status=400 used_objects=refused \
    'admin_field=isAdmin;root=0;empty_fields=null;extra_fields=true;codes_as_text=true;numeric_ids=true;echo=true;one_token=true'
do
    echo "quirks: $quirks"
    SYNCD_TEST_QUIRKS=$quirks .venv/bin/pytest -q tests/acceptance/test_commands.py tests/acceptance/test_guards.py \
        tests/acceptance/test_interruptions.py tests/acceptance/test_output.py
done
