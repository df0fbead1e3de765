"""What a class is, and what tells two classes apart."""
