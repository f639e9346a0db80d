"""The rooms that a request to the dashboard passes: who may, what is asked, which page answers. No counting here."""
