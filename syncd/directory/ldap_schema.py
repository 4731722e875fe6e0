"""What a server's schema calls the attributes that a mapping names (RFC 4512, 4.2)."""

from collections.abc import Collection

from syncd.directory.ldap_paging import Directory
from syncd.directory.ldap_server import OPTIONAL
from syncd.directory.reading import Found
from syncd.model.attribute_names import bare_name, is_known, names_in
from syncd.model.keys import KEY_ATTRIBUTES

SUBSCHEMA = "subschemaSubentry"
TYPES = "attributeTypes"


def answered_names(directory: Directory, asked: Collection[str], found: Collection[Found]) -> dict[str, str]:
    """Return under which names the server answered what was asked for by others, by lower-case name.

    The schema is read only where nobody has an attribute of which no other name is known. A server that does not show
    it leaves such attributes empty.
    """
    met = frozenset[str]().union(*(entry.attributes.keys() for entry in found))
    usual = {name.lower() for name in KEY_ATTRIBUTES} | OPTIONAL
    unmet = {name for one in asked if (name := bare_name(one).lower()) not in met and not is_known(name)} - usual
    if not found or not unmet or unmet == {"*"}:
        return {}
    names = names_in(_attribute_types(directory))
    return {name: other for name in unmet for other in names.get(name, ()) if other in met}


def _attribute_types(directory: Directory) -> tuple[str, ...]:
    _, root = directory.entry("", (SUBSCHEMA,))
    for place in _texts(root, SUBSCHEMA):
        _, schema = directory.entry(place, (TYPES,))
        return _texts(schema, TYPES)
    return ()


def _texts(found: Found | None, name: str) -> tuple[str, ...]:
    return tuple(one for one in found.attributes.get(name.lower(), ()) if isinstance(one, str)) if found else ()
