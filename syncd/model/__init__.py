"""Frozen values that every part of syncd shares, and how keys and DNs are read; nothing here touches the world."""
