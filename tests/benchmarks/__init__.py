"""What is measured against peers and floors: `make bench`."""
