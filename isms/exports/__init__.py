"""Floor 9: what leaves for the auditor. Read-only."""
