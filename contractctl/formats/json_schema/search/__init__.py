"""Is there a value that fulfils all of this? Assertions in one form, and the search for a value, kind by kind."""
