"""A throwaway OpenLDAP server for tests and the demo: random ports, its own folder, ended by its process id.

Its configuration is `cn=config`, so that a test can change it while it runs. With trustme (a development requirement)
it also speaks StartTLS and ldaps.
"""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ldap3 import Connection, Server

from syncd.errors import SyncdError
from syncd.testing.throwaway import Throwaway, free_ports

PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/local/libexec")
SCHEMA_FOLDERS = ("/etc/ldap/schema", "/etc/openldap/schema")
MODULE_FOLDERS = ("/usr/lib/ldap", "/usr/lib/openldap", "/usr/lib64/openldap")
SCHEMAS = ("core", "cosine", "inetorgperson")
MODULES = ("back_mdb", "retcode", "ppolicy", "syncprov")
SUFFIX = "dc=example,dc=com"
DATABASE = "olcDatabase={1}mdb,cn=config"


def find_slapd() -> str | None:
    """Give the program, or nothing where this machine has none with its schemas."""
    program = shutil.which("slapd", path=os.pathsep.join([os.environ.get("PATH", ""), *PLACES]))
    return program if program and _folder(SCHEMA_FOLDERS) else None


class Slapd(Throwaway):
    """A server that holds an LDIF text with `dc=example,dc=com` in it; a context manager.

    `url` is plain, `tls_url` is ldaps, and `ca_file` has the authority of its certificate. The root DN may do
    everything and is never limited; everybody else may read.
    """

    suffix = SUFFIX
    root_dn = f"cn=admin,{SUFFIX}"
    root_password = "throwaway"  # noqa: S105 - of a server that lives for a moment

    def __init__(self, ldif: bytes) -> None:
        program = find_slapd()
        if program is None:
            raise SyncdError("slapd is not on this machine; on Debian: apt-get install slapd ldap-utils")
        super().__init__("slapd")
        self._program = program
        self._ldif = ldif.removeprefix(b"version: 1\n")  # slapadd takes it for an entry
        self._has_tls = importlib.util.find_spec("trustme") is not None
        self._take_ports()
        self.ca_file = str(self._folder / "ca.pem")

    def _make(self) -> None:
        for name in ("config", "data"):
            (self._folder / name).mkdir()
        if self._has_tls:
            self._make_certificates()
        self._load(0, self._configuration().encode())
        self._load(1, self._ldif)

    def _take_ports(self) -> None:
        self.port, self.tls_port = free_ports(2)
        self.url = f"ldap://localhost:{self.port}"
        self.tls_url = f"ldaps://localhost:{self.tls_port}"

    def _begin(self) -> None:
        """Start for the first time; a port that was free may be taken by any connection of the machine meanwhile."""
        try:
            self.start()
        except SyncdError:
            self._take_ports()
            self.start()

    def _command(self) -> list[str]:
        urls = f"ldap://127.0.0.1:{self.port}" + (f" ldaps://127.0.0.1:{self.tls_port}" if self._has_tls else "")
        return [self._program, "-d", "stats", "-F", str(self._folder / "config"), "-h", urls]

    def _places(self) -> Sequence[tuple[str, int]]:
        return (("127.0.0.1", self.port),)

    def put_back(self) -> None:
        """Put the server back to what it was loaded with, as from an old backup."""
        self.stop()
        shutil.rmtree(self._folder / "data")
        (self._folder / "data").mkdir()
        self._load(1, self._ldif)
        self.start()

    def connection(self) -> AbstractContextManager[Connection]:
        """Give a connection bound as the root DN, which raises its errors."""
        return self._bound(self.root_dn)

    def configuration(self) -> AbstractContextManager[Connection]:
        """Give a connection bound as the owner of `cn=config`, to change the server while it runs."""
        return self._bound("cn=config")

    def tell_changes(self) -> None:
        """Let the server tell of changes from now on (RFC 4533)."""
        overlay = {"olcOverlay": "syncprov"}
        with self.configuration() as connection:
            connection.add(f"olcOverlay=syncprov,{DATABASE}", ["olcOverlayConfig", "olcSyncProvConfig"], overlay)  # type: ignore[no-untyped-call]

    @contextmanager
    def _bound(self, who: str) -> Iterator[Connection]:
        connection = Connection(Server(self.url), who, self.root_password, auto_bind=True, raise_exceptions=True)
        try:
            yield connection
        finally:
            connection.unbind()

    def _load(self, database: int, ldif: bytes) -> None:
        """Load LDIF as slapadd does: the same program under another name."""
        arguments = [self._program, "-T", "a", "-q", "-n", str(database), "-F", str(self._folder / "config")]
        done = subprocess.run(arguments, input=ldif, capture_output=True, check=False)  # noqa: S603 - found above
        if done.returncode:
            raise SyncdError(f"slapd does not take the data: {done.stderr.decode(errors='replace')[-500:]}")

    def _make_certificates(self) -> None:
        import trustme  # noqa: PLC0415 - a development requirement

        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        own = authority.issue_cert("localhost", "127.0.0.1")
        own.private_key_pem.write_to_path(self._folder / "key.pem")
        (self._folder / "certificate.pem").write_bytes(b"".join(part.bytes() for part in own.cert_chain_pems))

    def _configuration(self) -> str:
        schemas, modules = _folder(SCHEMA_FOLDERS), _folder(MODULE_FOLDERS)
        loaded = [name for name in MODULES if modules and (modules / f"{name}.so").exists()]
        parts = [
            _entry("cn=config", objectClass="olcGlobal", cn="config", olcPidFile=f"{self._folder}/pid", **self._tls()),
            _entry("cn=module{0},cn=config", objectClass="olcModuleList", cn="module{0}", olcModulePath=str(modules))
            + "".join(f"olcModuleLoad: {name}\n" for name in loaded)
            if loaded
            else "",
            _entry("cn=schema,cn=config", objectClass="olcSchemaConfig", cn="schema"),
            *((schemas / f"{name}.ldif").read_text() for name in SCHEMAS if schemas),
            _DATABASES.format(folder=self._folder, suffix=SUFFIX, root=self.root_dn, password=self.root_password),
        ]
        return "\n".join(part for part in parts if part)

    def _tls(self) -> dict[str, str]:
        if not self._has_tls:
            return {}
        return {
            "olcTLSCertificateFile": f"{self._folder}/certificate.pem",
            "olcTLSCertificateKeyFile": f"{self._folder}/key.pem",
        }


_DATABASES = """dn: olcDatabase={{-1}}frontend,cn=config
objectClass: olcDatabaseConfig
objectClass: olcFrontendConfig
olcDatabase: {{-1}}frontend
olcSizeLimit: unlimited

dn: olcDatabase={{0}}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {{0}}config
olcRootDN: cn=config
olcRootPW: {password}

dn: olcDatabase={{1}}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {{1}}mdb
olcSuffix: {suffix}
olcRootDN: {root}
olcRootPW: {password}
olcDbDirectory: {folder}/data
olcDbMaxSize: 1073741824
olcDbNoSync: TRUE
olcDbIndex: objectClass eq
olcAccess: to attrs=userPassword by anonymous auth by * none
olcAccess: to * by * read
"""


def _entry(dn: str, **attributes: str) -> str:
    return "".join([f"dn: {dn}\n", *(f"{name}: {value}\n" for name, value in attributes.items())])


def _folder(candidates: tuple[str, ...]) -> Path | None:
    return next((path for path in map(Path, candidates) if path.is_dir()), None)
