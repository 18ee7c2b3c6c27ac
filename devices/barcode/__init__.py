"""Barcode scanners that send text: framing, facts, and the drivers that put them on a line."""
