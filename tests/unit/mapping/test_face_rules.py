"""`mapping.user.face` says where a picture is, and no attribute leads anywhere else."""

import pytest

from syncd.errors import ConfigurationError
from syncd.mapping.faces import Form, face_rule
from syncd.mapping.facts import NOT_READ, Facts, Unmappable
from syncd.mapping.joining import Join, Joins
from syncd.model.faces import Sought
from syncd.model.source import Certificate, Entry, Grade, Snapshot


def facts(**values: str) -> Facts:
    """Return an entry with these values."""
    return Facts({name.lower(): (value,) for name, value in values.items()}, "ldap", "2026-11-24")


def test_a_text_without_a_template_is_an_attribute() -> None:
    """A text without a template names the attribute that holds the picture."""
    rule = face_rule("jpegPhoto")
    assert (rule.form, sorted(rule.attributes()), rule.attribute) == (Form.ATTRIBUTE, ["jpegPhoto"], "jpegPhoto")


@pytest.mark.parametrize(
    ("spec", "value", "place"),
    [
        ("photos/{{ uid }}.jpg", "zhang.wei", "photos/zhang.wei.jpg"),
        ("/srv/photos/{{ uid }}", "上海/王芳.jpg", "/srv/photos/上海/王芳.jpg"),
        ("../photos/p-{{ UID|upper }}.jpg", "a..b", "../photos/p-A..B.jpg"),
        (
            "https://hr.example.com/p/{{ uid }}.jpg",
            "王&a=b?c#d",
            "https://hr.example.com/p/%E7%8E%8B%26a%3Db%3Fc%23d.jpg",
        ),
        ("https://hr.example.com/p?id={{ uid }}", "a/b", "https://hr.example.com/p?id=a%2Fb"),
        (
            "https://hr.example.com/p/{{ uid }}",
            "https://hr.example.com/p/a/王.jpg?v=1&s=2",
            "https://hr.example.com/p/a/%E7%8E%8B.jpg?v=1&s=2",
        ),
        ("photos/{{ uid }}.jpg", "", ""),
        ("https://hr.example.com/p/{{ uid }}", " ", ""),
    ],
)
def test_a_template_is_filled(spec: str, value: str, place: str) -> None:
    """A template is filled with a value, percent-encoded in a URL, and without a value there is no picture."""
    assert face_rule(spec).place(facts(uid=value)) == place


@pytest.mark.parametrize("spec", ["photos/{{ uid }}", "https://hr.example.com/p/{{ uid }}"])
@pytest.mark.parametrize("value", ["..", "../secret", "a/../../secret", "a\\..\\..\\secret"])
def test_no_value_leads_out_of_what_the_template_begins_with(spec: str, value: str) -> None:
    """No value leads out of the folder or address that the template begins with."""
    rule = face_rule(spec)
    with pytest.raises(Unmappable, match="leads out of"):
        rule.place(facts(uid=value))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("https://evil.example/p/a.jpg", "does not begin with"),
        ("http://127.0.0.1/latest/meta-data", "does not begin with"),
        ("https://hr.example.com.evil.example/p/a.jpg", "does not begin with"),
        ("https://hr.example.com@evil.example/p/a.jpg", "does not begin with"),
        ("https://hr.example.com/p/../private/a.jpg", "leads out of"),
        ("https://hr.example.com/p/%2e%2e/private/a.jpg", "leads out of"),
    ],
)
def test_a_value_that_is_an_address_is_one_of_the_same_server(value: str, told: str) -> None:
    """A value that is an address is refused unless it lies below the address that the template begins with."""
    with pytest.raises(Unmappable, match=told):
        face_rule("https://hr.example.com/p/{{ uid }}").place(facts(uid=value))


@pytest.mark.parametrize("spec", ["hr.photo", "HR.photo"])
def test_a_picture_may_be_an_attribute_of_another_source(spec: str) -> None:
    """A picture may be an attribute of a joined entry of another source, and who has none has no picture."""
    rule = face_rule(spec, frozenset({"hr"}))
    assert (rule.holder, rule.attribute, rule.attributes()) == ("hr", "photo", frozenset())
    mine, theirs = (Entry(key, key, {"number": (number,)}) for key, number in (("p1", "17"), ("h1", "17")))
    joins = Joins({"hr": Join("number", "number")}, [Snapshot("hr", Certificate(Grade.WHOLE), (theirs,))])
    assert rule.sought(mine, joins, "ldap", "") == Sought("p1", theirs)
    assert rule.sought(Entry("p2", "p2", {"number": ("18",)}), joins, "ldap", "") is None


@pytest.mark.parametrize("spec", ["hr.photo", "photos/{{ hr.number }}.jpg", "photos/{{ hr.number or uid }}.jpg"])
def test_of_a_source_that_was_not_read_nothing_is_known(spec: str) -> None:
    """Nothing is known of a picture in a source that was not read, and no fall-back hides that."""
    rule = face_rule(spec, frozenset({"hr"}))
    with pytest.raises(Unmappable) as caught:
        rule.sought(Entry("p1", "p1", {"uid": ("anna",)}), Joins({"hr": Join("number", "uid")}, ()), "ldap", "")
    assert caught.value.reason == NOT_READ


@pytest.mark.parametrize(
    "spec",
    [
        "{{ uid }}",
        "{{ photo }}.jpg",
        "/{{ uid }}",
        "../{{ uid }}",
        "https://{{ host }}/p",
        "https://hr{{ uid }}.example/p",
        "https://hr.example.com:99999/{{ uid }}",
        "https://hr example/{{ uid }}",
        "https://[::1/{{ uid }}",
        "ftp://hr/{{ uid }}",
    ],
)
def test_a_template_begins_with_what_confines_it(spec: str) -> None:
    """A template that does not begin with a folder or a server is a mistake."""
    with pytest.raises(ConfigurationError, match="must begin with"):
        face_rule(spec)
