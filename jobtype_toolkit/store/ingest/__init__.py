"""From files to tables: what a load reads, checks and merges."""
