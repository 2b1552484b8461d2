"""From a decision to CDS Hooks cards: summary, detail, suggestions, override reasons.

Knows nothing of HTTP.
"""
