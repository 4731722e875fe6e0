"""Use cases, one verb a module, over the ports."""
