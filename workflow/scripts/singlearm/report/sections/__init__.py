"""The sections of the report, one module each: rows in, plain dicts for the template out."""
