"""Which words does the rest of contractctl share? Frozen values; standard library only."""
