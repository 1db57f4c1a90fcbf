"""How does one breaking change live? A real shop, its processes, and contractctl at work on them, as a story."""
