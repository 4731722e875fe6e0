"""Whoever holds a recorded callback fills no store with it and makes the platform answer nothing again."""

import json

import msgspec

from tests.kit.installation.callbacks import JSON, event, fields, is_success, sealed
from tests.kit.installation.listening import ListenProcess, configure
from tests.kit.installation.site import Site
from tests.kit.waiting import comes

TIMES = 60
MANY = [{"id": f"U{number}", "name": "x" * 1000, "account": f"u{number}"} for number in range(300)]


def test_a_recorded_callback_is_kept_once(site: Site) -> None:
    """Sixty repeats of one large callback are answered and counted; one body is kept and one look is made at most."""
    configure(site)
    body = msgspec.json.encode(fields(sealed(event(value=MANY))))

    def lines() -> list[dict[str, object]]:
        return [json.loads(line) for line in site.run("events", "list", "--json", "--limit", "100").out.splitlines()]

    with ListenProcess(site) as listen, listen.sender() as sender:
        for _ in range(TIMES):
            status, content = sender.post(body, **{"content-type": JSON})
            assert status == 200
            assert is_success(content)
        assert comes(lambda: len(lines()) == TIMES and all(line["state"] != "pending" for line in lines()))
    found = sorted(lines(), key=lambda line: int(str(line["id"])))
    assert [line["state"] for line in found[1:]] == ["repeated"] * (TIMES - 1)
    assert found[0]["state"] in ("done", "stale")
    asked = [call for call, *_ in site.sandbox.calls]
    assert asked == [], "nothing is written"
    assert site.sandbox.requests < 20
    size = sum(path.stat().st_size for path in site.folder.glob("syncd.db*"))
    assert size < 10 * len(body), "bytes"
    assert site.run("events", "replay", "1").code == 0
    assert "no body is kept; replay the first" in site.run("events", "replay", "2").fault
    assert site.run("events", "replay", "--state", "repeated", "--json").json == {"events": 0}


def test_the_same_message_with_another_time_stamp_is_an_event_of_its_own(site: Site) -> None:
    """A message that the platform sends once more later is kept, for something may have changed between."""
    configure(site)
    user = [{"id": "U", "name": "王芳", "account": "wang"}]
    with ListenProcess(site) as listen, listen.sender() as sender:
        for stamp in ("1764000000123", "1764000000124"):
            message = msgspec.json.encode(fields(sealed(event(value=user), time_stamp=stamp)))
            status, _ = sender.post(message, **{"content-type": JSON})
            assert status == 200
    for number in ("1", "2"):
        assert json.loads(site.run("events", "show", number, "--json").out)["body"]["value"] == user
