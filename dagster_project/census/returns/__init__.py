"""The shape *returns*: the project's own templates, filled in."""
