"""A store belongs to one directory, whichever naming context a server names first and however it is written."""

import pytest

from syncd.app.bindings import Bindings, check_bindings
from syncd.directory.ldap_server import Server
from syncd.errors import ConfigurationError
from syncd.model.source import Certificate, Grade, Snapshot
from syncd.plan.rules import Policy

CONTEXTS = ("cn=accesslog", "o=ipaca", "dc=example,dc=org", "dc=sub,dc=example,dc=org")


def bindings(context: str, *contexts: str) -> Bindings:
    """Return what a read of a server with these naming contexts binds a store to."""
    read = Snapshot(
        "ldap",
        Certificate(Grade.WHOLE),
        key_attribute="entryUUID",
        naming_context=context,
        naming_contexts=contexts or (context,),
    )
    return Bindings.of("C", Policy(), (read,))


@pytest.mark.parametrize(
    ("base", "context"),
    [
        ("ou=people,dc=example,dc=org", "dc=example,dc=org"),
        ("OU=people, DC=Example, DC=org", "dc=example,dc=org"),
        ("ou=x,dc=sub,dc=example,dc=org", "dc=sub,dc=example,dc=org"),
        ("o=ipaca", "o=ipaca"),
        ("dc=elsewhere", "cn=accesslog"),
    ],
)
def test_the_context_that_holds_the_base_is_meant(base: str, context: str) -> None:
    """The naming context is the nearest one above the base, whatever the server names first."""
    assert Server(naming_context=CONTEXTS[0], contexts=CONTEXTS).holding(base) == context


@pytest.mark.parametrize(
    "was", ["dc=example, dc=org", "DC=Example,DC=Org", "dc=example,dc=org", "cn=accesslog", "o=ipaca"]
)
def test_one_directory_is_one_however_it_was_remembered(was: str) -> None:
    """A context is compared as a DN, and a store that an older version bound to the first context stays."""
    check_bindings(bindings("dc=example,dc=org", *CONTEXTS), {"binding.naming_context.ldap": was})


def test_another_directory_is_another() -> None:
    """A server that does not have the remembered context at all is another directory."""
    with pytest.raises(ConfigurationError, match="belongs to dc=other"):
        check_bindings(bindings("dc=example,dc=org", *CONTEXTS), {"binding.naming_context.ldap": "dc=other"})
    with pytest.raises(ConfigurationError, match="the key attribute"):
        check_bindings(bindings("dc=example,dc=org"), {"binding.key.ldap": "objectguid"})
