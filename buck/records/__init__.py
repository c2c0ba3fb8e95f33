"""Frozen facts that the rooms above hand to each other; no behaviour beyond reading themselves."""
