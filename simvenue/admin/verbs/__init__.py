"""The admin API's verbs, a file for each family."""
