"""Desired minus shadow: operations in a graph, with conflicts, skips, guards and a fingerprint; pure."""
