"""The names of attributes: one attribute may have several, and an OID (RFC 4512, 2.5).

A server answers with the name that it prefers, whichever was asked for. What stands here is known without asking it:
RFC 4519, RFC 4524, RFC 2798, RFC 2307, and the schema of Active Directory (MS-ADA1 to 3).
"""

import re
from collections.abc import Iterable, Mapping

Attributes = Mapping[str, tuple[str | bytes, ...]]

_NAMES = """
    2.5.4.0 objectClass; 2.5.4.3 cn commonName; 2.5.4.4 sn surname; 2.5.4.5 serialNumber; 2.5.4.6 c countryName;
    2.5.4.7 l localityName; 2.5.4.8 st stateOrProvinceName; 2.5.4.10 o organizationName;
    2.5.4.11 ou organizationalUnitName; 2.5.4.12 title; 2.5.4.13 description; 2.5.4.15 businessCategory;
    2.5.4.16 postalAddress; 2.5.4.17 postalCode; 2.5.4.18 postOfficeBox; 2.5.4.19 physicalDeliveryOfficeName;
    2.5.4.20 telephoneNumber; 2.5.4.23 facsimileTelephoneNumber fax; 2.5.4.31 member; 2.5.4.32 owner;
    2.5.4.34 seeAlso; 2.5.4.35 userPassword; 2.5.4.41 name; 2.5.4.42 givenName gn; 2.5.4.43 initials;
    2.5.4.44 generationQualifier; 2.5.4.49 distinguishedName; 2.5.4.50 uniqueMember;
    0.9.2342.19200300.100.1.1 uid userid; 0.9.2342.19200300.100.1.3 mail rfc822Mailbox;
    0.9.2342.19200300.100.1.4 info; 0.9.2342.19200300.100.1.5 drink favouriteDrink;
    0.9.2342.19200300.100.1.6 roomNumber; 0.9.2342.19200300.100.1.8 userClass; 0.9.2342.19200300.100.1.9 host;
    0.9.2342.19200300.100.1.10 manager; 0.9.2342.19200300.100.1.20 homePhone homeTelephoneNumber;
    0.9.2342.19200300.100.1.21 secretary; 0.9.2342.19200300.100.1.25 dc domainComponent;
    0.9.2342.19200300.100.1.37 associatedDomain; 0.9.2342.19200300.100.1.39 homePostalAddress;
    0.9.2342.19200300.100.1.40 personalTitle; 0.9.2342.19200300.100.1.41 mobile mobileTelephoneNumber;
    0.9.2342.19200300.100.1.42 pager pagerTelephoneNumber; 0.9.2342.19200300.100.1.43 co friendlyCountryName;
    0.9.2342.19200300.100.1.44 uniqueIdentifier; 0.9.2342.19200300.100.1.45 organizationalStatus;
    0.9.2342.19200300.100.1.48 buildingName; 0.9.2342.19200300.100.1.60 jpegPhoto;
    1.2.840.113549.1.9.1 email emailAddress pkcs9email; 2.16.840.1.113730.3.1.1 carLicense;
    2.16.840.1.113730.3.1.2 departmentNumber; 2.16.840.1.113730.3.1.3 employeeNumber;
    2.16.840.1.113730.3.1.4 employeeType; 2.16.840.1.113730.3.1.39 preferredLanguage;
    2.16.840.1.113730.3.1.241 displayName; 1.3.6.1.1.1.1.0 uidNumber; 1.3.6.1.1.1.1.1 gidNumber;
    1.3.6.1.1.1.1.2 gecos; 1.3.6.1.1.1.1.3 homeDirectory; 1.3.6.1.1.1.1.12 memberUid; 1.3.6.1.1.16.4 entryUUID;
    2.16.840.1.113730.3.1.542 nsUniqueId; 1.2.840.113556.1.4.2 objectGUID; 1.2.840.113556.1.4.8 userAccountControl;
    1.2.840.113556.1.4.35 employeeID; 1.2.840.113556.1.2.102 memberOf; 1.2.840.113556.1.2.141 department;
    1.2.840.113556.1.2.146 company; 1.2.840.113556.1.4.146 objectSid; 1.2.840.113556.1.4.221 sAMAccountName;
    1.2.840.113556.1.4.656 userPrincipalName; 2.16.128.113533.1.1400.1 thumbnailPhoto
"""
_GROUPS = tuple(tuple(group.lower().split()) for group in _NAMES.split(";"))
_OTHERS = {name: (*group[1:], group[0]) for group in _GROUPS for name in group}
_OID = "oid."
_ATTRIBUTE_TYPE = re.compile(r"\s*\(\s*([\w.-]+)\s+NAME\s+(?:'([^']*)'|\(([^)]*)\))")


def bare_name(name: str) -> str:
    """Return a name as a server takes it: trimmed, and without the prefix that RFC 1779 wrote before an OID."""
    text = name.strip()
    return text[len(_OID) :] if text[: len(_OID)].lower() == _OID else text


def usual_name(name: str) -> str:
    """Return the first of the names that are known for one attribute, in lower case, with its options as they are."""
    base, semicolon, options = bare_name(name).lower().partition(";")
    return f"{_OTHERS[base][0] if base in _OTHERS else base}{semicolon}{options}"


def is_known(name: str) -> bool:
    """Whether all names of an attribute stand here, so that no schema need be asked for them."""
    return bare_name(name).lower().partition(";")[0] in _OTHERS


def values_of(attributes: Attributes, name: str, further: Mapping[str, str] | None = None) -> tuple[str | bytes, ...]:
    """Return the values of an attribute under whichever of its names they stand; none where it has none.

    `attributes` has them by lower-case name, `further` has by lower-case name what a server's schema calls them.
    """
    own = name.lower()
    if own in attributes:
        return attributes[own]
    base, semicolon, options = bare_name(own).partition(";")
    others = _OTHERS.get(base, (base, *((further[base],) if further and base in further else ())))
    return next((attributes[one] for other in others if (one := f"{other}{semicolon}{options}") in attributes), ())


def names_in(attribute_types: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return, by lower-case name and OID, all names of each attribute of a schema (RFC 4512, 4.1.2)."""
    found: dict[str, tuple[str, ...]] = {}
    for text in attribute_types:
        if parts := _ATTRIBUTE_TYPE.match(text):
            oid, one, several = parts.groups(default="")
            names = tuple(name.lower() for name in (one, *several.replace("'", " ").split(), oid) if name)
            found |= dict.fromkeys(names, names)
    return found
