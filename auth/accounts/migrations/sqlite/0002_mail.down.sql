drop index "auth_users_new_email_idx";
alter table "auth_users" drop column "email_change_half";
drop table "auth_mail_times";
drop table "auth_mails";
