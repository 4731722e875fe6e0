"""Generated payloads for every reader of what others wrote, steered by what they reach in the code (libFuzzer)."""
