"""Projects in the window: saving, opening, and what they hold of it."""
