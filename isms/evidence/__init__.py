"""Floor 4: evidence 証跡, its files, links to controls, reviews. Never edited: corrected by a successor or withdrawn."""
