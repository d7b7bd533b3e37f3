"""What the system is asked for: folders replaced whole, writes that last, helper processes."""
