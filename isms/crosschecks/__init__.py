"""Floor 8: cross-checks クロスチェック between departments: plan, visits, report."""
