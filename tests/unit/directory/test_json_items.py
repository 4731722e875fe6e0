"""Objects of JSON become flat values, in the order in which they stand."""

import pytest

from syncd.directory.json_items import choices, flat

PERSON = {
    "userName": "bj",
    "emails": [
        {"value": "babs@home.example", "type": "home"},
        {"value": "bj@example.org", "type": "Work", "primary": True},
    ],
    "phones": [{"value": "13800000001", "type": 'a "b" [c] and d'}, {"value": "13800000002"}],
    "contact": {
        "addresses": [{"type": "work", "country": {"code": "DE"}}, {"type": "home", "country": {"code": "FR"}}]
    },
    "departments": ["9", "3"],
}


def test_a_list_keeps_its_order() -> None:
    """Values of a list, and of the objects of a list, stay in the order of the answer."""
    found = flat(PERSON)
    assert found["departments"] == ("9", "3")
    assert found["emails.value"] == ("babs@home.example", "bj@example.org")
    assert [name for name in found if "[" in name] == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ('emails[type eq "work"].value', ("bj@example.org",)),
        ('emails[type eq "work"]', ("bj@example.org",)),
        ('Emails[ TYPE EQ "WORK" ].Value', ("bj@example.org",)),
        ("emails[primary eq true].value", ("bj@example.org",)),
        ("emails[primary pr].value", ("bj@example.org",)),
        ('emails[type ne "work"].value', ("babs@home.example",)),
        ('emails[type eq "home" and primary eq null].value', ("babs@home.example",)),
        ('phones[type eq "a \\"b\\" [c] and d"]', ("13800000001",)),
        ('contact.addresses[type eq "home"].country.code', ("FR",)),
        ('departments[value ne "3"]', ("9",)),
    ],
)
def test_objects_of_a_list_are_chosen_by_what_they_have(name: str, values: tuple[str, ...]) -> None:
    """A choice takes of a list the objects that fulfil its conditions, in any letter case."""
    assert flat(PERSON, choices([name, "userName"]))[name.lower()] == values


@pytest.mark.parametrize("name", ['emails[type eq "other"].value', 'none[type eq "work"].value'])
def test_a_choice_that_takes_nothing_gives_nothing(name: str) -> None:
    """A choice that no object fulfils has not even a name, so that a mistyped one is named for the whole list."""
    assert name not in flat(PERSON, choices([name]))


@pytest.mark.parametrize(
    "name", ["emails[0]", "emails[]", "emails[type = work]", 'emails[type eq "a]', "emails[type eq work"]
)
def test_a_choice_that_cannot_be_read_is_an_error(name: str) -> None:
    """A choice that is written in another way is an error that shows how one looks."""
    with pytest.raises(ValueError, match=r'looks like emails\[type eq "work"\].value'):
        choices([name])
