"""The honest place to look, for machines: REST and gRPC health, and metrics, on a thread and a loop of their own."""
