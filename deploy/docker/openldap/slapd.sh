#!/bin/sh
# Serves /directory/company.ldif on port 1389; cn=admin has the password of /run/secrets/bind_password.
set -eu
umask 077
place=$(mktemp -d)
mkdir "$place/data" "$place/config"
slapd=$(PATH=$PATH:/usr/sbin command -v slapd)
cat >"$place/slapd.ldif" <<CONFIG
dn: cn=config
objectClass: olcGlobal
cn: config

dn: cn=module,cn=config
objectClass: olcModuleList
cn: module
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file:///etc/ldap/schema/core.ldif
include: file:///etc/ldap/schema/cosine.ldif
include: file:///etc/ldap/schema/inetorgperson.ldif

dn: olcDatabase=mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: mdb
olcSuffix: dc=example,dc=com
olcDbDirectory: $place/data
olcDbIndex: objectClass,entryUUID eq
olcRootDN: cn=admin,dc=example,dc=com
olcRootPW: $(cat /run/secrets/bind_password)
CONFIG
# The version line of LDIF is an entry to slapadd.
grep -v '^version:' /directory/company.ldif >"$place/company.ldif"
"$slapd" -T add -n 0 -F "$place/config" -l "$place/slapd.ldif"
"$slapd" -T add -q -n 1 -F "$place/config" -l "$place/company.ldif"
exec "$slapd" -d stats -F "$place/config" -h ldap://:1389
