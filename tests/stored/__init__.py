"""A database of govflow 0.1.0, kept so that later versions prove that they verify it and carry it to its end."""
