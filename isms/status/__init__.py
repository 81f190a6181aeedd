"""Floor 6: the state of every requirement on any day, computed from facts and never typed in."""
