#!/bin/sh
# Makes the secrets that compose.yaml names, those that are not there yet; none of them is ever printed.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
# Only the owner enters the folder; the containers see the files alone, as a user of theirs.
chmod 0700 secrets
random() { head -c 48 /dev/urandom | base64 | tr -dc 'A-Za-z0-9' | cut -c "1-$1"; }
make() { # NAME CONTENT
    [ -e "secrets/$1" ] || { printf '%s\n' "$2" >"secrets/$1" && chmod 0444 "secrets/$1"; }
}
make database_superuser_password "$(random 32)"
make database_owner_password "$(random 32)"
make database_password "$(random 32)"
make store_owner_url "postgresql+psycopg://syncd_owner:$(cat secrets/database_owner_password)@database:5432/syncd"
make store_url "postgresql+psycopg://syncd:$(cat secrets/database_password)@database:5432/syncd"
make bind_password "$(random 32)"
# From the platform's settings page; these are the sandbox's.
make appsecret sandbox-secret
make callback_token "$(random 32)"
make callback_aes_key "$(random 43)"
