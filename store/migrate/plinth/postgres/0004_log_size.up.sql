-- How many bytes the images of a change have, for retention by bytes. Changes from
-- before count as nothing.
alter table plinth_changes add column size integer not null default 0;
