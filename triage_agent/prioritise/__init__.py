"""From an assessment, an order and an arrival to a place on the worklist."""
