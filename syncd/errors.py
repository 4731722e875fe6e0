"""The whole error tree of syncd.

SyncdError
    ConfigurationError      the configuration cannot be used as it is
    SourceError             a source could not be read
        SourceUnreachable   no server or file answered
        SourceBroken        a read ended before it was whole
        PictureUnreadable   one person's picture could not be read
    PlatformError           the platform did not do what was asked
        PlatformUnreachable no connection, and nothing was sent
        AnswerLost          the request may have been carried out, its answer did not arrive
        AnswerBroken        the answer was not the document's envelope
            ObjectUnreadable one object of it is not what the document describes
        PlatformBusy        429: not now
            ServerFault     5xx: not now, and it may have been carried out
        Refused             the envelope bears an error code
        NotEmpty            a department that was to go still holds something
    StoreError              the store cannot be used
        StoreVersionError   its schema is another version's
        LeaseLost           the lock of a run was lost before its first write
        RunCut              the store was lost in the middle of a run
    RunInProgress           another run holds the lock
    ApprovalUnknown         the fingerprint belongs to no plan that can be approved
    ApprovalRefused         somebody else has to approve
    Interrupted             a signal came before the first write

Each class has the exit code of the command that it ends.
"""

from collections import abc
from typing import ClassVar


class SyncdError(Exception):
    """Something foreseeable went wrong; the message says what, to which object, and what to do."""

    exit_code: ClassVar[int] = 1

    def reword(self, change: abc.Callable[[str], str]) -> None:
        """Change every text that the error has."""
        self.args = tuple(change(one) if isinstance(one, str) else one for one in self.args)


class ConfigurationError(SyncdError):
    """The configuration cannot be used as it is; of several mistakes each is an argument of its own."""

    def __str__(self) -> str:
        """Return the mistakes, one a line."""
        return "\n".join(map(str, self.args))


class SourceError(SyncdError):
    """A source could not be read."""


class SourceUnreachable(SourceError):
    """No server or file of the source answered."""


class SourceBroken(SourceError):
    """A read of the source ended before it was whole."""


class PictureUnreadable(SourceError):
    """One person's picture could not be read; those of others may be."""


class PlatformError(SyncdError):
    """The platform did not do what was asked."""


class PlatformUnreachable(PlatformError):
    """No connection to the platform came about, so nothing was sent."""


class AnswerLost(PlatformError):
    """The request may have been carried out; its answer did not arrive."""


class AnswerBroken(PlatformError):
    """The platform's answer is not the envelope that its document describes."""


class ObjectUnreadable(AnswerBroken):
    """One object of the platform is not what its document describes; it is there all the same."""


class PlatformBusy(PlatformError):
    """The platform refuses for now (429 or 5xx); `retry_after` is in seconds, if it said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ServerFault(PlatformBusy):
    """The platform answers 5xx: not now, and what was asked for may have been carried out."""


class Refused(PlatformError):
    """The platform's envelope bears an error code (Open API, table of codes)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"the platform refused with code {code}: {message or 'no message'}")
        self.code = code
        self.platform_message = message

    def reword(self, change: abc.Callable[[str], str]) -> None:
        """Change message and code, and what the platform itself said."""
        super().reword(change)
        self.code, self.platform_message = change(self.code), change(self.platform_message)


class NotEmpty(PlatformError):
    """A department that was to go still holds users or departments."""


class StoreError(SyncdError):
    """The store cannot be used."""


class StoreVersionError(StoreError):
    """The store's schema belongs to another version of syncd."""


class LeaseLost(StoreError):
    """The lock of a run was lost; the request that was about to be made was not sent."""


class RunCut(StoreError):
    """The store was lost in the middle of a run; the next run goes on."""

    exit_code = 130


class RunInProgress(SyncdError):
    """Another run holds the lock."""

    exit_code = 5


class ApprovalUnknown(SyncdError):
    """The fingerprint belongs to no plan that can be approved."""

    exit_code = 3


class ApprovalRefused(SyncdError):
    """Somebody else has to approve, alone or as well (`policy.approver`)."""

    exit_code = 3


class Interrupted(SyncdError):
    """A signal stopped the command before its first write."""

    exit_code = 130
