"""One defect of nautilus_trader 1.231.0 a module: what it does, what happens instead, and which test shows it."""
