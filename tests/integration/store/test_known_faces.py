"""The store keeps what is known of faces, on both databases."""

import msgspec
import pytest

from syncd.model.faces import Face, FaceState
from syncd.model.links import Link
from syncd.model.objects import Kind
from syncd.shadow.store import Store, open_store

ANNA = Face("ldap", "a", "U1", FaceState.SENT, "mark", "original", "sent", "", "笔记", 5.0, 1)
BEA = Face("hr", "b", "U2", FaceState.REFUSED, code="71001", message="no face", at=6.0)


@pytest.fixture
def store(store: Store) -> Store:
    """Return a store that knows two faces."""
    with store.unit_of_work() as work:
        work.faces.put(ANNA)
        work.faces.put(BEA)
        work.commit()
    return store


def test_what_is_noted_is_there(store: Store) -> None:
    """What is noted of a face is found by source and key and counted by state, and a new note renews it."""
    newer = msgspec.structs.replace(ANNA, state=FaceState.CLEARED, sent="")
    with store.unit_of_work() as work:
        assert work.faces.all() == {("ldap", "a"): ANNA, ("hr", "b"): BEA}
        work.faces.put(newer)
        assert work.faces.get("ldap", "a") == newer
        assert work.faces.get("hr", "a") is None
        assert work.faces.counts() == {FaceState.CLEARED: 1, FaceState.REFUSED: 1}


def test_a_picture_is_kept_beside_it(store: Store) -> None:
    """A picture is kept beside its face, a later note leaves it there, and it goes when it is too old."""
    with store.unit_of_work() as work:
        work.faces.keep(ANNA, b"\xff\xd8")
        work.faces.put(msgspec.structs.replace(ANNA, mark="another"))
        assert work.faces.kept("ldap", "a") == b"\xff\xd8"
        assert work.faces.kept("hr", "b") is None
        assert work.faces.forget_pictures(ANNA.at) == 0
        assert work.faces.forget_pictures(ANNA.at + 1) == 1
        assert work.faces.kept("ldap", "a") is None


def test_it_goes_with_the_link(store: Store) -> None:
    """What is known of a face goes with the link of its user, and not with that of a department of the same key."""
    with store.unit_of_work() as work:
        work.links.put([Link(Kind.USER, "ldap", "a", "U1"), Link(Kind.DEPARTMENT, "hr", "b", "D1")])
        work.links.remove([(Kind.USER, "ldap", "a"), (Kind.DEPARTMENT, "hr", "b")])
        assert work.faces.all() == {("hr", "b"): BEA}
        work.faces.remove([("hr", "b")])
        assert work.faces.all() == {}


def test_one_process_gives_faces_at_a_time(store: Store, store_url: str) -> None:
    """One process gives faces at a time, beside a run and beside the leader."""
    other = open_store(store_url)
    with store.lock(), store.leading(), store.giving_faces() as lease, other.giving_faces() as second:
        assert lease is not None
        assert lease.is_held()
        assert second is None
    with other.giving_faces() as lease:
        assert lease is not None
    other.close()
