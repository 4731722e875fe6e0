"""`probe` prints what it observed and which settings follow from it."""

from textwrap import dedent

from syncd.app.probing.values import Observation, Probed
from syncd.report.probe_text import ending_text, observation_text, probe_form

BODIES = Observation("bodies", "read: form", "syncd sends form", 'platform.body = "form"')
ROOMS = Observation("rooms", "refused", "a leaver stays", 'policy.on_room_reference = "hold"')
RATE = Observation("rate", "20 a second", "", "platform.rate = 20")
CODE = Observation("code", "a text", "the same")


def test_an_observation_is_a_line() -> None:
    """An observation of the probe is one line, with the setting that follows from it if there is one."""
    assert observation_text(BODIES) == 'bodies: read: form; syncd sends form; set platform.body = "form"\n'
    assert observation_text(CODE) == "code: a text; the same\n"
    assert observation_text(RATE) == "rate: 20 a second; set platform.rate = 20\n"


def test_settings_stand_below_their_tables() -> None:
    """The settings that the probe proposes stand below their tables, each table once, as in a configuration."""
    expected = """
        [platform]
        body = "form"
        rate = 20
        [policy]
        on_room_reference = "hold"

        Everything that the probe had made is removed.
        """
    assert ending_text(Probed((BODIES, ROOMS, CODE, RATE))) == dedent(expected)


def test_what_is_left_and_why_it_ended_is_said() -> None:
    """A probe that ended early says why and names what it could not remove."""
    expected = """

        Ended early: no connection
        NOT REMOVED: user A: no connection
        """
    assert ending_text(Probed((CODE,), ("user A: no connection",), "no connection")) == dedent(expected)
    assert "Nothing has to be set for this platform." in ending_text(Probed((CODE,)))


def test_the_json_has_everything() -> None:
    """The JSON of a probe has every observation, and the settings once more in a list of their own."""
    form = probe_form(Probed((BODIES, CODE), ("user A: x",), "y"))
    assert form["settings"] == ['platform.body = "form"']
    assert (form["version"], form["left"], form["ended"], len(form["observations"])) == (1, ["user A: x"], "y", 2)
