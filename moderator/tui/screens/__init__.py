"""One screen per module, each with its style sheet."""
