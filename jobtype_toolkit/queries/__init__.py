"""Every read of a history that is SQL, for a store and for any other engine."""
