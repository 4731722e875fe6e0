#!/bin/sh
# Lets Prometheus' own tool read the alert rules, and evaluate them over a day in which all is well and one in which nothing is.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$(cd "$(dirname "$0")" && pwd)
promtool=$(command -v promtool) || {
    command -v apt-get >/dev/null || { echo "alerts: needs promtool (apt-get install prometheus)"; exit "${SYNCD_TEST_STRICT:-0}"; }
    # The package would start a server; the one program is all that is wanted.
    (cd "$work" && apt-get download -qq prometheus >/dev/null && dpkg -x prometheus_*.deb .)
    promtool=$work/usr/bin/promtool
}
cp "$here/../../deploy/prometheus/alerts.yaml" "$work/alerts-under-test.yaml"
cp "$here/alerts.yaml" "$work/tests.yaml"
"$promtool" check rules "$work/alerts-under-test.yaml"
"$promtool" test rules "$work/tests.yaml"
