"""Logs, with secrets and personal data masked."""
