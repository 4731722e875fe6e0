"""Sources: LDAP servers and LDIF files."""
