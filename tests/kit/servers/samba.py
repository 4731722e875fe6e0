"""A throwaway Active Directory domain controller for tests: Samba, on a loopback address of its own.

Its ports are the protocol's and cannot be changed, so it needs root. A domain takes seconds to make: each one, with
what it was made to hold, is kept in the user's cache and copied from there, and a server then answers in half a second.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ldap3 import Connection, Server

from syncd.errors import SyncdError
from syncd.testing.throwaway import Throwaway, accepts

INSTALLED_BY = "apt-get install samba samba-ad-dc samba-ad-provision winbind, as root"
PROVISION = Path("/usr/share/samba/setup/provision.ldif")
PYTHON = "/usr/bin/python3"
REALM = "AD.EXAMPLE.COM"
SUFFIX = "DC=ad,DC=example,DC=com"
PORTS = {"ldap": 389, "ldaps": 636, "catalogue": 3269, "kerberos": 88}
# System volumes are files for Windows, and need rights that not every container gives.
_MAKE = """
import sys
import samba.provision
from samba.netcmd.main import cmd_sambatool
samba.provision.setsysvolacl = lambda *positional, **named: None
sys.exit(cmd_sambatool()._run("samba-tool", *sys.argv[1:]) or 0)
"""
_FILL = """
import sys
from ldb import CHANGETYPE_MODIFY as MODIFY
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
parameters = LoadParm()
parameters.load(sys.argv[1])
domain = SamDB(url=sys.argv[2], session_info=system_session(), lp=parameters)
domain.transaction_start()
for change, entry in domain.parse_ldif(sys.stdin.buffer.read().decode()):
    (domain.modify if change == MODIFY else domain.add)(entry, ["relax:0"])
domain.transaction_commit()
"""


def find_samba() -> str | None:
    """Give the program, or nothing where this machine cannot make and run a domain."""
    program = shutil.which("samba", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
    return program if program and PROVISION.exists() and os.geteuid() == 0 else None


class Samba(Throwaway):
    """A domain `ad.example.com` that holds what an LDIF text adds to it; a context manager.

    `url` is plain, `tls_url` is ldaps, `catalogue_url` the global catalogue over TLS, and `ca_file` has the authority
    of its certificate.
    """

    suffix = SUFFIX
    administrator = f"CN=Administrator,CN=Users,{SUFFIX}"
    password = "Throw-away-1"
    has_session = True

    def __init__(self, ldif: bytes = b"") -> None:
        program = find_samba()
        if program is None:
            raise SyncdError(f"this machine has no Samba that makes domains: {INSTALLED_BY}")
        super().__init__("Samba")
        self._program = program
        self._ldif = ldif
        self.address = _free_address()
        self.url = f"ldap://{self.address}"
        self.tls_url = f"ldaps://{self.address}"
        self.catalogue_url = f"ldaps://{self.address}:{PORTS['catalogue']}"
        self.ca_file = str(self._folder / "ca.pem")

    def _make(self) -> None:
        shutil.copytree(self._domain(), self._folder, dirs_exist_ok=True)
        self._make_certificates()
        self._configure()

    def _command(self) -> list[str]:
        arguments = [f"--configfile={self._folder}/etc/smb.conf", "--foreground", "--no-process-group"]
        return [self._program, *arguments, "--model=single", "--debug-stdout"]

    def _places(self) -> Sequence[tuple[str, int]]:
        return tuple((self.address, port) for port in PORTS.values())

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Give a connection bound as the administrator, which raises its errors."""
        server = Server(self.tls_url)
        connection = Connection(server, self.administrator, self.password, auto_bind=True, raise_exceptions=True)
        try:
            yield connection
        finally:
            connection.unbind()

    def set_password(self, dn: str, password: str) -> None:
        """Give an account a password."""
        with self.connection() as connection:
            connection.extend.microsoft.modify_password(dn, password)

    def _domain(self) -> Path:
        """Give the folder of a domain with what this one shall hold, made where the cache has none."""
        version = subprocess.run([self._program, "--version"], capture_output=True, check=True).stdout  # noqa: S603
        known = hashlib.sha256(b"\0".join((version, self.password.encode(), _MAKE.encode(), self._ldif))).hexdigest()
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "syncd-test"
        kept = cache / f"samba-{known[:16]}"
        if not kept.exists():
            cache.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(prefix="samba-new-", dir=cache))
            try:
                self._provision(made)
                made.rename(kept)
            finally:
                shutil.rmtree(made, ignore_errors=True)
        return kept

    def _provision(self, folder: Path) -> None:
        options = {
            "targetdir": folder,
            "realm": REALM,
            "domain": "ADX",
            "server-role": "dc",
            "dns-backend": "SAMBA_INTERNAL",
            "adminpass": self.password,
            "host-name": "dc1",
            "host-ip": "127.0.0.1",
            "option": f"posix:eadb={folder}/eadb.tdb",
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        _run([PYTHON, "-c", _MAKE, "domain", "provision", *arguments], b"")
        if self._ldif:
            _run([PYTHON, "-c", _FILL, f"{folder}/etc/smb.conf", f"{folder}/private/sam.ldb"], self._ldif)

    def _make_certificates(self) -> None:
        import trustme  # noqa: PLC0415 - a development requirement

        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        own = authority.issue_cert("localhost", self.address, "dc1.ad.example.com")
        key = self._folder / "key.pem"
        key.touch(mode=0o600)  # the server takes no other mode
        own.private_key_pem.write_to_path(key)
        (self._folder / "certificate.pem").write_bytes(b"".join(part.bytes() for part in own.cert_chain_pems))

    def _configure(self) -> None:
        for name in ("run", "ncalrpc"):
            (self._folder / name).mkdir(exist_ok=True)
        text = _CONFIGURATION.format(folder=self._folder, address=self.address, realm=REALM)
        (self._folder / "etc" / "smb.conf").write_text(text, encoding="utf-8")


_CONFIGURATION = """[global]
netbios name = DC1
realm = {realm}
workgroup = ADX
server role = active directory domain controller
server services = ldap kdc
ldap server require strong auth = allow_sasl_over_tls
interfaces = {address}/8
bind interfaces only = yes
private dir = {folder}/private
lock directory = {folder}
state directory = {folder}/state
cache directory = {folder}/cache
pid directory = {folder}/run
ncalrpc dir = {folder}/ncalrpc
log file = {folder}/log.%m
tls enabled = yes
tls keyfile = {folder}/key.pem
tls certfile = {folder}/certificate.pem
tls cafile = {folder}/ca.pem
posix:eadb = {folder}/eadb.tdb
"""


def _run(command: list[str], given: bytes) -> None:
    done = subprocess.run(command, input=given, capture_output=True, check=False)  # noqa: S603 - Samba's own tools
    if done.returncode:
        raise SyncdError(f"Samba does not make the domain: {done.stderr.decode(errors='replace')[-500:]}")


def _free_address() -> str:
    """Give a loopback address that nobody listens on, another one for each server of this machine's tests."""
    while True:
        first, second, third = os.urandom(3)
        address = f"127.{first}.{second}.{third or 1}"
        if first and not accepts(address, PORTS["ldap"]):
            return address
