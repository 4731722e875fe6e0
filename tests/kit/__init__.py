"""The rig of the tests: real servers that live for a moment, installations as users have them, shared helpers."""
