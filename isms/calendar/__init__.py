"""Floor 7: schedules, what comes round by them, and the days on which nobody works."""
