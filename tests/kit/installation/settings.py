"""Parts of configurations that many tests want; each is a table of its own, and ends with a line."""

APPLY_AT_ONCE = '[policy]\non_configuration = "apply"\n'
REMOVE_AT_ONCE = '[policy]\nremove_after = "0d"\n'
NO_PASSES = '[schedule]\nreconcile = "off"\nrefresh = "off"\nprune = "off"\n'
ADMIN = '[admin]\nbind = "127.0.0.1:0"\n'
