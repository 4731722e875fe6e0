"""A lease that a test may take away."""


class LosableLease:
    """Held until `lose` is called; `asked` counts how often somebody wanted to know."""

    def __init__(self) -> None:
        self._is_held = True
        self.asked = 0

    def is_held(self) -> bool:
        """Tell whether it is held."""
        self.asked += 1
        return self._is_held

    def lose(self) -> None:
        """Let somebody else have it."""
        self._is_held = False
