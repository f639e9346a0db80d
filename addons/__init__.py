"""WATCH: from a browser's traffic to a finding. Meets `analysis` only in the database."""
