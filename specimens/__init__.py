"""Follows each biospecimen of a clinical trial from the bedside to the freezer."""

__version__ = "0.1.0"
