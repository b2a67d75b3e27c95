"""What is made from a definition or a case for people to read."""
