"""What is published: services, insurers, fees and limits, each with its days and its source."""
