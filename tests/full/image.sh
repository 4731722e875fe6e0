#!/bin/sh
# Builds the real Dockerfile without a registry or a daemon and runs the program in it: as root, on Debian.
set -eu
[ "$(id -u)" = 0 ] || { echo "image: needs root (sudo make test-full)"; exit "${SYNCD_TEST_STRICT:-0}"; }
for program in buildah crun mmdebstrap; do
    command -v $program >/dev/null || missing=1
done
[ -z "${missing:-}" ] || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends buildah crun mmdebstrap >/dev/null; }
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
mkdir -p /etc/containers
[ -f /etc/containers/policy.json ] || echo '{"default":[{"type":"insecureAcceptAnything"}]}' >/etc/containers/policy.json
mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$work/base.tar"
made=$(buildah from scratch)
buildah add -q "$made" "$work/base.tar" / >/dev/null
buildah run "$made" -- ln -sf python3 /usr/bin/python
buildah commit -q "$made" localhost/syncd-base:test >/dev/null
buildah rm "$made" >/dev/null
certificates=/etc/ssl/certs/ca-certificates.crt
set -- -v "$certificates:$certificates:ro"
for config in /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
    [ ! -f "$config" ] || set -- "$@" -v "$config:/etc/pip.conf:ro"
done
for name in PIP_INDEX_URL PIP_CERT SSL_CERT_FILE; do
    eval "value=\${$name:-}"
    [ -z "$value" ] || set -- "$@" --env "$name=$value"
done
buildah bud -q --format docker --pull-never --build-arg BASE=localhost/syncd-base:test "$@" \
    -f "$top/deploy/docker/Dockerfile" -t localhost/syncd:test "$top"
made=$(buildah from --pull-never localhost/syncd:test)
buildah run --user 10001:10001 "$made" -- syncd --version
buildah run --user 10001:10001 "$made" -- sh -c 'cd /var/lib/syncd && syncd init --source ldif --path a.ldif --base dc=x --appkey k --appsecret-file s && echo secret >s && : >a.ldif && syncd db upgrade && syncd db current'
buildah rm "$made" >/dev/null
echo "image: built and run as uid 10001"
