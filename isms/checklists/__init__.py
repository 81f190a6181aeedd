"""Floor 7: checklists 点検表 and their versions, for visits and for every day."""
