"""What a directory server says of itself, and what follows from it for how a read counts."""

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

import msgspec

from syncd.directory.ldap_paging import Directory
from syncd.directory.reading import Found
from syncd.errors import SourceBroken
from syncd.model import dn
from syncd.model.keys import KEY_ATTRIBUTES

ACTIVE_DIRECTORY = "1.2.840.113556.1.4.800"  # LDAP_CAP_ACTIVE_DIRECTORY_OID (MS-ADTS 3.1.1.3.4.3.1)
CATALOGUE_PORTS = (3268, 3269)
ACCOUNT_STATE = "useraccountcontrol"
ZONES = ("dc=domaindnszones", "dc=forestdnszones")
ASKED = ("defaultNamingContext", "namingContexts", "configurationNamingContext", "supportedCapabilities")
# Of what a mapping may want, these are in every global catalogue (isMemberOfPartialAttributeSet in the base schema).
IN_CATALOGUE = frozenset(
    {"c", "cn", "description", "displayname", "distinguishedname", "givenname", "homephone", "ipphone", "l", "mail"}
    | {"manager", "member", "memberof", "name", "o", "objectclass", "objectguid", "objectsid", "ou", "primarygroupid"}
    | {"samaccountname", "sn", "st", "telephonenumber", "useraccountcontrol", "userprincipalname", "whenchanged"}
)
# What @auto looks for whether a server has it or not: absent means enabled.
OPTIONAL = frozenset({"accountexpires", "nsaccountlock", "pwdaccountlockedtime"})


class Server(msgspec.Struct, frozen=True):
    """Its first naming context, all of them, whether it is Active Directory, and where that keeps its configuration."""

    naming_context: str = ""
    is_active_directory: bool = False
    configuration: str = ""
    contexts: tuple[str, ...] = ()

    def holding(self, base: str) -> str:
        """Return the naming context that holds a base: the longest that is above it, else the first of all."""
        place = dn.place(base)
        above = [each for each in self.contexts if dn.is_below(place, dn.place(each))]
        return max(above, key=lambda each: len(dn.place(each)), default=self.naming_context)


def server_of(directory: Directory) -> Server:
    """Read what the server says of itself in its root DSE; everything is empty where it says nothing."""
    _, found = directory.entry("", ASKED)
    if found is None:
        return Server()
    contexts = [*_texts(found, "defaultnamingcontext"), *_texts(found, "namingcontexts")]
    return Server(
        naming_context=next(iter(contexts), ""),
        is_active_directory=ACTIVE_DIRECTORY in _texts(found, "supportedcapabilities"),
        configuration=next(iter(_texts(found, "configurationnamingcontext")), ""),
        contexts=tuple(dict.fromkeys(contexts)),
    )


def hiding(server: Server, referrals: Iterable[str], excluded: Iterable[str]) -> list[str]:
    """Give the referrals behind which there may be people.

    A search from the root of a domain always meets some: for Active Directory's configuration and its DNS zones, which
    hold nobody. Others, a child domain's among them, hide people, unless `excluded` says that nobody there is meant.
    """
    places = [dn.place(one) for one in excluded]
    if server.configuration:
        places.append(dn.parse(server.configuration))
    return sorted({url for url in referrals if not _is_harmless(server, url, places)})


def _is_harmless(server: Server, url: str, without_people: list[dn.Path]) -> bool:
    if dn.place(url) in without_people:  # of some referrals nothing but the URL is known
        return True
    place = place_of(url)
    if not place:
        return False
    is_zone = server.is_active_directory and place[0] in ZONES
    return is_zone or any(dn.is_below(place, one) for one in without_people)


def place_of(url: str) -> dn.Path:
    """Give the place that a referral names (RFC 4516); the root where it names none, or nothing readable."""
    try:
        return dn.parse(unquote(urlsplit(url).path.lstrip("/")))
    except (ValueError, SourceBroken):
        return ()


def catalogue_doubt(server: Server, url: str, attributes: Iterable[str]) -> str:
    """Say what a global catalogue does not hold of what is asked for, if anything: read there, it would look empty."""
    if not server.is_active_directory or urlsplit(url).port not in CATALOGUE_PORTS:
        return ""
    held = IN_CATALOGUE | OPTIONAL | {one.lower() for one in KEY_ATTRIBUTES}
    absent = sorted(one for one in attributes if one.lower() not in held)
    if not absent:
        return ""
    return (
        f"{url} is a global catalogue, which does not hold everything of everybody; {', '.join(absent)} may look empty "
        "there; read each domain from ldaps://, port 636"
    )


def state_doubt(server: Server, people: Iterable[Found], attributes: Iterable[str]) -> str:
    """Say so where the reader sees of nobody whether they are disabled, which Active Directory has of every account."""
    asked = any(one.lower() == ACCOUNT_STATE for one in attributes)
    seen = [ACCOUNT_STATE in one.attributes for one in people] if server.is_active_directory and asked else []
    if not seen or any(seen):
        return ""
    return (
        "userAccountControl is readable of nobody, so disabled accounts would look enabled; "
        "let the reader read the account restrictions of people, or set enabled in [mapping.user]"
    )


def _texts(found: Found, name: str) -> list[str]:
    return [one for one in found.attributes.get(name, ()) if isinstance(one, str) and one]
