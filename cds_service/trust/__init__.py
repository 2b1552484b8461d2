"""Who calls: clients that are configured, tokens that prove them, keys, and tokens used once only."""
