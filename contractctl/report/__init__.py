"""In which form is an answer given? One file for each form; they word and lay out, and judge nothing."""
