"""The daemon: what runs for years beside each other, and how it ends."""
