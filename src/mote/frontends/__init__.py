"""Model formats: every quirk of a format ends here, in one kind of graph."""
