#!/bin/sh
# Runs deploy/docker/compose.yaml by its parts, with the LDIF file and with OpenLDAP: as root, on Debian.
set -eu
[ "$(id -u)" = 0 ] || { echo "compose: needs root (sudo make test-full)"; exit "${SYNCD_TEST_STRICT:-0}"; }
here=$(dirname "$0")
top=$(cd "$here/../.." && pwd)
. "$top/tests/environment.sh"
sh "$here/image.sh" build
# The old docker-compose of Debian reads the file as Docker does: keys, types, anchors, interpolation.
command -v docker-compose >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker-compose >/dev/null
for profile in "" openldap; do
    COMPOSE_PROFILES=$profile docker-compose -f "$top/deploy/docker/compose.yaml" config -q
done
STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot buildah bud -q --layers --format docker --pull-never \
    --build-arg BASE=localhost/syncd-base:test -t localhost/syncd-openldap:test "$top/deploy/docker/openldap" >/dev/null 2>&1
for profile in "" openldap; do
    unshare -n "$top/.venv/bin/python" "$here/compose.py" $profile
done
