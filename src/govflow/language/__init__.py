"""What an author writes and what it means: YAML with places, schemas, the model, conditions, codes."""
