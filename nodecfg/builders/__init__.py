"""Pure functions from settings to upstream's config structs, one struct per file."""
