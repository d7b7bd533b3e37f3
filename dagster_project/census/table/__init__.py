"""The shape *table*: any plain table that a profile describes."""
