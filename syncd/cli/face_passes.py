"""Faces after a run of the command line: whatever becomes of them, the run stands."""

from collections.abc import Sequence

from syncd.app.apply import Progress
from syncd.app.faces import Faces, FacesReport, failed, give_faces
from syncd.app.records import FacesRecord
from syncd.app.stopping import Stop
from syncd.app.world import World
from syncd.cli.progress import ShownProgress
from syncd.cli.terminal import note, spoken
from syncd.errors import Interrupted, RunInProgress, SyncdError

STOPPED = "interrupted"


async def faces_after(world: World, faces: Faces, stop: Stop, who: Sequence[str]) -> FacesReport | None:
    """Give faces; nothing where another process does it anyway. A fault is a failure that the report has."""
    began = world.clock()
    try:
        with ShownProgress(spoken(), "faces") as progress:
            return await give_faces(world, faces, stop, lambda done, all_: progress.show(Progress(done, all_)), who)
    except RunInProgress as error:
        note(str(error))
        return None
    except Interrupted:
        return FacesReport(FacesRecord(began, world.clock(), STOPPED, stop.exit))
    except SyncdError as error:
        return failed(error, began, world.clock())
