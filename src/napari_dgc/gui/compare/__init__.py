"""The dock "Compare": methods, models and label layers side by side."""
