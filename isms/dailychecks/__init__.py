"""Floor 8: daily checks 日常点検 of the departments, and the months that they close into evidence."""
