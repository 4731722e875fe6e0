-- Run by the image of PostgreSQL when it makes the database: the two roles of syncd, with the passwords of secrets/.
\ir /syncd/roles.sql
\set password `cat /run/secrets/database_owner_password`
ALTER ROLE syncd_owner PASSWORD :'password';
\set password `cat /run/secrets/database_password`
ALTER ROLE syncd PASSWORD :'password';
