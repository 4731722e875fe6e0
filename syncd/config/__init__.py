"""Settings: declared once, loaded with every mistake named by file, line and key."""
