"""What a case may do and what follows from it: decided here, written elsewhere."""
