"""What people read: plans, runs and progress on a terminal and as JSON."""
