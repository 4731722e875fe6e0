"""What keeps strangers' bytes within bounds: a time in which everything ends, and a process of their own."""
