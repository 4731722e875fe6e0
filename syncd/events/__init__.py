"""Receiving the platform's events: verified, decrypted, durable, answered."""
