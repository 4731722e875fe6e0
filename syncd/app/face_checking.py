"""Who has a picture, for `check`: looked for as a pass of faces does, and none is read."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from syncd.app.check import Finding
from syncd.app.face_seeking import Seeking, sightings
from syncd.app.faces import Faces
from syncd.app.gathering import gather
from syncd.app.world import Decisions
from syncd.errors import SyncdError
from syncd.mapping.desire import Moment
from syncd.mapping.joining import Joins
from syncd.model.faces import UNSEEN, Sighting


async def check_faces(faces: Faces, decisions: Decisions, moment: Moment) -> AsyncIterator[Finding]:
    """Say of each authority that maps a face how many of its people have a picture."""
    try:
        gathered = await gather(faces.sources, decisions.joins)
        people = [
            (read.source, one) for read in gathered.snapshots if read.source in faces.pictures for one in read.users
        ]
        seeking = Seeking(decisions.rules, Joins(decisions.joins, gathered.snapshots), moment.today)
        found = await sightings(people, seeking, faces.pictures)
    except SyncdError as error:
        yield Finding("faces", False, str(error))
        return
    finally:
        for one in faces.pictures.values():
            await asyncio.to_thread(one.close)
    faults = {**gathered.faults, **found.faults}
    unread = "; ".join(str(one) for name, one in gathered.faults.items() if name in decisions.joins)
    for name in faces.pictures:
        if fault := faults.get(name):
            yield Finding(f"faces {name}", False, str(fault))
        else:
            own = [found.seen.get((source, entry.key)) for source, entry in people if source == name]
            yield _finding(name, own, unread)


def _finding(name: str, own: Sequence[Sighting | None], unread: str) -> Finding:
    """Judge what was seen of the people of one authority; `None` is who was not seen, for a source was not read."""
    seen = [one for one in own if one]
    if len(seen) < len(own):
        return Finding(f"faces {name}", False, f"of {len(own) - len(seen)} people nobody can tell: {unread}")
    marks = [one.mark for one in seen if one.mark is not None]
    text = f"{sum(one != UNSEEN for one in marks)} of {len(own)} people have a picture"
    if unseen := marks.count(UNSEEN):
        text += f", and {unseen} may have one, which only asking tells"
    if faults := [one.fault for one in seen if one.fault]:
        text += f", and of {len(faults)} it cannot be looked for; first: {faults[0]}"
    return Finding(f"faces {name}", True, text)
