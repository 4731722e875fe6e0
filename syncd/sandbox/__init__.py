"""The platform, emulated true to its document, with faults on demand."""
