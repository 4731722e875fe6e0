#!/bin/sh
# Boots a real systemd in namespaces of its own, installs syncd as docs/guides/install.md says, and looks at the units at
# work: as root, on Debian. SYNCD_TEST_DEBIAN=trixie boots the next release; bookworm, Debian 12, is the default.
set -eu
[ "$(id -u)" = 0 ] || { echo "systemd: needs root (sudo make test-full)"; exit "${SYNCD_TEST_STRICT:-0}"; }
command -v mmdebstrap >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null; }
top=$(cd "$(dirname "$0")/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/syncd-test
guide=$top/docs/guides/install.md
root=$(mktemp -d)
pid=
fails=0
cleanup() {
    # Shuts down the booted system alone: its first process takes this signal for "halt".
    [ -z "$pid" ] || { kill -s 48 "$pid" && wait "$boot" || true; } 2>/dev/null
    rm -rf "$root"
}
trap cleanup EXIT

inside() { nsenter -t "$pid" -m -p -i -u -C -r -w -- env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"; }
property() { inside systemctl show -P "$2" "$1"; }
saw() { echo "systemd: ok: $*"; }
fault() {
    fails=$((fails + 1))
    echo "systemd: FAULT: $*"
}
holds() { # TEXT COMMAND...
    said=$1
    shift
    if "$@" >"$root.out" 2>&1; then saw "$said"; else
        fault "$said"
        sed 's/^/    /' "$root.out"
    fi
    rm -f "$root.out"
}
is_refused() { ! "$@"; }
comes() { # SECONDS COMMAND...: waits until the command succeeds
    left=$(($1 * 10))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 0.1
    done
}
block() { # NAME: what the guide has in the block of that name
    found=$(awk -v name="$1" '$0 ~ "^ *```sh " name "$" {on = 1; next} on && /^ *```$/ {exit} on' "$guide")
    [ -n "$found" ] || { echo "systemd: the guide has no block $1" >&2; exit 1; }
    echo "$found"
}
step() { # NAME [VARIABLE=VALUE...]: does what the guide says there, in the unpacked release
    wanted=$(block "$1")
    shift
    inside "$@" sh -ec "cd ${place:-/usr/src/syncd}; $wanted"
}

# The tree: Debian with systemd and Python, unpacked anew for each test.
mkdir -p "$cache"
debian=${SYNCD_TEST_DEBIAN:-bookworm}
[ -f "$cache/$debian-systemd.tar" ] || {
    mmdebstrap --quiet --variant=minbase --include=systemd,systemd-sysv,dbus,python3,python3-venv,procps "$debian" "$root/new.tar"
    mv "$root/new.tar" "$cache/$debian-systemd.tar"
}
tar -x -C "$root" --exclude='./dev/*' -f "$cache/$debian-systemd.tar"
python=$(basename "$(readlink "$root/usr/bin/python3")" | sed s/python//)
release=$root/usr/src/syncd
mkdir -p "$root/root/download"
# What has changed and is not committed is tested too.
(cd "$top" && COMMIT=$(git stash create) IMAGE=no DIST="$root/root/download" sh deploy/release/dist.sh >/dev/null)
wheel() { # VERSION: into the release
    made=$(mktemp -d)
    for part in pyproject.toml README.md LICENSE requirements migrations syncd; do cp -r "$top/$part" "$made/"; done
    sed -i "s/^version = .*/version = \"$1\"/" "$made/pyproject.toml"
    rm -rf "$release/dist"
    "$top/.venv/bin/python" -m build --wheel --no-isolation --outdir "$release/dist" "$made" >"$made/said" 2>&1 || { cat "$made/said"; exit 1; }
    rm -rf "$made"
}
wheels=$cache/wheels-$python-$(sha256sum <"$top/requirements/runtime.lock" | cut -c 1-12)
[ -d "$wheels" ] || {
    "$top/.venv/bin/pip" download -q --require-hashes --no-deps --only-binary :all: --python-version "$python" \
        -r "$top/requirements/runtime.lock" -d "$wheels.new" 2>/dev/null
    mv "$wheels.new" "$wheels"
}
offline="PIP_QUIET=1 PIP_NO_INDEX=1 PIP_FIND_LINKS=/usr/src/syncd/wheels PIP_DISABLE_PIP_VERSION_CHECK=1"

# The boot. Everything is in namespaces of its own but the network, so that ports of this machine must be free.
# shellcheck disable=SC2016 # for the inner shell
unshare --mount --pid --fork --ipc --uts --cgroup --propagation private sh -ec '
    mount --bind "$1" "$1"
    cd "$1"
    for place in run tmp; do mount -t tmpfs tmpfs $place; done
    mount -t proc proc proc
    mount -t sysfs -o ro sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -t tmpfs -o mode=755 tmpfs dev
    for device in null zero full random urandom tty; do
        touch dev/$device
        mount --bind /dev/$device dev/$device
    done
    mkdir dev/pts dev/shm
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
    mount -t tmpfs tmpfs dev/shm
    ln -s pts/ptmx dev/ptmx
    ln -s /proc/self/fd dev/fd
    hostname syncd-test
    mkdir -p before
    pivot_root . before
    umount -l before
    mount --make-rshared / # credentials are mounted where every unit sees them
    exec env -i container=other /lib/systemd/systemd --log-target=journal --show-status=false
' sh "$root" </dev/null >"$root.console" 2>&1 &
boot=$!
comes 10 pgrep -P $boot
pid=$(pgrep -P $boot)
comes 30 inside systemctl is-active basic.target || { cat "$root.console"; exit 1; }
rm -f "$root.console"
saw "booted: $(inside systemctl --version | head -1), Python $(inside python3 -c 'import platform; print(platform.python_version())')"

place=/root/download
holds "the release is unpacked as the guide says" step release
place=
cp -r "$wheels" "$release/wheels"
# shellcheck disable=SC2086 # variables of the environment
step program $offline
holds "the licences and the bill of materials are installed" inside sh -c 'ls /opt/syncd/lib/python3*/site-packages/syncd/sbom.cdx.json \
    /opt/syncd/lib/python3*/site-packages/syncd-*.dist-info/licenses/THIRD-PARTY-LICENSES.txt'
step units
holds "the units verify" inside sh -c 'systemd-analyze --recursive-errors=yes verify /etc/systemd/system/syncd*'
inside systemd-analyze security --no-pager syncd.service | tail -1

port() { "$top/.venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# shellcheck disable=SC2016 # for the inner shell
put() { inside sh -c 'cat >"$1"' sh "$1"; } # FILE: what is on standard input, into the booted system
platform() { # NAME: a sandbox of its own
    platform_port=$(port)
    inside systemd-run --quiet --unit="platform-$1" --property=DynamicUser=yes \
        /opt/syncd/bin/syncd sandbox --port "$platform_port" --appsecret "secret-of-$1"
    comes 20 curl -sf "http://127.0.0.1:$platform_port/sandbox/state"
}
people() { # PORT: how many users and departments stand on that platform
    curl -sf "http://127.0.0.1:$1/sandbox/state" | "$top/.venv/bin/python" -c '
import json, sys
state = json.load(sys.stdin)
print(len(state["users"]) - 1, len(state["departments"]))'
}
have() { [ "$(people "$1")" = "$2" ]; }
company() { # FOLDER STORE: the configuration of a company that the latest sandbox mirrors
    admin_port=$(port)
    cat <<CONFIG
[source.file]
type = "ldif"
path = "$1/company.ldif"
base = "ou=people,dc=example,dc=com"
[source.file.users]
filter = "(objectClass=inetOrgPerson)"
[source.file.departments]
filter = "(objectClass=organizationalUnit)"
[platform]
url = "http://127.0.0.1:$platform_port/meeting"
appkey = "sandbox"
appsecret_file = "$1/appsecret"
rate = 0
[platform.callback]
token_file = "$1/callback_token"
aes_key_file = "$1/callback_aes_key"
[policy]
on_configuration = "apply"
[limits]
create = {}
[store]
url = "sqlite:///$2/syncd.db"
[listener]
bind = "127.0.0.1:$(port)"
[admin]
bind = "127.0.0.1:$admin_port"
[schedule]
reconcile = "${every:-2s}"
CONFIG
}
secrets() { # NAME FOLDER
    echo "secret-of-$1" | put "$2/appsecret"
    echo "token-of-$1" | put "$2/callback_token"
    "$top/.venv/bin/python" -c 'import secrets; print(secrets.token_hex(22)[:43])' | put "$2/callback_aes_key"
}

# One company.
platform one
one=$platform_port
company /etc/syncd /var/lib/syncd | put /etc/syncd/syncd.toml
put /etc/syncd/company.ldif <"$top/syncd/testing/sample.ldif"
secrets one /etc/syncd
step permissions
# Nobody but root, and so nobody but who is given a copy.
inside chmod 0600 /etc/syncd/appsecret /etc/syncd/callback_token /etc/syncd/callback_aes_key
inside mkdir -p /etc/systemd/system/syncd.service.d
printf '[Service]\nWatchdogSec=4s\nRestartSec=1s\n' | put /etc/systemd/system/syncd.service.d/test.conf
inside systemctl daemon-reload
began=$(date +%s%N)
holds "READY: systemctl start comes back" step start
echo "systemd: started in $((($(date +%s%N) - began) / 1000000)) ms"
main=$(property syncd MainPID)
holds "it runs as syncd" [ "$(inside ps -o user= -p "$main" | tr -d ' ')" = syncd ]
holds "credentials: $(inside ls /run/credentials/syncd.service | tr '\n' ' ')" \
    inside cmp /etc/syncd/appsecret /run/credentials/syncd.service/appsecret
holds "a pass was made: 64 people and 16 departments stand on the platform" comes 30 have "$one" "64 16"
holds "folder and store are its own alone" \
    [ "$(inside stat -c '%U %a' /var/lib/syncd /var/lib/syncd/syncd.db | tr '\n' ' ')" = "syncd 700 syncd 600 " ]
inside chmod 0640 /etc/syncd/appsecret /etc/syncd/callback_token /etc/syncd/callback_aes_key
holds "syncd status works beside it" inside runuser -u syncd -- syncd status --config /etc/syncd/syncd.toml

# Reload: another file to read, with one person more; then one that is no configuration.
with_one_more() { "$top/.venv/bin/python" -c 'import sys; sys.stdout.write(sys.stdin.read().rstrip() + """

dn: uid=late,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
entryUUID: 00000000-0000-4000-8000-000000000001
uid: late
cn: Late
""")'; }
with_one_more <"$top/syncd/testing/sample.ldif" | put /etc/syncd/more.ldif
inside sed -i 's/company.ldif/more.ldif/' /etc/syncd/syncd.toml
holds "reload" inside systemctl reload syncd
holds "the reloaded configuration is in use: 65 people" comes 30 have "$one" "65 16"
inside sed -i 's/^rate = 0/rat = 0/' /etc/syncd/syncd.toml
inside systemctl reload syncd || true
holds "a bad configuration is refused, by its line" comes 10 inside sh -c 'journalctl -u syncd --no-pager | grep -q platform.rat'
inside sed -i 's/^rat = 0/rate = 0/' /etc/syncd/syncd.toml
holds "and the same process goes on" [ "$(property syncd ActiveState) $(property syncd MainPID)" = "active $main" ]

echo another | inside tee -a /etc/syncd/appsecret >/dev/null
inside systemctl reload syncd
holds "a reload hands over no new copy of a secret, so that a restart is wanted" \
    is_refused inside cmp -s /etc/syncd/appsecret /run/credentials/syncd.service/appsecret
echo secret-of-one | put /etc/syncd/appsecret

# The network: the drop-in with addresses of this machine, and one that does not name the platform.
passes() { inside journalctl -u syncd --no-pager --since "$1" | grep -c '"action": "run"' || true; }
with_network() { # SED SCRIPT: the drop-in as changed by it, and the time of the start
    sed "$1" "$top/deploy/systemd/drop-ins/network.conf" | put /etc/systemd/system/syncd.service.d/network.conf
    inside systemctl daemon-reload
    inside systemctl stop syncd
    sleep 1
    since=$(date '+%Y-%m-%d %H:%M:%S')
    inside systemctl start syncd
}
with_network 's/192[.]0[.]2[.][0-9]*/127.0.0.1/g'
passed() { [ "$(passes "$since")" -gt 0 ]; }
holds "with the drop-in for the network it makes its passes" comes 30 passed
with_network 's/^IPAddressAllow=.*/IPAddressAllow=127.0.0.2/'
failed() { inside journalctl -u syncd --no-pager --since "$since" | grep -q duty_failed; }
holds "a platform that the drop-in does not name is out of reach" comes 60 failed
holds "and no pass is made" is_refused passed
inside rm /etc/systemd/system/syncd.service.d/network.conf
inside systemctl daemon-reload
inside systemctl restart syncd
main=$(property syncd MainPID)
holds "bounds: $(property syncd MemoryMax) bytes, $(property syncd TasksMax) tasks, no core" \
    [ "$(property syncd MemoryMax) $(property syncd TasksMax) $(property syncd LimitCORE) $(property syncd MemorySwapMax)" = "2147483648 256 0 0" ]
# shellcheck disable=SC2016 # for the inner shell
statuses() { inside sh -c 'for one in $(cat /sys/fs/cgroup/system.slice/syncd.service/cgroup.procs); do cat /proc/$one/status; done'; }
tasks() { statuses | awk -v name="$1:" '$1 == name {sum += $2} END {print sum}'; }
echo "systemd: $(tasks Threads) tasks, $(tasks VmHWM) kB at their peaks, with 64 people"

# Watchdog: the loop hangs.
inside kill -STOP "$main"
again() { [ "$(property syncd NRestarts) $(property syncd SubState)" = "1 running" ]; }
holds "the watchdog starts it again" comes 30 again
holds "the journal says so" inside sh -c 'journalctl -u syncd --no-pager | grep -q "Watchdog timeout"'
holds "nothing of the former process is left" sh -c "[ \"$(inside cat /sys/fs/cgroup/system.slice/syncd.service/cgroup.procs | grep -cx "$main")\" = 0 ]"
main=$(property syncd MainPID)
inside rm /etc/systemd/system/syncd.service.d/test.conf
inside systemctl daemon-reload

# Stop.
began=$(date +%s%N)
inside systemctl stop syncd
took=$((($(date +%s%N) - began) / 1000000))
holds "stopped in $took ms, exit code 0" \
    [ "$(property syncd Result) $(property syncd ExecMainStatus) $((took < 10000))" = "success 0 1" ]

# The guide's upgrade.
wheel 1.1
step start
step before-upgrade
# shellcheck disable=SC2086 # variables of the environment
step program $offline
step after-upgrade
holds "upgraded as the guide says: $(inside syncd --version)" \
    [ "$(property syncd ActiveState) $(inside syncd --version)" = "active syncd 1.1" ]

# A mistake in the configuration at the start: no tight loop, and mended it starts by itself.
inside sed -i 's/^rate = 0/rat = 0/' /etc/syncd/syncd.toml
inside systemctl restart syncd && fault "a mistake in the configuration starts" || true
sleep 5
holds "after exit code 1 there is one attempt in 5 s" \
    [ "$(property syncd ExecMainStatus) $(property syncd NRestarts) $(property syncd SubState)" = "1 0 auto-restart" ]
inside sed -i 's/^rat = 0/rate = 0/' /etc/syncd/syncd.toml
running() { [ "$(property "$1" SubState)" = running ]; }
holds "mended, it starts by itself" comes 30 running syncd
inside cp -a /opt/syncd /opt/kept
step removal
holds "removed without a trace" inside sh -c '! ls -d /opt/syncd /etc/syncd /var/lib/syncd /etc/systemd/system/syncd* 2>/dev/null && ! id syncd 2>/dev/null'

# Two companies on one host.
inside mv /opt/kept /opt/syncd
inside ln -s /opt/syncd/bin/syncd /usr/local/bin/syncd
step units
every=1h
for name in acme zeta; do
    platform $name
    case $name in acme) acme=$platform_port ;; *) zeta=$platform_port ;; esac
    inside sh -ec "$(block instance | sed "s/^name=acme$/name=$name/")"
    company "/etc/syncd/$name" "/var/lib/syncd/$name" | put "/etc/syncd/$name.toml"
    put "/etc/syncd/$name/company.ldif" <"$top/syncd/testing/sample.ldif"
    secrets $name "/etc/syncd/$name"
    inside sh -c "chmod 0640 /etc/syncd/$name/* /etc/syncd/$name.toml; chgrp -R syncd-$name /etc/syncd/$name /etc/syncd/$name.toml"
    holds "READY: syncd@$name" inside systemctl enable --now "syncd@$name"
done
for name in acme zeta; do
    case $name in acme) there=$acme ;; *) there=$zeta ;; esac
    holds "syncd@$name made its pass" comes 30 have "$there" "64 16"
done
as_acme() { inside runuser -u syncd-acme -- "$@"; }
holds "acme's commands work" as_acme syncd status --config /etc/syncd/acme.toml
for file in /var/lib/syncd/zeta/syncd.db /etc/syncd/zeta.toml /etc/syncd/zeta/appsecret /run/credentials/syncd@zeta.service/appsecret; do
    holds "acme cannot read $file" is_refused as_acme cat $file
done
inside systemctl kill --kill-whom=main -s SIGUSR1 syncd@zeta
# shellcheck disable=SC2016 # for the inner shell
holds "SIGUSR1 makes a pass now" comes 20 inside sh -c '[ "$(journalctl -u syncd@zeta --no-pager | grep -c "\"action\": \"run\"")" = 2 ]'
other=$(property syncd@zeta MainPID)
holds "acme cannot signal zeta" is_refused as_acme kill -0 "$other"
inside systemctl kill --kill-whom=all -s KILL syncd@acme
holds "zeta does not notice acme's death" [ "$(property syncd@zeta SubState) $(property syncd@zeta MainPID)" = "running $other" ]
holds "and acme comes back" comes 30 running syncd@acme
inside mkdir /etc/systemd/system/syncd@zeta.service.d
sed 's#:/etc/syncd/#:/etc/syncd/%i/#' "$top/deploy/systemd/drop-ins/without-callback.conf" | put /etc/systemd/system/syncd@zeta.service.d/own.conf
inside sed -i '/^.platform.callback/,/^aes_key/d' /etc/syncd/zeta.toml
inside rm /etc/syncd/zeta/callback_token /etc/syncd/zeta/callback_aes_key
inside systemctl daemon-reload
holds "without a callback and its credentials, by the drop-in" inside systemctl restart syncd@zeta
holds "both stop" inside systemctl stop syncd@acme syncd@zeta
holds "with exit code 0" [ "$(property syncd@acme Result) $(property syncd@zeta Result)" = "success success" ]

# The one-shot, beside no daemon.
holds "syncd-reconcile@acme makes a pass" inside systemctl start syncd-reconcile@acme
[ $fails = 0 ] || { echo "systemd: $fails faults"; inside journalctl --no-pager -n 60 -u 'syncd*'; exit 1; }
echo "systemd: all holds"
