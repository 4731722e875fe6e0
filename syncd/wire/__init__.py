"""What stands on the wire of the platform's Open API: its codes and its envelope."""
