"""Settings to wired ports; the only package that names concrete classes."""
