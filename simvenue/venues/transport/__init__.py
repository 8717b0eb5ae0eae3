"""Who is connected and what is sent to whom, for every venue alike."""
