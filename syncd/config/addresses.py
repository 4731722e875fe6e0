"""Addresses: to listen on, of servers, and whether a secret would travel in clear to one."""

import ipaddress
import urllib.parse


def is_server(url: str) -> bool:
    """Tell whether a URL names a directory server: ldap or ldaps, a host, at most a port."""
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme.lower() in ("ldap", "ldaps") and bool(parts.hostname) and port != 0


def is_web(url: str) -> bool:
    """Tell whether a URL names an HTTP service: http or https, and a host."""
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and port != 0


def clear_password_host(url: str) -> str:
    """Give the host that an `ldap://` URL sends a password to in clear; nothing for this machine and for `ldaps://`."""
    return _host(url, {"ldap"})


def clear_secret_host(url: str) -> str:
    """Give the host that an `http://` URL sends a secret to in clear; nothing for this machine and for `https://`."""
    return _host(url, {"http"})


def _host(url: str, schemes: set[str]) -> str:
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme.lower() not in schemes or host == "localhost":
        return ""
    try:
        return "" if ipaddress.ip_address(host).is_loopback else host
    except ValueError:
        return host


def http_url(host: str, port: int, path: str, *, is_secure: bool = False) -> str:
    """Give the URL of something that listens on a host, which may be an address of either kind."""
    return f"http{'s' if is_secure else ''}://{f'[{host}]' if ':' in host else host}:{port}{path}"


def host_and_port(bind: str) -> tuple[str, int]:
    """Read an address to listen on, such as `0.0.0.0:8090` or `[::]:8090`; raises `ValueError` with what is wanted."""
    host, _, port = bind.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    is_number = port.isascii() and port.isdecimal() and int(port[:6]) < 65536
    if not bare or not is_number or (":" in bare) is (bare == host):
        raise ValueError(f'{bind} is not an address to listen on; it looks like "0.0.0.0:8090" or "[::]:8090"')
    return bare, int(port)
