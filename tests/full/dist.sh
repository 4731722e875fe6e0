#!/bin/sh
# Builds a release twice, the image too, and looks whether it is the same, whole and complete: as root, on Debian.
set -eu
[ "$(id -u)" = 0 ] || { echo "dist: needs root (sudo make test-full)"; exit "${SYNCD_TEST_STRICT:-0}"; }
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$top/tests/full/parts/base_image.sh"
fault() {
    echo "dist: FAULT: $*"
    exit 1
}
cd "$top"
# What has changed and is not committed is tested too.
COMMIT=$(git stash create)
IMAGE_ARGUMENTS=$*
export COMMIT IMAGE_ARGUMENTS
# A base without a digest makes no release.
if BASE=python:3.12-slim DIST=$work/none sh deploy/release/dist.sh >"$work/said" 2>&1; then fault "a base without a digest is taken"; fi
grep -q 'named by digest' "$work/said" || fault "$(cat "$work/said")"
echo "dist: a base without a digest is refused"
# Twice, at other times, under another mask, another chance and another language.
BASE=localhost/syncd-base:test DIST=$work/one sh deploy/release/dist.sh >/dev/null
sleep 2
(umask 077 && BASE=localhost/syncd-base:test DIST=$work/two PYTHONHASHSEED=7 TZ=Asia/Shanghai LANG=zh_CN.UTF-8 sh deploy/release/dist.sh >/dev/null)
for file in "$work"/one/*; do
    cmp "$file" "$work/two/$(basename "$file")" || fault "$(basename "$file") differs"
done
[ "$(find "$work/two" -type f | wc -l)" = 6 ] || fault "six files are expected: $(ls "$work/two")"
echo "dist: built twice, the same bytes:"
sed 's/^/dist:   /' "$work/one/SHA256SUMS"
(cd "$work/one" && sha256sum --check --quiet SHA256SUMS) || fault "checksums"
# What is in it.
unzip() { "$top/.venv/bin/python" -m zipfile -l "$@"; }
for part in syncd/sbom.cdx.json licenses/THIRD-PARTY-LICENSES.txt; do
    unzip "$work"/one/*.whl | grep -q "$part" || fault "the wheel has no $part"
done
mkdir "$work/image"
made=$(buildah from -q --pull-never "docker-archive:$(ls "$work"/one/*.docker.tar)")
root=$(buildah mount "$made")
bill=$(ls "$root"/opt/syncd/lib/python3*/site-packages/syncd/sbom.cdx.json)
ls "$root"/opt/syncd/lib/python3*/site-packages/syncd-*.dist-info/licenses/THIRD-PARTY-LICENSES.txt >/dev/null || fault "no licences in the image"
"$top/.venv/bin/python" - "$bill" "$root" <<'CHECK' || fault "the image is not what its bill of materials says"
import json
import pathlib
import sys

named = {one["name"]: one["version"] for one in json.loads(pathlib.Path(sys.argv[1]).read_text())["components"]}
there = {}
for info in pathlib.Path(sys.argv[2]).glob("opt/syncd/lib/python3*/site-packages/*.dist-info"):
    name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
    there[name.lower().replace("_", "-")] = version
del there["syncd"]
if named != there:
    sys.exit(f"named {named}, there {there}")
print(f"dist: the image has the {len(there)} packages of its bill of materials, and no others")
CHECK
buildah rm "$made" >/dev/null
echo "dist: all holds"
