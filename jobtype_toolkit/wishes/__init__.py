"""What a creation or an edit comes to, and what speaks against it: the same for a store and for a live server."""
