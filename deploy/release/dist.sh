#!/bin/sh
# Builds what a release is made of, from the last commit, into dist/; `make dist` runs this.
#   IMAGE=no       without the image; else it is built where buildah, docker or podman is there
#   BASE=…         what the image stands on, by digest: python:3.12-slim@sha256:…
#   DIST=FOLDER    another folder than dist/
#   COMMIT=…       another commit than the last one
# The same commit, lock files and base give the same bytes.
set -eu
umask 022
top=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-$top/.venv/bin/python}
dist=${DIST:-$top/dist}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$top"
[ -n "${COMMIT:-}" ] || [ -z "$(git status --porcelain)" ] || echo "dist: what is not committed is left out" >&2
commit=${COMMIT:-HEAD}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct "$commit")}
# The order of what is not ordered must not depend on chance, nor a name on the language of whoever builds.
PYTHONHASHSEED=0 LC_ALL=C.UTF-8 TZ=UTC
export SOURCE_DATE_EPOCH PYTHONHASHSEED LC_ALL TZ

# The tree of the commit, and what is said of the packages beside it.
mkdir "$work/tree" "$work/made"
git archive "$commit" | tar -x --no-same-permissions -C "$work/tree"
"$python" "$work/tree/deploy/release/inventory.py" write "$work/tree" \
    "$work/tree/requirements/runtime.lock" "$work/tree/requirements/mysql.lock"

# Setuptools writes the time of the build, and who built, into a source archive: it is packed again without them.
"$python" -m build --sdist --no-isolation --outdir "$work/sdist" "$work/tree" >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
archive=$(basename "$work"/sdist/*.tar.gz .tar.gz)
tar -xzf "$work/sdist/$archive.tar.gz" -C "$work" --no-same-permissions
chmod -R u=rwX,go=rX "$work/$archive"
tar -c --format=gnu --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$work" "$archive" |
    gzip -9 -n >"$work/made/$archive.tar.gz"
# The wheel comes from the archive, so that the archive is known to build.
"$python" -m build --wheel --no-isolation --outdir "$work/made" "$work/$archive" >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
cp "$work/tree/THIRD-PARTY-LICENSES.txt" "$work/made/"
cp "$work/tree/syncd/sbom.cdx.json" "$work/made/$archive.cdx.json"

image=${IMAGE:-}
if [ "$image" != no ]; then
    for builder in buildah docker podman; do
        command -v $builder >/dev/null && break
        builder=
    done
    if [ -z "$builder" ]; then
        echo "dist: without an image: neither buildah, docker nor podman is there" >&2
    else
        case ${BASE:-} in
        *@sha256:* | localhost/*) ;;
        *)
            echo "dist: an image of a release stands on a base that is named by digest: BASE=python:3.12-slim@sha256:…" >&2
            echo "dist: \`docker buildx imagetools inspect python:3.12-slim\` prints it; IMAGE=no leaves the image out" >&2
            exit 1
            ;;
        esac
        name=localhost/syncd:${archive#syncd-}
        set -- --build-arg "BASE=$BASE" --build-arg "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH" -f "$work/tree/deploy/docker/Dockerfile"
        # What a closed network needs to reach its index: -v and --env for buildah, --build-arg elsewhere.
        # shellcheck disable=SC2086 # a list of arguments
        set -- "$@" ${IMAGE_ARGUMENTS:-}
        if [ "$builder" = docker ]; then
            docker buildx build --no-cache --provenance=false "$@" -t "$name" \
                --output "type=docker,dest=$work/made/$archive.docker.tar,rewrite-timestamp=true" "$work/tree"
        else
            # In Docker's format, for OCI's has no health check.
            $builder build -q --no-cache --format docker --timestamp "$SOURCE_DATE_EPOCH" "$@" -t "$name" "$work/tree" \
                >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
            $builder push -q "$name" "docker-archive:$work/made/$archive.docker.tar:syncd:${archive#syncd-}"
            "$python" "$work/tree/deploy/release/image.py" "$work/made/$archive.docker.tar"
        fi
    fi
fi
(cd "$work/made" && sha256sum -- * >"$work/SHA256SUMS")
mv "$work/SHA256SUMS" "$work/made/"
mkdir -p "$dist"
rm -rf "${dist:?}"/*
cp "$work"/made/* "$dist/"
(cd "$dist" && ls -l)
