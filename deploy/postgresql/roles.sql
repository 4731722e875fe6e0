-- Two roles for the store of syncd, and its database: `syncd_owner` makes and changes tables (`syncd db upgrade`), `syncd`
-- reads and writes rows (the daemon and every other command). As a superuser of the server, once for each database:
--
--     psql --set=ON_ERROR_STOP=1 --file=roles.sql postgres
--     psql --command='\password syncd_owner' --command='\password syncd' postgres
--
-- --set=database=NAME, --set=owner=ROLE and --set=writer=ROLE take other names. It may be run again, and over a store
-- that one role made: then its tables go to the owner. docs/guides/postgresql.md says more.
\if :{?database} \else \set database syncd \endif
\if :{?owner} \else \set owner syncd_owner \endif
\if :{?writer} \else \set writer syncd \endif

SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY[:'owner', :'writer']) AS name WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
-- What a role could have been given before: neither makes roles or databases, or is another one.
ALTER ROLE :"owner" NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE :"writer" NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
SELECT format('REVOKE %I FROM %I', :'owner', :'writer') WHERE EXISTS (
    SELECT FROM pg_auth_members WHERE roleid = to_regrole(quote_ident(:'owner')) AND member = to_regrole(quote_ident(:'writer'))
) \gexec
SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', :'database', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
ALTER DATABASE :"database" OWNER TO :"owner";
-- Nobody else of the server comes in, and nobody makes temporary tables.
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"writer";

\connect :"database"
BEGIN;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM :"writer";
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";
GRANT USAGE ON SCHEMA public TO :"writer";
-- Tables and sequences that are there, whoever made them.
SELECT format('ALTER %s public.%I OWNER TO %I', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname, :'owner')
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S')
    -- A sequence of a column follows its table.
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype IN ('a', 'i') AND relkind = 'S') \gexec
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"writer";
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO :"writer";
-- And those that an upgrade will make.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"writer";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO :"writer";
COMMIT;
