"""Speed and size beside peers, in one run: `make bench`. Ratios are printed, nothing is asserted."""
