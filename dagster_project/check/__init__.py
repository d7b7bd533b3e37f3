"""Checking files before they are handed in: what a load would read, use, flag and compute of them.

Nothing here touches a warehouse: readings go into a lake of their own that is thrown away.
"""
