"""The exchange itself: orders in, trades out, nothing of any venue's protocol."""
