"""From sources to a published, verified index. Knows nothing of questions."""
