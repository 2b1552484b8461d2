"""The history of the tables, one module per step, run by `infliximab-cds migrate`."""
