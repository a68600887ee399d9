"""What happened: logs, readers, encoding, the label feed, label policies."""
