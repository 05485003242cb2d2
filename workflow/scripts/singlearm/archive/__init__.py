"""What others need to trust and repeat a result: provenance, archive, replication in R."""
