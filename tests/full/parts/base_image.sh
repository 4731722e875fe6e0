# shellcheck shell=sh
# Sourced by what builds images without a registry or a daemon: as root, on Debian. It wants $work, a folder for a while, and
# leaves localhost/syncd-base:test, and in "$@" what a build needs to reach the package index of this machine.
for program in buildah crun mmdebstrap; do
    command -v $program >/dev/null || missing=1
done
[ -z "${missing:-}" ] || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends buildah crun mmdebstrap >/dev/null; }
cache=${XDG_CACHE_HOME:-$HOME/.cache}/syncd-test
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
mkdir -p /etc/containers "$cache"
[ -f /etc/containers/policy.json ] || echo '{"default":[{"type":"insecureAcceptAnything"}]}' >/etc/containers/policy.json
if ! buildah inspect --type image localhost/syncd-base:test >/dev/null 2>&1; then
    [ -f "$cache/bookworm-python.tar" ] || {
        mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "${work:?}/base.tar"
        mv "$work/base.tar" "$cache/bookworm-python.tar"
    }
    made=$(buildah from scratch)
    buildah add -q "$made" "$cache/bookworm-python.tar" / >/dev/null
    buildah run "$made" -- ln -sf python3 /usr/bin/python
    buildah commit -q "$made" localhost/syncd-base:test >/dev/null
    buildah rm "$made" >/dev/null
fi
certificates=/etc/ssl/certs/ca-certificates.crt
set -- -v "$certificates:$certificates:ro"
for config in /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
    [ ! -f "$config" ] || set -- "$@" -v "$config:/etc/pip.conf:ro"
done
for name in PIP_INDEX_URL PIP_CERT SSL_CERT_FILE; do
    eval "value=\${$name:-}"
    [ -z "$value" ] || set -- "$@" --env "$name=$value"
done
