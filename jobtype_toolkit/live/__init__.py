"""A live v6 server over HTTP: `connect` gives a `Scale`, which answers what a `Store` answers, with the same frames."""
