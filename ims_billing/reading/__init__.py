"""Files into sessions: whatever staff drop on the command is read rightly or refused clearly."""
