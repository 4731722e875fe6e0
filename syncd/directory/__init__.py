"""Sources: LDAP servers, LDIF and CSV files."""
