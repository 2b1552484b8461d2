"""Sandbox mode: synthetic patients on this machine, for trying the service out."""
