"""What certificates of servers are checked against."""

import ssl

from syncd.errors import ConfigurationError


def tls_context(table: str, ca_file: str, *, insecure: bool) -> ssl.SSLContext:
    """Give a context that trusts the authorities in `ca_file` (PEM), else the system's, and everybody if `insecure`.

    Raises `ConfigurationError` that names `ca_file` of the table of the configuration where it cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"{table}.ca_file: {ca_file} cannot be used as PEM certificates: {error}") from error
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
