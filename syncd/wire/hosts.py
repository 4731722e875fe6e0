"""The header Host where somebody listens for this machine alone.

A page in a browser of this machine can reach what listens on its loopback by a name of its own that leads there (DNS
rebinding). Such a request has that name as its host, and nobody who means this machine does.
"""

import ipaddress

LOCAL = frozenset({"localhost", ""})


def is_loopback(address: str) -> bool:
    """Tell whether an address, as it stands in a URL or of a socket, is one of this machine alone."""
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def is_meant(host: str, listens_on: str) -> bool:
    """Tell whether a request for this host may be for who listens on an address.

    `host` is the header as it came, `""` where there was none. On an address that others reach any host may be meant.
    """
    if not is_loopback(listens_on):
        return True
    name = host.rpartition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return name.lower().rstrip(".") in LOCAL or is_loopback(name)
