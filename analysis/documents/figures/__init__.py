"""Vega-Lite specs, without their data, of the figures that only a report has."""
