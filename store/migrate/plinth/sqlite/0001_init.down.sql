drop table plinth_settings;
drop table plinth_cursors;
drop table plinth_changes;
