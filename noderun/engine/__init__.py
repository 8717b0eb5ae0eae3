"""The only place that touches nautilus_trader's runtime objects; the rest of the service knows the names below."""
