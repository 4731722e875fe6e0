"""What a function says when it refuses something, as a value that tables of cases can be compared with."""

from collections.abc import Callable


def refusal(error: type[Exception], function: Callable[..., object], *given: object) -> str:
    """Return the message of the error that this call raises, or a remark in brackets where it raises none."""
    try:
        answer = function(*given)
    except error as refused:
        return str(refused)
    return f"(not refused: {answer!r})"
