"""What every step of the workflow shares: the step runner and the artifact tables."""
