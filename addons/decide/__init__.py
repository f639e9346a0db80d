"""Decisions, pure: no mitmproxy, clock, disk or network."""
