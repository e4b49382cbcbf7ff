"""What the chat page looks like: HTML from records, the style sheet and the few lines of script."""
