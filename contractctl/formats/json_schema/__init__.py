"""JSON Schema as contracts."""
