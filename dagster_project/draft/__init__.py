"""Drafting a profile: what a table's columns probably are, each guess with its reason and doubt."""
