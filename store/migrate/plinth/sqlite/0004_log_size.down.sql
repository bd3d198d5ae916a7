alter table plinth_changes drop column size;
