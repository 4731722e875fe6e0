"""The state file, written soon after a change and off the event loop."""

import asyncio

from syncd.sandbox.api import Sandbox
from syncd.sandbox.company import Action, Kind, Record
from syncd.sandbox.state import copied, save

SECONDS = 1.0


class Keeping:
    """Writes the file within a second of a change; a write that fails is tried again, and is the sandbox's problem."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._is_due = False
        self._callback = sandbox.company.state.callback
        self._lock = asyncio.Lock()
        if sandbox.state_file is not None:
            sandbox.company.observe(self._note)

    async def keep(self) -> None:
        """Write whatever changes, until cancelled."""
        while self._sandbox.state_file is not None:
            await asyncio.sleep(SECONDS)
            await asyncio.shield(self.save())

    async def save(self) -> None:
        """Write the file now, if anything has changed since it was written."""
        path = self._sandbox.state_file
        async with self._lock:
            state = copied(self._sandbox.company.state)
            if path is None or not (self._is_due or state.callback is not self._callback):
                return
            self._is_due, self._callback = False, state.callback
            try:
                await asyncio.to_thread(save, state, path)
                self._sandbox.problem = ""
            except OSError as error:
                self._is_due = True
                self._sandbox.problem = f"the state file {path} cannot be written: {error.strerror}"

    def _note(self, _kind: Kind, _action: Action, _record: Record) -> None:
        self._is_due = True
