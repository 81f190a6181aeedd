"""Floor 8: audits and the engagements of auditors."""
