"""In which form is an answer given? One file a form; they word and lay out, and judge nothing."""
