"""The dock "Lesions and severity"."""
