"""The store's schema, version by version; installed as `syncd_migrations`, so that `syncd db upgrade` finds it."""
