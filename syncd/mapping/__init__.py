"""Entries to desired users and departments; pure."""
