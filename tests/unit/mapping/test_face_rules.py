"""`mapping.user.face`: where a picture is, and that no attribute leads anywhere else."""

import pytest

from syncd.errors import ConfigurationError
from syncd.mapping.faces import Form, face_rule
from syncd.mapping.templates import Facts, Unmappable


def facts(**values: str) -> Facts:
    """Give an entry with these values."""
    return Facts({name.lower(): (value,) for name, value in values.items()}, "ldap", "2026-11-24")


def test_a_text_without_a_template_is_an_attribute() -> None:
    """It holds the picture itself."""
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
        ("photos/{{ uid }}.jpg", "", ""),
        ("https://hr.example.com/p/{{ uid }}", " ", ""),
    ],
)
def test_a_template_is_filled(spec: str, value: str, place: str) -> None:
    """With each value of a URL percent-encoded; without a value there is no picture."""
    assert face_rule(spec).place(facts(uid=value)) == place


@pytest.mark.parametrize("spec", ["photos/{{ uid }}", "https://hr.example.com/p/{{ uid }}"])
@pytest.mark.parametrize("value", ["..", "../secret", "a/../../secret", "a\\..\\..\\secret"])
def test_no_value_leads_out_of_what_the_template_begins_with(spec: str, value: str) -> None:
    """Whoever edits an entry must not choose what syncd reads."""
    rule = face_rule(spec)
    with pytest.raises(Unmappable, match="leads out of"):
        rule.place(facts(uid=value))


@pytest.mark.parametrize(
    "spec",
    [
        "{{ uid }}",
        "{{ photo }}.jpg",
        "/{{ uid }}",
        "../{{ uid }}",
        "https://{{ host }}/p",
        "https://hr{{ uid }}.example/p",
        "ftp://hr/{{ uid }}",
    ],
)
def test_a_template_begins_with_what_confines_it(spec: str) -> None:
    """Else an attribute would say which file or which server."""
    with pytest.raises(ConfigurationError, match="must begin with"):
        face_rule(spec)
