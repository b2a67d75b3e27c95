"""Programs that look for what tests do not think of: a random walk, kills, races, faults. `make soak` runs them long."""
