"""The merge assistant: what a class is like, merged with a preview."""
