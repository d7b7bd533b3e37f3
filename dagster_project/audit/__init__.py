"""Published claims against their own parts and against the published warehouse."""
