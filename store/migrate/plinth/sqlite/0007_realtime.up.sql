-- Only instances of PostgreSQL share presence and broadcasts by tables.
select 1;
