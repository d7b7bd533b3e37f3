"""Opening a file nobody trusts: what its bytes are, whether it is safe, its cells as text."""
