"""What the checks of phones and mails share: how a value is shown that is none, or several in one."""

SEVERAL = "several_in_one"
LONGEST_SHOWN = 60  # characters


def quoted(value: str) -> str:
    """Return a value in quotes, on one line and cut to a readable length."""
    line = " ".join(value.split())
    return f'"{line if len(line) <= LONGEST_SHOWN else line[:LONGEST_SHOWN] + "…"}"'
