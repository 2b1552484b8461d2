"""The store: which cards were shown and what clinicians made of them, kept by SQLite or PostgreSQL."""
