#!/bin/sh
# Signs in to a throwaway domain controller by Kerberos: as root, on Debian. The extra's packages are built for this alone.
set -eu
[ "$(id -u)" = 0 ] || { echo "kerberos: needs root (sudo make test-full)"; exit "${SYNCD_TEST_STRICT:-0}"; }
cd "$(dirname "$0")/../.."
. tests/environment.sh
{ command -v kinit && command -v gcc && [ -e /usr/include/gssapi/gssapi.h ]; } >/dev/null || {
    command -v apt-get >/dev/null || { echo "kerberos: needs krb5-user, libkrb5-dev, gcc"; exit "${SYNCD_TEST_STRICT:-0}"; }
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends krb5-user libkrb5-dev gcc libc6-dev >/dev/null
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.venv/bin/pip install -q --disable-pip-version-check --target "$work" 'gssapi>=1.8'
SYNCD_TEST_GSSAPI=$work .venv/bin/pytest -q tests/full/kerberos.py
