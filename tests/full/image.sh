#!/bin/sh
# Builds the real Dockerfile without a registry or a daemon, and runs the program in it: as root, on Debian.
# `image.sh build` only builds localhost/syncd:test.
set -eu
[ "$(id -u)" = 0 ] || { echo "image: needs root (sudo make test-full)"; exit "${SYNCD_TEST_STRICT:-0}"; }
top=$(cd "$(dirname "$0")/../.." && pwd)
python=$top/.venv/bin/python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
only=${1:-}
. "$top/tests/full/parts/base_image.sh"
buildah bud -q --layers --format docker --pull-never --build-arg BASE=localhost/syncd-base:test "$@" \
    -f "$top/deploy/docker/Dockerfile" -t localhost/syncd:test "$top" >"$work/built" 2>&1 || { cat "$work/built"; exit 1; }
[ "$only" != build ] || exit 0

made=$(buildah from --pull-never localhost/syncd:test)
root=$(buildah mount "$made")
echo "image: built: $(du -sm "$root" | cut -f 1) MB, of which the base has $(du -sm --exclude="$root/opt" "$root" | cut -f 1)"
found=$({ find "$root/usr/bin" "$root/usr/local/bin" "$root/opt/syncd/bin" -name 'pip*' -o -name gcc -o -name cc -o -name make
    find "$root/usr/lib" "$root/usr/local/lib" "$root/opt/syncd/lib" -name pip -o -name ensurepip -o -name setuptools; } | sed "s#$root##")
[ -z "$found" ] || { echo "image: tools of the build are in it: $found"; exit 1; }
buildah rm "$made" >/dev/null
echo "image: no pip, no setuptools and no compiler in it"

# The daemon, on a platform of its own, in a network of its own: the ports are those of the image.
mkdir "$work/etc"
cp "$top/syncd/testing/sample.ldif" "$work/etc/company.ldif"
sed 's#//sandbox:#//127.0.0.1:#' "$top/deploy/docker/ldif.toml" >"$work/etc/syncd.toml"
mkdir "$work/secrets"
echo sandbox-secret >"$work/secrets/appsecret"
echo a-token >"$work/secrets/callback_token"
echo abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG >"$work/secrets/callback_aes_key"
chmod -R a+rX "$work"
cat >"$work/scenario" <<'SCENARIO'
set -eu
ip link set lo up
run() { "$python" "$top/tests/full/container.py" "$@"; }
"$top/.venv/bin/syncd" sandbox --port 8080 2>/dev/null &
sandbox=$!
run run -v "$work/etc:/etc/syncd" -v "$work/secrets:/run/secrets" localhost/syncd:test syncd-image >"$work/said" 2>&1 &
daemon=$!
trap 'run kill syncd-image KILL 2>/dev/null; kill $sandbox; wait' EXIT
left=150
until run health localhost/syncd:test syncd-image 2>/dev/null; do
    left=$((left - 1))
    [ $left -gt 0 ] && kill -0 $daemon || { cat "$work/said"; echo "image: it does not become healthy"; exit 1; }
    sleep 0.2
done
echo "image: the health check of the image succeeds; the root is read-only, there are no capabilities"
run exec syncd-image python -c '
import os, pathlib
status = dict(line.split(":", 1) for line in pathlib.Path("/proc/1/status").read_text().splitlines())
assert status["Uid"].split() == ["10001"] * 4, status["Uid"]
assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0, status
assert os.statvfs("/").f_flag & os.ST_RDONLY
print("image: process 1 is", pathlib.Path("/proc/1/cmdline").read_bytes().replace(b"\0", b" ").decode())'
began=$(date +%s%N)
run kill syncd-image TERM
code=0
wait $daemon || code=$?
echo "image: SIGTERM ended it in $((($(date +%s%N) - began) / 1000000)) ms with exit code $code"
[ $code = 0 ] || { cat "$work/said"; exit 1; }
trap - EXIT
kill $sandbox
SCENARIO
export top work python
unshare -n sh "$work/scenario"
