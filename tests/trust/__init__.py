"""What Carrel promises, put under pressure: harnesses that print tables. `python -m tests.trust` runs them all."""
