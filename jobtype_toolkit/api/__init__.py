"""v6 as data: fields, resources, services, and what their arguments may be."""
