"""The words that the rest of contractctl shares: frozen values, standard library only."""
