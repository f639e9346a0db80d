"""What somebody should look at, decided from the rows; and the same as a feed. Pure."""
