"""Asks the admin port on the loopback whether all is well: probe.py /healthz, or /readyz; exit 0 where it says so.

Docker's HEALTHCHECK and Kubernetes' probes run it in the container, so that the port need not be open to anybody else.
It needs nothing but Python, for it is begun every few seconds.
"""

import http.client
import os
import sys

SECONDS = 4


def main(path: str) -> str | None:
    """Ask, and return what is wrong."""
    host, _, port = os.environ.get("SYNCD_ADMIN__BIND", "127.0.0.1:8091").rpartition(":")
    connection = http.client.HTTPConnection("127.0.0.1" if host in {"", "0.0.0.0"} else host, int(port), SECONDS)  # noqa: S104 - asked, not bound
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        said = answer.read(1000).decode(errors="replace")
    except OSError as error:
        return f"the admin port does not answer: {error}"
    return None if answer.status == http.HTTPStatus.OK else f"{answer.status} {said}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
