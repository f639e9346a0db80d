"""Speed, stated as ratios measured side by side. Not part of `make test`: timing never decides a test."""
