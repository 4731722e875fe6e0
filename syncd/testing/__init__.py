"""Public fakes, builders and contract suites."""
