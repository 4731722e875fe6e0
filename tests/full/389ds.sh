#!/bin/sh
# Makes a throwaway 389 Directory Server, reads it as syncd does, and removes it: as root, on Debian.
set -eu
[ "$(id -u)" = 0 ] || { echo "389ds: needs root (sudo make test-full)"; exit "${SYNCD_TEST_STRICT:-0}"; }
cd "$(dirname "$0")/../.."
. tests/environment.sh
command -v dscreate >/dev/null || {
    command -v apt-get >/dev/null || { echo "389ds: needs 389-ds-base"; exit "${SYNCD_TEST_STRICT:-0}"; }
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends 389-ds-base >/dev/null
}
defaults=/usr/share/dirsrv/inf/defaults.inf
name=syncd-test
password=Throw-away-1
work=$(mktemp -d)
cleanup() {
    dsctl "$name" remove --do-it >"$work/removed" 2>&1 || true
    cp "$work/defaults.inf" "$defaults"
    rm -rf "$work"
}
cp "$defaults" "$work/defaults.inf"
trap cleanup EXIT
# Else its tools want systemctl, whether a systemd runs or not.
sed -i 's/^with_systemd = 1/with_systemd = 0/' "$defaults"
mkdir -p /run/dirsrv /run/lock/dirsrv
chown dirsrv:dirsrv /run/dirsrv /run/lock/dirsrv
ports=$(.venv/bin/python -c 'from syncd.testing.throwaway import free_ports; print(*free_ports(2))')
cat >"$work/instance.inf" <<EOF
[general]
config_version = 2
full_machine_name = localhost
strict_host_checking = False
selinux = False
[slapd]
instance_name = $name
root_password = $password
port = ${ports% *}
secure_port = ${ports#* }
self_sign_cert = True
[backend-userroot]
sample_entries = yes
suffix = dc=example,dc=com
EOF
dscreate from-file "$work/instance.inf" >"$work/created" 2>&1 || { cat "$work/created"; exit 1; }
# It tells of changes (RFC 4533) once both plug-ins are on.
dsconf "$name" plugin retro-changelog enable >"$work/plugins" 2>&1
dsconf "$name" plugin contentsync enable >>"$work/plugins" 2>&1 || dsconf "$name" plugin set --enabled on 'Content Synchronization' >>"$work/plugins" 2>&1 || { cat "$work/plugins"; exit 1; }
dsctl "$name" restart >"$work/restarted" 2>&1
ns-slapd -v 2>&1 | grep -o "389-Directory[^ ]*"
SYNCD_TEST_389DS="ldap://localhost:${ports% *}" SYNCD_TEST_389DS_PASSWORD=$password \
    SYNCD_TEST_389DS_CA="/etc/dirsrv/slapd-$name/ca.crt" .venv/bin/pytest -q tests/full/ds389.py
