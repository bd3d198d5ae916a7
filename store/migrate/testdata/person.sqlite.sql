alter table "notes" add column "code" TEXT not null default '';
-- notes.owner_id is missing: the table has rows, which must refer to something: add the column so that it can be NULL, fill it, then rebuild the table (SQLite cannot alter a column)
-- notes has no unique index on (code): rows have the same values: change them, then create unique index "notes_code_key" on "notes" ("code")
