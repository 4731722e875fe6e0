"""Installations of syncd as users have them: a folder, a configuration, commands, daemons, replicas."""
