"""What the command line shows: tables and stories for a terminal."""
