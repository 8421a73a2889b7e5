"""Exporters: one file per target."""
