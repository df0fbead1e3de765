"""The dock "Evaluate": classes against the truth."""
