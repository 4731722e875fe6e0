"""JSON Schemas of what syncd reads and prints; generated, see `syncd.report.schemas`."""
