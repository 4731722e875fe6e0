"""What the store keeps of faces: hashes and outcomes, and the picture itself only where retention.faces says so."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from syncd.model.faces import Face, FaceState
from syncd.shadow import tables
from syncd.shadow.statements import delete, upsert


class Faces:
    """What is known of the face of each linked user."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def all(self) -> dict[tuple[str, str], Face]:
        """Give everything but the pictures, by source and key."""
        return {one.identity: one for one in map(_face, self._connection.execute(sa.select(*_COLUMNS)))}

    def get(self, source: str, key: str) -> Face | None:
        """Give what is known of one user's face."""
        c = tables.faces.c
        row = self._connection.execute(sa.select(*_COLUMNS).where(c.source == source, c.key == key)).first()
        return _face(row) if row else None

    def put(self, face: Face) -> None:
        """Note what is known now; a picture that is kept stays."""
        upsert(self._connection, tables.faces, [msgspec.structs.asdict(face) | {"state": str(face.state)}])

    def keep(self, face: Face, picture: bytes | None) -> None:
        """Keep the picture that was sent, as of `face.at`; nothing where it is gone."""
        c = tables.faces.c
        kept = sa.update(tables.faces).where(c.source == face.source, c.key == face.key)
        self._connection.execute(kept.values(picture=picture, kept_at=face.at if picture else None))

    def kept(self, source: str, key: str) -> bytes | None:
        """Give the picture that is kept of a user."""
        c = tables.faces.c
        found: bytes | None = self._connection.scalar(
            sa.select(c.picture).where(c.source == source, c.key == key, c.picture.is_not(None))
        )
        return found

    def remove(self, identities: Iterable[tuple[str, str]]) -> None:
        """Forget faces, named by source and key."""
        delete(self._connection, tables.faces, identities)

    def counts(self) -> Mapping[FaceState, int]:
        """Count the users by what became of their faces."""
        statement = sa.select(tables.faces.c.state, sa.func.count()).group_by(tables.faces.c.state)
        return Counter({FaceState(state): number for state, number in self._connection.execute(statement)})

    def forget_pictures(self, before: float) -> int:
        """Forget the pictures that were sent before; give how many those were."""
        c = tables.faces.c
        old = sa.update(tables.faces).where(c.kept_at < before)
        return self._connection.execute(old.values(picture=None, kept_at=None)).rowcount


_COLUMNS = [tables.faces.c[name] for name in Face.__struct_fields__]


def _face(row: Any) -> Face:  # noqa: ANN401 - a row of these columns
    source, key, platform_id, state, *rest = row
    return Face(source, key, platform_id, FaceState(state), *rest)
