"""Tests of the market in containers."""
