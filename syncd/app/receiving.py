"""What becomes of a request to the listener, as it is counted and answered (DESIGN 4, HTTP)."""

from enum import StrEnum
from typing import Protocol


class Receipt(StrEnum):
    """How one request ended."""

    STORED = "stored"
    """It is an event, it is in the inbox, and it was answered `success`."""
    CHECKED = "checked"
    """The platform asked whether the URL answers (`check_url`), and it was answered `success`."""
    FORGED = "forged"
    """It is not what our keys make of it: bad signature, encryption, receiver or text."""
    NOT_UNDERSTOOD = "not_understood"
    """It is no callback by its form: a field is missing, it is neither JSON nor a form, or its message is not JSON."""
    NO_SUCH_PATH = "no_such_path"
    NO_SUCH_METHOD = "no_such_method"
    TOO_LARGE = "too_large"
    """The body is longer than `listener.max_body`."""
    TOO_SLOW = "too_slow"
    """The body was not whole in time."""
    GONE = "gone"
    """The sender hung up before its body was whole."""
    FULL = "full"
    """More waits to be stored, or is being read, than may."""
    LATE = "late"
    """The store did not take it in time; it may still do so, and a repetition is recognised."""
    FAILED = "failed"
    """The store did not take it, or something unforeseen happened."""


class Observer(Protocol):
    """Is told how requests ended."""

    def __call__(self, receipt: Receipt, sender: str, why: str, /) -> None:
        """Take how one ended, who sent it (an address), and why, which is for our own logs only."""
