"""Keys and levels are asked for by filters that every server takes."""

import pytest

from syncd.directory.ldap_again import AT_ONCE, with_keys
from syncd.directory.ldap_paging import Search
from syncd.directory.reading import Scope

SEARCH = Search("ldap", "dc=x", "(uid=*)", Scope.SUB, ("uid",))
GUID = "00112233-4455-6677-8899-aabbccddeeff"


@pytest.mark.parametrize(
    ("attribute", "key", "asked"),
    [
        ("entryUUID", GUID, f"(entryUUID={GUID})"),
        ("employeeNumber", "a(b)*", "(employeeNumber=a\\28b\\29\\2a)"),
        ("objectGUID", GUID, "(objectGUID=\\33\\22\\11\\00\\55\\44\\77\\66\\88\\99\\aa\\bb\\cc\\dd\\ee\\ff)"),
    ],
)
def test_a_key_is_asked_for_beside_the_own_filter(attribute: str, key: str, asked: str) -> None:
    """A key is looked for among those whom the source means, in the form that the server keeps."""
    (search,) = with_keys(SEARCH, attribute, [key])
    assert search.filter == f"(&(uid=*)(|{asked}))"


@pytest.mark.parametrize("attribute", ["objectGUID", "mS-DS-ConsistencyGuid"])
def test_a_key_that_the_attribute_cannot_have_is_asked_for_by_nobody(attribute: str) -> None:
    """The key of a link whose own key was lost with the store is none that a server could have."""
    assert list(with_keys(SEARCH, attribute, ["id:92A87B4C"])) == []
    (search,) = with_keys(SEARCH, attribute, ["id:92A87B4C", GUID])
    assert search.filter.count(attribute) == 1


def test_many_keys_are_asked_for_in_few_searches() -> None:
    """Keys are asked for many at once."""
    assert len(list(with_keys(SEARCH, "uid", [str(number) for number in range(3 * AT_ONCE)]))) == 3
