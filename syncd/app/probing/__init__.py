"""The probe: what an installation does where the document leaves it open, found out by trying."""
