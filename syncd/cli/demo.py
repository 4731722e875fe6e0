"""The main job, shown on a sandbox and a throwaway directory."""


def demo_command() -> None:
    """Show the main job on a sandbox."""
