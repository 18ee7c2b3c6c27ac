"""Programs of a stranger: they know what is written down about the journal, and no line of ours."""
