"""Floor 5: findings 指摘事項, their causes, corrective actions and effectiveness checks."""
