"""Following up on flags: reviews are read, and lists of what to correct are written."""
