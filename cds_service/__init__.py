"""The CDS Hooks service: Flask application, hooks, settings, sandbox and command line.

Knows nothing of medicine: it passes facts and decisions on.
"""
