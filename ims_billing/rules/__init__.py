"""The published rules: services, insurers, fees and limits, each with its days and source."""
