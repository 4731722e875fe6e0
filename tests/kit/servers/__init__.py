"""Real directory, database and HTTP servers that live for a moment, and proxies that change what they answer."""
