"""Frozen values that every part of syncd shares; nothing here touches the world."""
