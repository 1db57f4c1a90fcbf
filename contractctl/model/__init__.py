"""Which values does the rest of contractctl share? Frozen dataclasses; standard library only."""
