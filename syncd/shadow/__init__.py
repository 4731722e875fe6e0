"""The store: what the platform is known to hold, links, runs, journal, held plans."""
