"""syncd keeps the H5-YES meeting platform's users and departments equal to a company's directory."""
