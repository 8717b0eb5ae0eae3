"""What several test tiers share; nothing in here is a test."""
