"""The client of the platform's Open API."""
