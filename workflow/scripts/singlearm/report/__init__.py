"""Tables, report, claims audit, changes and archive: what leaves the house."""
